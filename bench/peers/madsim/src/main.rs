//! The workload on madsim 0.2.34.
//!
//! Variants:
//!
//! * `rpc`: a node per user and a node for the server, over madsim's own RPC
//!   (`Endpoint::call_timeout`), which is how madsim is usually used.
//! * `udp`: the same nodes, over `Endpoint` datagrams.
//! * `tcp`: the same nodes, one simulated TCP connection per user.
//! * `tasks`: a node per user, but messages go through channels between the
//!   nodes and the latency is a `sleep` on either side: madsim as an executor,
//!   without its network.
//! * `tasks-untimed`: the same without a timeout around each exchange. No
//!   exchange ever runs into its timeout (what is lost was never sent), so the
//!   outcome is the same.
//!
//! Latency. `send_latency` is a half-open range and must not be empty, so it
//! is given as one nanosecond wide. A datagram send and a datagram receive
//! each contain a "random delay of 0 to 5 us" which madsim's `sleep` raises to
//! its minimum of 1 ms; so `rpc` and `udp` set 18 ms and get 1 + 18 + 1 = 20.
//! Receiving is serial in each receiving task, so the server runs several of
//! them and requests do not queue. TCP has neither delay and sets 20 ms;
//! accepting has one, so several tasks accept. The
//! executor moves its clock by 50 to 100 ns per poll; that is the remaining
//! deviation.
//!
//! tracing is compiled out (`release_max_level_off`), which is worth a few
//! percent.

#[cfg(not(madsim))]
compile_error!("build with RUSTFLAGS='--cfg madsim' (see ../run.sh)");

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use madsim::net::{Endpoint, TcpListener, TcpStream};
use madsim::runtime::{Handle, NodeHandle, Runtime};
use madsim::task::JoinHandle;
use madsim::time::{sleep, timeout, TimeHandle};
use peers_workload::{
    cpu_time, report, Answer, Attempt, Client, Params, Request, Server, Tally, LATENCY, TIMEOUT, WIRE_LEN,
};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};

/// How many tasks of the server receive or accept. Each is occupied for 1 or
/// 2 ms per request, and there is about one request per user and second.
fn receivers(params: &Params) -> usize {
    8 + params.clients as usize / 32
}

fn main() {
    let params = Params::from_args(&["rpc", "udp", "tcp", "tasks", "tasks-untimed"]);
    let timed = params.variant != "tasks-untimed";
    let latency = match params.variant.as_str() {
        "rpc" | "udp" => LATENCY - Duration::from_millis(2),
        _ => LATENCY,
    };
    let mut config = madsim::Config::default();
    config.net.packet_loss_rate = 0.0;
    config.net.send_latency = latency..latency + Duration::from_nanos(1);
    let runtime = Runtime::with_seed_and_config(params.seed, config);

    // Start-up: nodes exist and the server listens.
    let server_addr: SocketAddr = "10.0.0.1:1000".parse().unwrap();
    let (server, users) = runtime.block_on({
        let params = params.clone();
        async move {
            let handle = Handle::current();
            let server = handle.create_node().ip(server_addr.ip()).build();
            let users = (0..params.clients)
                .map(|id| {
                    let ip = [10, 1 + (id >> 16) as u8, (id >> 8) as u8, id as u8];
                    handle.create_node().ip(ip.into()).build()
                })
                .collect::<Vec<_>>();
            (server, users)
        }
    });
    let start = runtime.block_on(server_start(&params, server_addr, &server));

    let virtual_start = runtime.block_on(async { TimeHandle::current().elapsed() });
    let cpu_start = cpu_time();
    let tally = match start {
        Started::Rpc => run(&runtime, &params, &users, |client| rpc_user(client, server_addr)),
        Started::Udp => run(&runtime, &params, &users, |client| udp_user(client, server_addr)),
        Started::Tcp => run(&runtime, &params, &users, |client| tcp_user(client, server_addr)),
        Started::Tasks(requests) => {
            run(&runtime, &params, &users, |client| channel_user(client, requests.clone(), timed))
        }
    };
    let cpu = cpu_time() - cpu_start;
    let virtual_time = runtime.block_on(async { TimeHandle::current().elapsed() }) - virtual_start;
    let name = format!("madsim/{}", params.variant);
    report(&name, &params, tally, virtual_time, cpu);
}

/// Runs one user per node and sums their tallies.
fn run<F, Fut>(runtime: &Runtime, params: &Params, users: &[NodeHandle], mut user: F) -> Tally
where
    F: FnMut(Client) -> Fut,
    Fut: Future<Output = Tally> + Send + 'static,
{
    let running: Vec<JoinHandle<Tally>> =
        (0..params.clients).map(|id| users[id as usize].spawn(user(Client::new(params, id)))).collect();
    runtime.block_on(async move {
        let mut total = Tally::default();
        for user in running {
            total.add(user.await.unwrap());
        }
        total
    })
}

/// The loop of a user, the same in every variant but for `exchange`.
macro_rules! user {
    ($client:ident, |$request:ident| $exchange:expr) => {{
        while let Some(think) = $client.think() {
            sleep(think).await;
            let answer: Answer = loop {
                match $client.attempt() {
                    Attempt::Lost => sleep(TIMEOUT).await,
                    Attempt::Send($request) => {
                        if let Ok(answer) = $exchange {
                            break answer;
                        }
                    }
                }
            };
            $client.check(answer);
        }
        $client.tally()
    }};
}

enum Started {
    Rpc,
    Udp,
    Tcp,
    Tasks(mpsc::UnboundedSender<(Request, oneshot::Sender<Answer>)>),
}

async fn server_start(params: &Params, addr: SocketAddr, node: &NodeHandle) -> Started {
    let server = Server::new(params);
    let receivers = receivers(params);
    match params.variant.as_str() {
        "rpc" => {
            node.spawn(async move {
                let server = Arc::new(Mutex::new(server));
                let endpoint = Endpoint::bind(addr).await.unwrap();
                for _ in 0..receivers {
                    let server = server.clone();
                    endpoint.add_rpc_handler(move |RpcRequest { client, counter }| {
                        let Answer { client, count } = server.lock().unwrap().handle(Request { client, counter });
                        async move { RpcAnswer { client, count } }
                    });
                }
            })
            .await
            .unwrap();
            Started::Rpc
        }
        "udp" => {
            node.spawn(async move {
                let server = Arc::new(Mutex::new(server));
                let endpoint = Endpoint::bind(addr).await.unwrap();
                for _ in 0..receivers {
                    let server = server.clone();
                    let endpoint = endpoint.clone();
                    madsim::task::spawn(async move {
                        let mut bytes = [0; WIRE_LEN];
                        loop {
                            let (_, from) = endpoint.recv_from(0, &mut bytes).await.unwrap();
                            let answer = server.lock().unwrap().handle(Request::from_bytes(&bytes));
                            endpoint.send_to(from, 0, &answer.to_bytes()).await.unwrap();
                        }
                    });
                }
            })
            .await
            .unwrap();
            Started::Udp
        }
        "tcp" => {
            node.spawn(async move {
                let server = Arc::new(Mutex::new(server));
                let listener = Arc::new(TcpListener::bind(addr).await.unwrap());
                for _ in 0..receivers {
                    let server = server.clone();
                    let listener = listener.clone();
                    madsim::task::spawn(async move {
                        loop {
                            let (stream, _) = listener.accept().await.unwrap();
                            madsim::task::spawn(tcp_serve(stream, server.clone()));
                        }
                    });
                }
            })
            .await
            .unwrap();
            Started::Tcp
        }
        "tasks" | "tasks-untimed" => {
            let (sender, mut requests) = mpsc::unbounded_channel::<(Request, oneshot::Sender<Answer>)>();
            node.spawn(async move {
                let mut server = server;
                while let Some((request, reply)) = requests.recv().await {
                    let _ = reply.send(server.handle(request));
                }
            });
            Started::Tasks(sender)
        }
        _ => unreachable!(),
    }
}

async fn tcp_serve(mut stream: TcpStream, server: Arc<Mutex<Server>>) {
    let mut bytes = [0; WIRE_LEN];
    while stream.read_exact(&mut bytes).await.is_ok() {
        let answer = server.lock().unwrap().handle(Request::from_bytes(&bytes));
        stream.write_all(&answer.to_bytes()).await.unwrap();
        stream.flush().await.unwrap();
    }
}

#[derive(Serialize, Deserialize, madsim::Request)]
#[rtype("RpcAnswer")]
struct RpcRequest {
    client: u32,
    counter: u64,
}

#[derive(Serialize, Deserialize)]
struct RpcAnswer {
    client: u32,
    count: u64,
}

async fn rpc_user(mut client: Client, server: SocketAddr) -> Tally {
    let endpoint = Endpoint::bind("0.0.0.0:0").await.unwrap();
    user!(client, |request| {
        let Request { client, counter } = request;
        endpoint
            .call_timeout(server, RpcRequest { client, counter }, TIMEOUT)
            .await
            .map(|RpcAnswer { client, count }| Answer { client, count })
    })
}

async fn udp_user(mut client: Client, server: SocketAddr) -> Tally {
    let endpoint = Endpoint::bind("0.0.0.0:0").await.unwrap();
    user!(client, |request| {
        timeout(TIMEOUT, async {
            endpoint.send_to(server, 0, &request.to_bytes()).await.unwrap();
            let mut bytes = [0; WIRE_LEN];
            endpoint.recv_from(0, &mut bytes).await.unwrap();
            Answer::from_bytes(&bytes)
        })
        .await
    })
}

async fn tcp_user(mut client: Client, server: SocketAddr) -> Tally {
    let mut stream = TcpStream::connect(server).await.unwrap();
    user!(client, |request| {
        timeout(TIMEOUT, async {
            stream.write_all(&request.to_bytes()).await.unwrap();
            stream.flush().await.unwrap();
            let mut bytes = [0; WIRE_LEN];
            stream.read_exact(&mut bytes).await.unwrap();
            Answer::from_bytes(&bytes)
        })
        .await
    })
}

async fn channel_user(
    mut client: Client,
    server: mpsc::UnboundedSender<(Request, oneshot::Sender<Answer>)>,
    timed: bool,
) -> Tally {
    user!(client, |request| {
        let exchange = async {
            sleep(LATENCY).await;
            let (reply, answer) = oneshot::channel();
            server.send((request, reply)).unwrap();
            let answer = answer.await.unwrap();
            sleep(LATENCY).await;
            answer
        };
        if timed {
            timeout(TIMEOUT, exchange).await
        } else {
            Ok(exchange.await)
        }
    })
}
