//! The workload on Field Day's executor.
//!
//! Variants:
//!
//! * `tasks`: a task per user and one for the server, channels between them,
//!   and a `sleep` on either side for the latency: line by line what the
//!   `tasks` variants of the other contestants do.
//! * `tasks-untimed`: the same without a timeout around each exchange. No
//!   exchange ever runs into its timeout (what is lost was never sent), so the
//!   outcome is the same.
//! * `due`: as Field Day itself does it. A message on its way is an entry of
//!   the timeline that happens at its time without a task waiting for it; the
//!   server is what it calls. To be compared with the variants of the others
//!   that use their networks.
//!
//! The executor's time is exact, so both end at the exact virtual time.

use std::cell::{Cell, RefCell};
use std::future::{poll_fn, Future};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use fieldday_kernel::time::{Span, Time};
use fieldday_kernel::executor::{Due, Executor, Handle};
use peers_workload::{cpu_time, report, Answer, Attempt, Client, Params, Request, Server, Tally, LATENCY, TIMEOUT};
use tokio::sync::{mpsc, oneshot};

fn main() {
    let params = Params::from_args(&["tasks", "tasks-untimed", "due"]);
    let timed = params.variant != "tasks-untimed";
    let executor = Executor::new(Time::default());
    let total = Rc::new(Cell::new(Tally::default()));

    let cpu_start = cpu_time();
    match params.variant.as_str() {
        "tasks" | "tasks-untimed" => {
            let (sender, mut requests) = mpsc::unbounded_channel::<(Request, oneshot::Sender<Answer>)>();
            let mut server = Server::new(&params);
            executor.handle().spawn(async move {
                while let Some((request, reply)) = requests.recv().await {
                    let _ = reply.send(server.handle(request));
                }
            });
            run(&executor, &params, &total, |client| channel_user(client, executor.handle(), sender.clone(), timed));
        }
        "due" => {
            let server = Rc::new(RefCell::new(Server::new(&params)));
            run(&executor, &params, &total, |client| due_user(client, executor.handle(), server.clone()));
        }
        _ => unreachable!(),
    }
    let cpu = cpu_time() - cpu_start;
    let virtual_time = Duration::from_micros((executor.handle().now().micros() - Time::default().micros()) as u64);
    report(&format!("fieldday/{}", params.variant), &params, total.get(), virtual_time, cpu);
}

/// Runs a task per user to the end and sums their tallies.
fn run<F, Fut>(executor: &Executor, params: &Params, total: &Rc<Cell<Tally>>, mut user: F)
where
    F: FnMut(Client) -> Fut,
    Fut: Future<Output = Tally> + 'static,
{
    for id in 0..params.clients {
        let user = user(Client::new(params, id));
        let total = total.clone();
        executor.handle().spawn(async move {
            let tally = user.await;
            let mut sum = total.get();
            sum.add(tally);
            total.set(sum);
        });
    }
    executor.run();
}

fn span(duration: Duration) -> Span {
    Span::micros(duration.as_micros() as i64)
}

/// What `timeout` is in madsim and tokio: the future first, then the clock.
async fn timeout<T>(clock: &Handle, limit: Duration, future: impl Future<Output = T>) -> Result<T, ()> {
    let mut future = pin!(future);
    let mut limit = pin!(clock.sleep(span(limit)));
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Ok(value)),
        Poll::Pending => limit.as_mut().poll(context).map(Err),
    })
    .await
}

/// The loop of a user, the same in every variant but for `exchange`.
macro_rules! user {
    ($client:ident, $clock:ident, |$request:ident| $exchange:expr) => {{
        while let Some(think) = $client.think() {
            $clock.sleep(span(think)).await;
            let answer: Answer = loop {
                match $client.attempt() {
                    Attempt::Lost => $clock.sleep(span(TIMEOUT)).await,
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

async fn channel_user(
    mut client: Client,
    clock: Handle,
    server: mpsc::UnboundedSender<(Request, oneshot::Sender<Answer>)>,
    timed: bool,
) -> Tally {
    user!(client, clock, |request| {
        let exchange = async {
            clock.sleep(span(LATENCY)).await;
            let (reply, answer) = oneshot::channel();
            server.send((request, reply)).unwrap();
            let answer = answer.await.unwrap();
            clock.sleep(span(LATENCY)).await;
            answer
        };
        if timed {
            timeout(&clock, TIMEOUT, exchange).await
        } else {
            Ok(exchange.await)
        }
    })
}

/// A request on its way to the server, and then its answer on the way back.
struct Exchange {
    clock: Handle,
    server: Rc<RefCell<Server>>,
    request: Request,
    answer: Cell<Option<Answer>>,
    arrived: Cell<bool>,
    waiting: Cell<Option<Waker>>,
}

impl Due for Exchange {
    fn due(self: Rc<Self>) {
        if self.answer.get().is_none() {
            let answer = self.server.borrow_mut().handle(self.request);
            self.answer.set(Some(answer));
            let back = self.clock.now() + span(LATENCY);
            self.clock.clone().schedule(back, self);
        } else {
            self.arrived.set(true);
            if let Some(waker) = self.waiting.take() {
                waker.wake();
            }
        }
    }
}

async fn due_user(mut client: Client, clock: Handle, server: Rc<RefCell<Server>>) -> Tally {
    user!(client, clock, |request| {
        timeout(&clock, TIMEOUT, async {
            let exchange = Rc::new(Exchange {
                clock: clock.clone(),
                server: server.clone(),
                request,
                answer: Cell::new(None),
                arrived: Cell::new(false),
                waiting: Cell::new(None),
            });
            clock.schedule(clock.now() + span(LATENCY), exchange.clone());
            poll_fn(|context| match exchange.answer.get() {
                Some(answer) if exchange.arrived.get() => Poll::Ready(answer),
                _ => {
                    exchange.waiting.set(Some(context.waker().clone()));
                    Poll::Pending
                }
            })
            .await
        })
        .await
    })
}
