//! The workload on turmoil 0.7.2.
//!
//! Variants:
//!
//! * `hosts`: a turmoil host per user and one for the server, over turmoil's
//!   UDP. turmoil ticks every host and looks at every link in every tick, so
//!   this is meant for a few dozen users.
//! * `udp`: all users are tasks on one client host, the server is another
//!   host; turmoil's UDP between the two. This is the shape for many users.
//! * `tasks`: users and server are tasks on one host; messages go through
//!   channels and the latency is a `sleep` on either side: turmoil as an
//!   executor, without its network. What runs then is tokio's current-thread
//!   runtime with a paused clock, and turmoil's tick may be as long as we like.
//! * `tasks-untimed`: the same without a timeout around each exchange. No
//!   exchange ever runs into its timeout (what is lost was never sent), so the
//!   outcome is the same.
//!
//! * `hosts-coarse`, `udp-coarse`: the same with a tick of 10 ms instead of
//!   turmoil's default of 1 ms. Cheaper, and no longer the same latency: see
//!   below.
//!
//! Latency. The minimum and the maximum are both set to 20 ms. A message
//! counts as sent at the beginning of the tick it is sent in, and arrives at
//! the beginning of a tick. All delays here are whole milliseconds, so that is
//! exact with a tick of 1 ms; with one of 10 ms a request takes between 10 and
//! 20 ms, and the virtual time shrinks a little. Acknowledgements, retries and
//! the checksum are not affected.
//!
//! tracing is compiled out (`release_max_level_off`), which is worth a few
//! percent at most.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use peers_workload::{
    cpu_time, report, Answer, Attempt, Client, Params, Request, Server, Tally, LATENCY, TIMEOUT, WIRE_LEN,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{spawn_local, JoinHandle};
use tokio::time::{sleep, timeout};
use turmoil::net::UdpSocket;

const PORT: u16 = 1000;
const ANY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

fn main() {
    let params = Params::from_args(&["hosts", "hosts-coarse", "udp", "udp-coarse", "tasks", "tasks-untimed"]);
    let timed = params.variant != "tasks-untimed";
    let tick = match params.variant.as_str() {
        "tasks" | "tasks-untimed" => Duration::from_secs(1),
        "hosts-coarse" | "udp-coarse" => Duration::from_millis(10),
        _ => Duration::from_millis(1),
    };
    let mut sim = turmoil::Builder::new()
        .rng_seed(params.seed)
        .simulation_duration(Duration::from_secs(10_000_000))
        .tick_duration(tick)
        .min_message_latency(LATENCY)
        .max_message_latency(LATENCY)
        .fail_rate(0.0)
        // The default of 64 datagrams would drop some when many users happen
        // to send in the same tick.
        .udp_capacity(4096)
        .build();

    let total = Rc::new(RefCell::new(Tally::default()));
    let end = Rc::new(Cell::new(Duration::ZERO));
    let finish = {
        let (total, end) = (total.clone(), end.clone());
        move |tally: Tally| {
            total.borrow_mut().add(tally);
            end.set(end.get().max(turmoil::sim_elapsed().unwrap()));
        }
    };

    match params.variant.as_str() {
        "hosts" | "hosts-coarse" => {
            udp_server(&mut sim, &params);
            let server = SocketAddr::new(sim.lookup("server"), PORT);
            for id in 0..params.clients {
                let client = Client::new(&params, id);
                let finish = finish.clone();
                sim.client(format!("user-{id}"), async move {
                    finish(udp_user(client, server).await);
                    Ok(())
                });
            }
        }
        "udp" | "udp-coarse" => {
            udp_server(&mut sim, &params);
            let server = SocketAddr::new(sim.lookup("server"), PORT);
            let params = params.clone();
            sim.client("users", async move {
                run(&params, |client| udp_user(client, server), finish).await;
                Ok(())
            });
        }
        "tasks" | "tasks-untimed" => {
            let params = params.clone();
            sim.client("everyone", async move {
                let (sender, mut requests) = mpsc::unbounded_channel::<(Request, oneshot::Sender<Answer>)>();
                let mut server = Server::new(&params);
                spawn_local(async move {
                    while let Some((request, reply)) = requests.recv().await {
                        let _ = reply.send(server.handle(request));
                    }
                });
                run(&params, |client| channel_user(client, sender.clone(), timed), finish).await;
                Ok(())
            });
        }
        _ => unreachable!(),
    }

    let cpu_start = cpu_time();
    sim.run().unwrap();
    let cpu = cpu_time() - cpu_start;
    let name = format!("turmoil/{}", params.variant);
    report(&name, &params, *total.borrow(), end.get(), cpu);
}

/// Runs all users as tasks on this host.
async fn run<F, Fut>(params: &Params, mut user: F, finish: impl Fn(Tally))
where
    F: FnMut(Client) -> Fut,
    Fut: Future<Output = Tally> + 'static,
{
    let running: Vec<JoinHandle<Tally>> =
        (0..params.clients).map(|id| spawn_local(user(Client::new(params, id)))).collect();
    for user in running {
        finish(user.await.unwrap());
    }
}

fn udp_server(sim: &mut turmoil::Sim<'_>, params: &Params) {
    let params = params.clone();
    sim.host("server", move || {
        let mut server = Server::new(&params);
        async move {
            let socket = UdpSocket::bind((ANY, PORT)).await?;
            let mut bytes = [0; WIRE_LEN];
            loop {
                let (_, from) = socket.recv_from(&mut bytes).await?;
                let answer = server.handle(Request::from_bytes(&bytes));
                socket.send_to(&answer.to_bytes(), from).await?;
            }
        }
    });
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

async fn udp_user(mut client: Client, server: SocketAddr) -> Tally {
    let socket = UdpSocket::bind((ANY, 0)).await.unwrap();
    user!(client, |request| {
        timeout(TIMEOUT, async {
            socket.send_to(&request.to_bytes(), server).await.unwrap();
            let mut bytes = [0; WIRE_LEN];
            socket.recv_from(&mut bytes).await.unwrap();
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
