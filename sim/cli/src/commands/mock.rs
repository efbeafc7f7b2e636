//! `fieldday mock`: the model backend over HTTP, until somebody ends it.

use crate::args::{ChoiceArgs, Format, SeedArgs};
use crate::choice::{Unplanned, planned};
use crate::failure::Failure;
use crate::values::Day;
use crate::{machine, output, terminal, values};
use clap::Args;
use fieldday_api::endpoint::Op;
use fieldday_api::names::Role;
use fieldday_engine::all_defects::Defect;
use fieldday_kernel::text::printable_json;
use fieldday_kernel::time::{Date, Span};
use fieldday_mock::{Clock, Mock, Options, Served, Service};
use fieldday_paint::units::{count, counted};
use fieldday_plan::Plan;
use fieldday_tokens::{Algorithm, Key, KeyError, Verifier};
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the count of requests is told, on a terminal.
const TOLD_EVERY: Duration = Duration::from_secs(2);

pub const EXAMPLES: &str = "\
Examples:
  fieldday mock                         `smoke`, on http://127.0.0.1:8080
  fieldday mock weekday --reps 10000    many reps to log in as
  fieldday mock --defect clock-in-race  a backend with a bug
  fieldday mock --key key.pem           a key of your own: see `fieldday tokens`

The mock follows the API's specification and serves invented data. It keeps all
rows in memory and writes no file, except for its key where it listens beyond
the loopback. Ctrl-C stops it with exit code 0.";

#[derive(Args, Debug)]
#[command(mut_arg("seed", |seed| seed.help(SeedArgs::OF_FOLDERS)))]
pub struct MockArgs {
    /// A built-in scenario's name, or the path of a .toml file, for the data and the failures
    #[arg(default_value = "smoke")]
    pub scenario: String,
    #[command(flatten)]
    pub seed: SeedArgs,
    /// Number of reps; changes the number of tenants, not their size
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=fieldday_scenario::MOST_REPS))]
    pub reps: Option<u64>,
    /// The date of the data; the mock always uses the real time
    #[arg(long, value_name = "DATE|today", default_value = "today", value_parser = values::day)]
    pub date: Day,
    /// Build this defect into the backend (repeatable; see `fieldday defects`)
    #[arg(long, value_name = "NAME")]
    pub defect: Vec<String>,
    /// Address and port to listen on; port 0 selects a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080", value_parser = address)]
    pub listen: SocketAddr,
    /// Accept the tokens signed by this key, and no others. Default: on the loopback the development key, which signs for
    /// `fieldday run --target` and `fieldday tokens mint`; elsewhere a new key, removed at the end
    #[arg(long, value_name = "FILE", conflicts_with = "accept_jwks")]
    pub key: Option<PathBuf>,
    /// Accept tokens signed by the keys in this JWKS document
    #[arg(long, value_name = "FILE")]
    pub accept_jwks: Option<PathBuf>,
    /// Output format; as JSON one line when the mock listens, and one at its end
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
    /// Service time of every request in microseconds, in place of drawn times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=600_000_000))]
    pub delay_us: Option<u64>,
    /// Make --delay-us the mean of an exponential distribution
    #[arg(long, requires = "delay_us")]
    pub exponential: bool,
    /// Make --delay-us the mean of a log-normal distribution; N is its 84th percentile in percent of its median, such as 250
    #[arg(long, value_name = "N", requires = "delay_us", conflicts_with = "exponential", value_parser = clap::value_parser!(u32).range(100..=10_000))]
    pub log_normal: Option<u32>,
    /// Add N microseconds to the service time with every request, for a target that becomes slower
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    pub slowdown_us: Option<u64>,
    /// Serve at most N requests at once; others wait
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub workers: Option<u32>,
    /// Answer 503 at once if N requests are already there, waiting or being served
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub shed_above: Option<u32>,
    /// Let every write hold a lock that all writes share for N microseconds before it is served
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=600_000_000))]
    pub write_lock_us: Option<u64>,
    /// Let every request keep one of N database connections while it is served; others wait
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub connections: Option<u32>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "an IP address and a port are needed, such as 127.0.0.1:8080".to_owned())
}

pub fn mock(args: &MockArgs) -> Result<(), Failure> {
    machine::take_small_pages();
    machine::raise_open_files(0);
    let plan = plan(args)?;
    args.defect.iter().filter(|name| matches!(Defect::named(name), Some(Defect::App(_)))).for_each(|name| {
        output::note(&format!("the defect {name} is one of the app, and has no effect on a backend"));
    });
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::Runtime)?;
    // Whoever ends it before it says that it is there is heard, too: a key that was made is removed.
    let mut end = {
        let _within = runtime.enter();
        End::new()?
    };
    let trust = Trust::new(args)?;
    let login = login(&plan, args);
    let what = format!("{}, seed {:#x}", plan.scenario().name, plan.seed());
    let mut options = trust.options(plan);
    options.listen = args.listen;
    options.workers = args.workers.map(|workers| workers as usize);
    if let Some(us) = args.delay_us {
        let span = Span::micros(i64::try_from(us).unwrap_or(0));
        options.service = match args.log_normal {
            Some(spread_percent) => Service::LogNormal { mean: span, spread_percent },
            None if args.exponential => Service::Exponential(span),
            None => Service::Fixed(span),
        };
    }
    let count = |n: Option<u32>| n.map(|n| n as usize);
    (options.sheds_above, options.connections) = (count(args.shed_above), count(args.connections));
    options.write_lock = args.write_lock_us.map(|us| Span::micros(i64::try_from(us).unwrap_or(0)));
    options.slowdown = Span::micros(i64::try_from(args.slowdown_us.unwrap_or(0)).unwrap_or(0));
    options.clock = Clock::wall();
    runtime.block_on(async {
        let mock = Mock::serve(options).await?;
        if !mock.address().ip().is_loopback() {
            output::note(&format!(
                "warning: {} can be reached from elsewhere: whoever has a token of the key gets answers (of invented data)",
                mock.address()
            ));
        }
        output::print(&match args.format {
            Format::Terminal => welcome(&mock, &what, &trust, &login),
            Format::Json => line(&serving(&mock, &trust, &login)),
        })?;
        told_until(&mut end, &mock).await;
        let served = mock.served();
        mock.stop().await;
        output::print(&match args.format {
            Format::Terminal => farewell(&served),
            Format::Json => line(&serde_json::json!({
                "requests": served.requests(), "refused": served.refused, "failed": served.failed, "cut": served.cut,
            })),
        })?;
        Ok(())
    })
}

/// The plan of the day that was asked for; today is what it is where each tenant is.
fn plan(args: &MockArgs) -> Result<Plan, Failure> {
    let mut choice = Unplanned::new(&ChoiceArgs {
        scenario: args.scenario.clone(),
        seed: args.seed,
        reps: args.reps,
        swarm: false,
        date: if let Day::On(date) = args.date { Some(date) } else { None },
        without: Vec::new(),
        defect: args.defect.clone(),
    })?;
    if args.date == Day::Today {
        choice.scenario.set_today(machine::now());
    }
    planned(&args.scenario, choice.scenario, choice.seed)
}

/// The keys whose tokens the mock accepts.
enum Trust {
    /// The built-in development key, which everybody has.
    Development(Key),
    /// A private key from a file; the file is removed at the end if it was made for this mock.
    Key { key: Key, file: PathBuf, made: Option<Removed> },
    /// The public keys of a JWKS document.
    Jwks { verifier: Verifier, text: String, file: PathBuf },
}

/// A file that is removed when this goes.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            output::note(&format!("the key {} could not be removed: {error}", self.0.display()));
        }
    }
}

impl Trust {
    fn new(args: &MockArgs) -> Result<Trust, Failure> {
        if let Some(file) = &args.accept_jwks {
            let unreadable = |source| Failure::Unreadable { path: file.clone(), source };
            let text = std::fs::read_to_string(file).map_err(unreadable)?;
            return Ok(Trust::Jwks {
                verifier: Verifier::from_jwks(&text)
                    .map_err(|source| Failure::KeySet { path: file.clone(), source })?,
                text,
                file: file.clone(),
            });
        }
        if let Some(file) = &args.key {
            return Ok(Trust::Key { key: Key::load(file)?, file: file.clone(), made: None });
        }
        if args.listen.ip().is_loopback() {
            return Ok(Trust::Development(Key::development()));
        }
        let key = Key::generate(Algorithm::Rs256)?;
        let file = saved(&key)?;
        Ok(Trust::Key { key, made: Some(Removed(file.clone())), file })
    }
    fn options(&self, plan: Plan) -> Options {
        match self {
            Trust::Development(key) | Trust::Key { key, .. } => Options::trusting(plan, std::slice::from_ref(key)),
            Trust::Jwks { verifier, text, .. } => Options::new(plan, verifier.clone(), text.clone()),
        }
    }
}

/// Writes a key to a file of its own among the temporary ones, and says which.
fn saved(key: &Key) -> Result<PathBuf, KeyError> {
    let mut number = 0;
    loop {
        let file = std::env::temp_dir().join(format!("fieldday-mock-{}-{number}.pem", std::process::id()));
        match key.save(&file) {
            // One that a killed mock of the same number left.
            Err(KeyError::Unwritable { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {
                number += 1
            }
            saved => return saved.map(|()| file),
        }
    }
}

/// The first rep's user and tenant, and the size of the plan, for the lines that the mock prints.
struct Login {
    user: String,
    tenant: String,
    reps: u64,
    tenants: u64,
    date: Date,
    /// The scenario with the options that decide its reps, as words of a command line.
    run: String,
}

fn login(plan: &Plan, args: &MockArgs) -> Login {
    let mut run = quoted(Path::new(&args.scenario));
    let mut add = |flag: &str, value: Option<u64>| {
        if let Some(value) = value {
            let _ = write!(run, " --{flag} {value}");
        }
    };
    add("seed", args.seed.seed);
    add("reps", args.reps);
    let cell = plan.cell(0);
    let rep = cell.tenants.iter().flat_map(|tenant| &tenant.reps).next();
    Login {
        user: rep.map_or_else(String::new, |rep| rep.user_id.to_string()),
        tenant: rep.map_or_else(String::new, |rep| rep.tenant_id.to_string()),
        reps: plan.reps(),
        tenants: u64::from(plan.cells()) * cell.tenants.len() as u64,
        date: cell.date,
        run,
    }
}

/// Where the mock is and who may call it, for programs.
fn serving(mock: &Mock, trust: &Trust, login: &Login) -> serde_json::Value {
    let key = match trust {
        Trust::Key { file, .. } => Some(file),
        Trust::Development(_) | Trust::Jwks { .. } => None,
    };
    serde_json::json!({
        "schema": 1, "base_url": mock.base_url(), "jwks_url": mock.jwks_url(), "key": key, "date": login.date.to_string(),
        "reps": login.reps, "tenants": login.tenants, "user": login.user, "tenant": login.tenant,
        "role": Role::SalesRep.to_string(),
    })
}

/// A line of JSON: the first one says where the mock is, the last one what it served.
fn line(value: &serde_json::Value) -> String {
    printable_json(value.to_string()) + "\n"
}

fn welcome(mock: &Mock, what: &str, trust: &Trust, login: &Login) -> String {
    let mut text = format!("{what}, data of {}: ", login.date);
    let reps = counted(login.reps, "rep", "reps");
    let tenants = counted(login.tenants, "tenant", "tenants");
    let _ = writeln!(text, "{reps} of {tenants}\n\n  base URL  {}\n  JWKS      {}", mock.base_url(), mock.jwks_url());
    let key = match trust {
        Trust::Jwks { file, .. } => {
            let _ = writeln!(text, "  tokens    those of the keys in {}", file.display());
            None
        }
        Trust::Development(_) => {
            let _ = writeln!(text, "  key       the development key, which `fieldday run` uses if you name no other");
            Some(String::new())
        }
        Trust::Key { file, made, .. } => {
            let note = if made.is_some() { "  (made for this run, and removed at its end)" } else { "" };
            let _ = writeln!(text, "  key       {}{note}", file.display());
            Some(format!(" --key {}", quoted(file)))
        }
    };
    if let Some(key) = key {
        let (program, base, role) = (program(), mock.base_url(), Role::SalesRep);
        let Login { user, tenant, run, .. } = login;
        let _ = writeln!(
            text,
            "\nIts reps, in another terminal:\n\n  {program} run {run} --target {base}{key}\n\n\
             One request as one of them:\n\n  \
             curl -H \"Authorization: Bearer $({program} tokens mint{key} \\\n    \
             --user {user} --tenant {tenant} --role {role})\" \\\n    {base}/api/v1/appointments"
        );
    }
    text.push_str("\nCtrl-C ends it.\n");
    text
}

/// This program, so that a line with it works when it is pasted.
fn program() -> String {
    std::env::current_exe().map_or_else(|_| "fieldday".to_owned(), |path| quoted(&path))
}

/// A path as a word of a shell's command line.
fn quoted(path: &Path) -> String {
    fieldday_folder::quoted(&path.display().to_string())
}

/// Tells how many requests there were, now and then and to a terminal alone, until somebody ends it.
async fn told_until(end: &mut End, mock: &Mock) {
    let mut told = 0;
    loop {
        tokio::select! {
            () = end.came() => return,
            () = tokio::time::sleep(TOLD_EVERY), if terminal::stderr_is_terminal() => {
                let served = mock.served();
                if served.requests() != told {
                    told = served.requests();
                    output::note(&totals(&served));
                }
            }
        }
    }
}

fn totals(served: &Served) -> String {
    let (refused, failed) = (count(served.refused), count(served.failed));
    let mut text = counted(served.requests(), "request", "requests");
    let _ = write!(text, ", {refused} answered 4xx, {failed} answered 5xx, {} connections cut", count(served.cut));
    text
}

fn farewell(served: &Served) -> String {
    let mut text = format!("\n{}\n", totals(served));
    for op in Op::ALL.iter().filter(|op| served.of(**op) > 0) {
        let _ = writeln!(text, "  {:<28}{:>12}", op.label(), count(served.of(*op)));
    }
    if served.undocumented > 0 {
        let _ = writeln!(text, "  {:<28}{:>12}", "not documented", count(served.undocumented));
    }
    if served.audio_bytes > 0 {
        let _ = writeln!(text, "  {} bytes of audio, discarded", count(served.audio_bytes));
    }
    if !served.delays.is_empty() {
        // To the hundredth of a millisecond: a run's own figures are held against these.
        let at = |quantile| format!("{:.2} ms", served.delays.value_at_quantile(quantile) as f64 / 1_000.0);
        let _ = writeln!(text, "  latency p50 {}, p99 {}, max {}", at(0.5), at(0.99), at(1.0));
    }
    text
}

/// The signals that end the mock: Ctrl-C, a service manager's, a closed terminal.
struct End {
    #[cfg(unix)]
    signals: Vec<tokio::signal::unix::Signal>,
}

/// Whether a signal is ignored, as `nohup` has it for that of a closed terminal; no where the system does not tell.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = text.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask & (1 << (signal - 1)) != 0
}

impl End {
    #[cfg(unix)]
    fn new() -> Result<End, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::quit(), SignalKind::hangup()];
        let heard = kinds.into_iter().filter(|kind| *kind != SignalKind::hangup() || !is_ignored(kind.as_raw_value()));
        let signals = heard.map(|kind| signal(kind).map_err(Failure::Runtime)).collect::<Result<_, _>>()?;
        Ok(End { signals })
    }
    #[cfg(not(unix))]
    fn new() -> Result<End, Failure> {
        Ok(End {})
    }
    #[cfg(unix)]
    async fn came(&mut self) {
        std::future::poll_fn(|context| {
            let came = self.signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if came { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }
    #[cfg(not(unix))]
    async fn came(&mut self) {
        // Without it nothing but the end of the process is left.
        let _ = tokio::signal::ctrl_c().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_given_in_full() {
        assert!(["127.0.0.1:0", "0.0.0.0:8080", "[::1]:80"].iter().all(|text| address(text).is_ok()));
        assert!(["8080", "localhost:8080", "127.0.0.1", ""].iter().all(|text| address(text).is_err()));
    }

    #[test]
    fn a_path_is_quoted_only_where_a_shell_would_misread_it() {
        assert_eq!(quoted(Path::new("/tmp/a-1.pem")), "/tmp/a-1.pem");
        assert_eq!(quoted(Path::new("/tmp/it's here")), r"'/tmp/it'\''s here'");
    }

    #[test]
    fn data_are_of_today_or_of_a_date() {
        assert_eq!(values::day("today"), Ok(Day::Today));
        assert_eq!(values::day("2026-06-10"), Ok(Day::On(Date::parse("2026-06-10").unwrap())));
        assert!(values::day("tomorrow").is_err());
    }
}
