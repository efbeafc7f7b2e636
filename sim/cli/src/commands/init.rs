//! `fieldday init`: copies of the built-in scenarios, comments and all; with `--target`, one scenario for a backend.

use crate::failure::Failure;
use crate::{output, terminal};
use clap::Args;
use fieldday_api::names::Role;
use fieldday_data::roster::Roster;
use fieldday_live::clock::utc_now;
use fieldday_live::prepare::{Called, LiveOptions, PrepareError, prepare};
use fieldday_live::target::Target;
use fieldday_scenario::Scenario;
use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

pub const EXAMPLES: &str = "\
Examples:
  fieldday init                            copies of all in ./scenarios
  fieldday init --target http://127.0.0.1:8080
  fieldday init --target https://staging.example.com --users users.csv \\
    --key staging.pem

On a terminal the command asks for what the options do not give.
docs/staging.md has all steps from nothing to a nightly job.";

#[derive(Args, Debug)]
pub struct InitArgs {
    /// The folder to write the copies to
    #[arg(default_value = "scenarios", conflicts_with = "target")]
    pub dir: PathBuf,
    /// Write one scenario for the backend at this base URL
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
    /// With --target: the users that the backend knows, as docs/data.md says; without it, the scenario's own people
    #[arg(long, value_name = "FILE", requires = "target")]
    pub users: Option<PathBuf>,
    /// With --target: the key that signs tokens; without it, the development key on the loopback
    #[arg(long, value_name = "FILE", requires = "target")]
    pub key: Option<PathBuf>,
    /// With --target: the file to write
    #[arg(long, value_name = "FILE", requires = "target", default_value = "staging.toml")]
    pub out: PathBuf,
}

pub fn init(args: &InitArgs) -> Result<(), Failure> {
    match &args.target {
        None => copies(&args.dir),
        Some(url) => for_target(args, url),
    }
}

fn copies(dir: &Path) -> Result<(), Failure> {
    fs::create_dir_all(dir).map_err(|source| Failure::File { path: dir.to_owned(), source })?;
    for (name, text) in Scenario::init_copies() {
        let path = dir.join(name);
        let said = match write_new(&path, text) {
            Ok(()) => format!("wrote {}\n", path.display()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                format!("kept {}: it exists already\n", path.display())
            }
            Err(source) => return Err(Failure::File { path, source }),
        };
        output::print(&said)?;
    }
    output::note("next: change one, then `fieldday scenarios check FILE` and `fieldday run FILE`");
    Ok(())
}

/// Writes the scenario, then looks at the target with it. A target that cannot be used yet leaves the file to try again with.
fn for_target(args: &InitArgs, url: &str) -> Result<(), Failure> {
    let target = Target::parse(url).map_err(PrepareError::from)?;
    let users =
        args.users.clone().or_else(|| asked("A file of the users that the backend knows (none: its own people)"));
    let key = args.key.clone().or_else(|| asked("The key file that signs tokens (none: the development key)"));
    let allow = (!target.is_loopback()).then(|| target.host().to_owned());
    let text = scenario(users.as_deref(), key.as_deref(), allow.as_deref());
    let file = args.out.display().to_string();
    let mut scenario = Scenario::parse(&text, &file)?;
    write_new(&args.out, &text).map_err(|source| Failure::File { path: args.out.clone(), source })?;
    output::print(&format!("wrote {file}\n"))?;
    scenario.set_today(utc_now());
    let options = LiveOptions { workers: 1, dry_run: true, ..LiveOptions::default() };
    let mut ready = prepare(scenario, 1, Called::Url(url.to_owned()), options)?.open(&AtomicBool::new(false))?;
    let seen = ready.look()?;
    seen.notes.iter().for_each(|note| output::note(note));
    if let Some(visits) = seen.appointments {
        let visits = fieldday_paint::units::counted(visits, "appointment", "appointments");
        output::note(&format!("the first rep has {visits} today"));
    }
    output::note(&format!("the target can be used; next: fieldday run {file} --target {url}"));
    Ok(())
}

/// The answer of the user at the terminal; none if nobody can be asked, or the answer is empty.
fn asked(question: &str) -> Option<PathBuf> {
    if !io::stdin().is_terminal() || !terminal::stderr_is_terminal() {
        return None;
    }
    eprint!("{question}: ");
    let mut line = String::new();
    io::stdin().read_line(&mut line).ok()?;
    let line = line.trim();
    (!line.is_empty()).then(|| PathBuf::from(line))
}

/// The text of a scenario for a target: as many reps as its users allow, six at most, and at most two of a tenant's.
fn scenario(users: Option<&Path>, key: Option<&Path>, allow: Option<&str>) -> String {
    let (mut tenants, mut reps) = (2, 3);
    let roster = users.and_then(|path| Some((fs::read_to_string(path).ok()?, path.display().to_string())));
    // A file that cannot be read is an error of the run that is prepared with it, which names its line.
    if let Some(roster) = roster.and_then(|(text, file)| Roster::parse(&text, &file).ok()) {
        let fewest = roster.tenants.iter().map(|tenant| tenant.users_of(Role::SalesRep).count()).min().unwrap_or(1);
        tenants = roster.tenants.len().clamp(2, 3);
        // Where a tenant has reps to spare, one of them is the intruder who tries what belongs to others.
        reps = tenants * fewest.saturating_sub(1).clamp(1, 2);
    }
    let quoted = |path: &Path| toml_quoted(&path.display().to_string());
    let tokens = match key {
        Some(key) => format!("[tokens]\nkey = {}\n", quoted(key)),
        None => {
            "# [tokens]\n# key = \"staging.pem\" # the development key signs for a target on the loopback\n".to_owned()
        }
    };
    let data = match users {
        Some(users) => format!(
            "[data]\nusers = {}\nfound = true # reps make the visits that the target shows for today\n",
            quoted(users)
        ),
        None => "# [data]\n# users = \"users.csv\" # who the run may be: docs/data.md\n# found = true # reps make the visits that \
                 the target shows for today\n"
            .to_owned(),
    };
    let allow = match allow {
        Some(host) => format!("allow = [{}] # beyond the loopback, the only host that is called\n", toml_quoted(host)),
        None => String::new(),
    };
    format!(
        "# Written by `fieldday init --target`. docs/staging.md has the next steps.\n\
         name = \"staging\"\n\
         about = \"A few reps of our own organisations go through a day in two minutes.\"\n\
         # A run that did not put these rules to the test is inconclusive, and not green.\n\
         must_exercise = [\"tenancy.isolated\", \"appointment.list.complete\"]\n\
         # Beside the specification's timeouts, and an error rate of at most 1 %, which every live run is held to.\n\
         limits = [\"wire p95 < 1 s for reads\"]\n\n\
         [day]\n\
         dates = [\"2026-06-10\"] # of a simulation; against a target the day is today\n\
         leave_home = [\"07:00\", \"07:30\"]\n\
         latest = \"17:00\"\n\n\
         [people]\n\
         reps = {reps}\n\
         tenants = {tenants}\n\
         territories = [\"newark\"] # one time zone: everybody has the same date\n\
         mix = {{ steady = 1 }}\n\n\
         {tokens}\n{data}\n\
         [live]\n\
         speed = 360 # twelve hours in two minutes\n\
         ramp_s = 2\n\
         linger_s = 20\n\
         {allow}"
    )
}

/// A text as TOML has it: its escapes are among those of JSON.
fn toml_quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes a new file; an error if there is one at the path.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes()).inspect_err(|_| {
        // Half a copy would be left alone the next time.
        let _ = fs::remove_file(path);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_a_scenario_whatever_is_known() {
        let path = Path::new("it's \"quoted\".csv");
        for (users, key, allow) in [(None, None, None), (Some(path), Some(path), Some("staging.example.com"))] {
            let text = scenario(users, key, allow);
            let parsed = Scenario::parse(&text, "staging.toml").unwrap();
            assert_eq!((parsed.people.reps, parsed.live.speed), (3, 360), "{text}");
            assert_eq!(parsed.data.users.is_some(), users.is_some());
            assert_eq!(parsed.live.allow, allow.map(str::to_owned).into_iter().collect::<Vec<_>>());
        }
    }
}
