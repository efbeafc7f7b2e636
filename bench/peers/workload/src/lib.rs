//! The workload that every contestant runs, and the yardstick for it.
//!
//! `clients` clients talk to one server. A client makes `requests` requests;
//! for each one it
//!
//! 1. thinks for a whole number of milliseconds, uniform in 500..=1500;
//! 2. draws whether this attempt is lost (1 in 100). A lost attempt is never
//!    sent: the client waits out the timeout (1000 ms), counts a retry and
//!    draws again at once, for the same request;
//! 3. otherwise sends `(client, counter)` to the server, 20 ms away, under a
//!    timeout of 1000 ms, and gets back `(client, count)`, again 20 ms later.
//!    The server keeps one counter per client and answers with it; the client
//!    checks that the answer is its own number of the request.
//!
//! Every random decision is an integer drawn from the client's own ChaCha8
//! stream, in an order that depends on that client alone. The round trip takes
//! about 40 ms and the timeout 1000 ms, so no delay that a simulator adds of
//! its own accord (all of them are below 5 ms) can turn an answer into a
//! timeout. Acknowledgements, retries and the checksum are therefore the same
//! in every simulator, whatever its scheduling order, and [`reference`]
//! computes them without any simulator.

use std::fmt::Write as _;
use std::time::Duration;

use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub const THINK_MIN_MS: u32 = 500;
pub const THINK_MAX_MS: u32 = 1500;
pub const LOST_ONE_IN: u32 = 100;
pub const LATENCY_MS: u64 = 20;
pub const TIMEOUT_MS: u64 = 1000;

/// One-way latency.
pub const LATENCY: Duration = Duration::from_millis(LATENCY_MS);
/// How long a client waits for an answer before it retries.
pub const TIMEOUT: Duration = Duration::from_millis(TIMEOUT_MS);

/// What a contestant is asked to run.
#[derive(Clone, Debug)]
pub struct Params {
    pub variant: String,
    pub clients: u32,
    pub requests: u64,
    pub seed: u64,
}

impl Params {
    /// Reads `VARIANT [--clients N] [--requests R] [--seed S]`.
    pub fn from_args(variants: &[&str]) -> Params {
        let usage = || -> ! {
            eprintln!("usage: VARIANT [--clients N] [--requests R] [--seed S]\nvariants: {}", variants.join(", "));
            std::process::exit(2)
        };
        let mut args = std::env::args().skip(1);
        let mut params =
            Params { variant: args.next().unwrap_or_else(|| usage()), clients: 300, requests: 1000, seed: 1 };
        if !variants.contains(&params.variant.as_str()) {
            usage();
        }
        while let Some(flag) = args.next() {
            let value: u64 = match args.next().and_then(|v| v.parse().ok()) {
                Some(value) => value,
                None => usage(),
            };
            match flag.as_str() {
                "--clients" => params.clients = value as u32,
                "--requests" => params.requests = value,
                "--seed" => params.seed = value,
                _ => usage(),
            }
        }
        params
    }
}

/// A request: which client, and which of its requests (from 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    pub client: u32,
    pub counter: u64,
}

/// An answer: the server's count of this client's requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub client: u32,
    pub count: u64,
}

/// The length of a request or an answer as bytes.
pub const WIRE_LEN: usize = 12;

fn encode(client: u32, number: u64) -> [u8; WIRE_LEN] {
    let mut bytes = [0; WIRE_LEN];
    bytes[..4].copy_from_slice(&client.to_le_bytes());
    bytes[4..].copy_from_slice(&number.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8; WIRE_LEN]) -> (u32, u64) {
    (u32::from_le_bytes(bytes[..4].try_into().unwrap()), u64::from_le_bytes(bytes[4..].try_into().unwrap()))
}

impl Request {
    pub fn to_bytes(self) -> [u8; WIRE_LEN] {
        encode(self.client, self.counter)
    }

    pub fn from_bytes(bytes: &[u8; WIRE_LEN]) -> Request {
        let (client, counter) = decode(bytes);
        Request { client, counter }
    }
}

impl Answer {
    pub fn to_bytes(self) -> [u8; WIRE_LEN] {
        encode(self.client, self.count)
    }

    pub fn from_bytes(bytes: &[u8; WIRE_LEN]) -> Answer {
        let (client, count) = decode(bytes);
        Answer { client, count }
    }
}

/// The server's state.
pub struct Server {
    counts: Vec<u64>,
}

impl Server {
    pub fn new(params: &Params) -> Server {
        Server { counts: vec![0; params.clients as usize] }
    }

    pub fn handle(&mut self, request: Request) -> Answer {
        let count = &mut self.counts[request.client as usize];
        *count += 1;
        Answer { client: request.client, count: *count }
    }
}

/// What a client does next.
pub enum Attempt {
    /// The attempt is lost: wait out the timeout, then ask again.
    Lost,
    /// Send this.
    Send(Request),
}

/// One client: its decisions and its tally.
pub struct Client {
    rng: ChaCha8Rng,
    id: u32,
    requests: u64,
    counter: u64,
    retries: u64,
    hash: u64,
}

impl Client {
    pub fn new(params: &Params, id: u32) -> Client {
        let mut rng = ChaCha8Rng::seed_from_u64(params.seed);
        rng.set_stream(u64::from(id));
        Client { rng, id, requests: params.requests, counter: 0, retries: 0, hash: mix(u64::from(id)) }
    }

    /// A uniform integer below `bound` (multiply and shift; the bias is below
    /// 2^-21 for the bounds used here, and the same for everyone).
    fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.rng.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// Begins the next request and returns the time to think first, or `None`
    /// when the client is done.
    pub fn think(&mut self) -> Option<Duration> {
        if self.counter == self.requests {
            return None;
        }
        self.counter += 1;
        let ms = THINK_MIN_MS + self.below(THINK_MAX_MS - THINK_MIN_MS + 1);
        Some(Duration::from_millis(u64::from(ms)))
    }

    /// Draws the fate of one attempt at the current request.
    pub fn attempt(&mut self) -> Attempt {
        if self.below(LOST_ONE_IN) == 0 {
            self.retries += 1;
            Attempt::Lost
        } else {
            Attempt::Send(Request { client: self.id, counter: self.counter })
        }
    }

    /// Checks the answer to the current request.
    pub fn check(&mut self, answer: Answer) {
        assert_eq!(answer.client, self.id, "an answer for somebody else");
        assert_eq!(answer.count, self.counter, "the server lost count");
        self.hash = mix(self.hash ^ answer.count.rotate_left(32) ^ self.retries);
    }

    pub fn tally(&self) -> Tally {
        Tally { acknowledged: self.counter, retries: self.retries, checksum: self.hash }
    }
}

/// The finaliser of SplitMix64.
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The sum over clients; does not depend on the order they finish in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub acknowledged: u64,
    pub retries: u64,
    pub checksum: u64,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.acknowledged += other.acknowledged;
        self.retries += other.retries;
        self.checksum = self.checksum.wrapping_add(other.checksum);
    }
}

/// Plays the workload without a simulator: the tally that every contestant
/// must reach, and the virtual time at which the last client would be done if
/// every delay were exact.
pub fn reference(params: &Params) -> (Tally, Duration) {
    let mut server = Server::new(params);
    let mut total = Tally::default();
    let mut end = Duration::ZERO;
    for id in 0..params.clients {
        let mut client = Client::new(params, id);
        let mut now = Duration::ZERO;
        while let Some(think) = client.think() {
            now += think;
            let request = loop {
                match client.attempt() {
                    Attempt::Lost => now += TIMEOUT,
                    Attempt::Send(request) => break request,
                }
            };
            now += 2 * LATENCY;
            client.check(server.handle(request));
        }
        total.add(client.tally());
        end = end.max(now);
    }
    (total, end)
}

/// User plus system CPU time of this process.
pub fn cpu_time() -> Duration {
    // SAFETY: getrusage fills in the struct it is given.
    let usage = unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        assert_eq!(libc::getrusage(libc::RUSAGE_SELF, &mut usage), 0);
        usage
    };
    let time = |t: libc::timeval| Duration::from_secs(t.tv_sec as u64) + Duration::from_micros(t.tv_usec as u64);
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Checks the outcome of a run against [`reference`] and prints it as one line
/// of JSON.
pub fn report(name: &str, params: &Params, tally: Tally, virtual_time: Duration, cpu: Duration) {
    let (expected, ideal) = reference(params);
    assert_eq!(tally, expected, "{name} did not run the workload");
    // A simulator may add a little to every delay, but not run another load.
    let (got, want) = (virtual_time.as_secs_f64(), ideal.as_secs_f64());
    assert!((got - want).abs() <= 0.01 * want, "{name} ended at {got} s of virtual time instead of {want} s");
    println!("{}", json(name, params, tally, virtual_time, cpu));
}

/// The line that [`report`] prints.
pub fn json(name: &str, params: &Params, tally: Tally, virtual_time: Duration, cpu: Duration) -> String {
    let cpu = cpu.as_secs_f64();
    let mut line = String::new();
    write!(
        line,
        "{{\"name\":\"{name}\",\"clients\":{},\"acknowledged\":{},\"retries\":{},\
         \"virtual_seconds\":{:.6},\"cpu_seconds\":{cpu:.6},\
         \"requests_per_cpu_second\":{:.0},\"checksum\":\"{:016x}\"}}",
        params.clients,
        tally.acknowledged,
        tally.retries,
        virtual_time.as_secs_f64(),
        if cpu > 0.0 { tally.acknowledged as f64 / cpu } else { 0.0 },
        tally.checksum,
    )
    .unwrap();
    line
}
