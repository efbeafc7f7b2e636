//! Options that several commands share.

use crate::failure::Failure;
use crate::values;
use clap::{Args, ValueEnum};
use fieldday_api::redact::url_without_secrets;
use fieldday_scenario::{Live, Metric};
use std::path::PathBuf;

/// The seed when none is given: a run is the same every time unless another is asked for.
pub const DEFAULT_SEED: u64 = 1;
/// The most reps that a plan can hold.
const MOST_REPS: u64 = fieldday_scenario::MOST_REPS;

/// The seed of a command that takes one.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct SeedArgs {
    /// The seed, decimal or 0x hexadecimal; default 1
    #[arg(long, value_name = "N", value_parser = values::seed)]
    pub seed: Option<u64>,
}

impl SeedArgs {
    /// What its help says where a run's folder or a failure's file may be named in a scenario's place.
    pub const OF_FOLDERS: &str = "The seed, decimal or 0x hexadecimal; default: that of the folder or file, else 1";

    pub fn or_default(self) -> u64 {
        self.seed.unwrap_or(DEFAULT_SEED)
    }
}

/// The options that decide which plan is run.
#[derive(Args, Debug)]
#[command(mut_arg("seed", |seed| seed.help(SeedArgs::OF_FOLDERS)))]
pub struct ChoiceArgs {
    /// A built-in scenario's name, the path of a .toml file, a run folder, or a packed run
    #[arg(default_value = "weekday", value_parser = crate::packed::name)]
    pub scenario: String,
    #[command(flatten)]
    pub seed: SeedArgs,
    /// Number of reps; changes the number of tenants, not their size
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST_REPS))]
    pub reps: Option<u64>,
    /// Let the seed draw which of the scenario's features are on and how strong they are
    ///
    /// The seed draws failures and their rates, people and their habits, network, office and recording modes. Everything drawn
    /// is within the specification. The drawn scenario requires no rule to be exercised.
    #[arg(long)]
    pub swarm: bool,
    /// Run this date instead of the scenario's, for example 2026-06-10
    #[arg(long, value_name = "DATE", value_parser = values::date)]
    pub date: Option<fieldday_kernel::time::Date>,
    /// Remove the element with this name from the plan (repeatable)
    ///
    /// `fieldday scenarios plan` prints the names, for example cell-0/tenant-1/rep-07/visit-3. Everything below the element is
    /// removed with it; the rest of the plan does not change.
    #[arg(long, value_name = "NAME")]
    pub without: Vec<String>,
    /// Build this defect into the backend or the app (repeatable; see `fieldday defects`)
    #[arg(long, value_name = "NAME")]
    pub defect: Vec<String>,
}

/// How a target is driven; each goes before what the scenario says under `live`.
#[derive(Args, Clone, Debug, Default)]
pub struct DriveArgs {
    /// Simulated seconds per real second for what people do
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub speed: Option<u32>,
    /// Run only this part of the day, in local time
    #[arg(long, value_name = "07:30-09:00", value_parser = values::window)]
    pub window: Option<(fieldday_kernel::time::TimeOfDay, fieldday_kernel::time::TimeOfDay)>,
    /// Do not simulate the mobile network: pure load on the target
    #[arg(long)]
    pub no_link: bool,
    /// Allow requests to this host, in addition to loopback (repeatable)
    #[arg(long, value_name = "HOST")]
    pub allow: Vec<String>,
    /// Trust the root certificates in this PEM file as well
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// Scrape metrics of the target from this URL during the run, in the Prometheus text format (repeatable)
    ///
    /// The report shows them below the latencies, and lists full resources with the first exceeded limit. A scrape that fails
    /// leaves a gap and does not fail the run. The host must be allowed as the target's must. docs/metrics.md lists what is kept.
    #[arg(long, value_name = "URL")]
    pub metrics: Vec<String>,
    /// Keep this metric instead of the well-known ones, for example 'db_pool_in_use{db="main"} full 20' (repeatable)
    #[arg(long, value_name = "METRIC", value_parser = values::metric)]
    pub metric: Vec<Metric>,
    /// Connect from this address of the machine (repeatable: connections take turns)
    ///
    /// One address has some 28,000 ports for connections to one target. Every Linux machine also has 127.0.0.2 and so on.
    #[arg(long, value_name = "IP")]
    pub source_address: Vec<std::net::IpAddr>,
    /// Sign tokens with this key, which the target must trust, instead of the scenario's `tokens`. If neither names a key, the
    /// development key signs for a target on the loopback, where `fieldday mock` trusts it
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

impl DriveArgs {
    /// What a scenario says under `live`, with what was typed in its place. Metrics to keep that nothing is scraped for are an
    /// error.
    pub fn over(&self, live: &mut Live) -> Result<(), Failure> {
        live.speed = self.speed.unwrap_or(live.speed);
        live.window = self.window.or(live.window);
        live.link &= !self.no_link;
        allow_also(live, &self.allow);
        for url in &self.metrics {
            // Where a search is gone on with, its URLs were kept without what is secret in them.
            live.metrics.urls.retain(|kept| url_without_secrets(kept) != url_without_secrets(url));
            live.metrics.urls.push(url.clone());
        }
        if !self.metric.is_empty() {
            live.metrics.keep.clone_from(&self.metric);
        }
        match live.metrics.urls.is_empty() && !live.metrics.keep.is_empty() {
            true => {
                Err(Failure::NoEffect { option: "--metric", with: "no --metrics URL to scrape it from".to_owned() })
            }
            false => Ok(()),
        }
    }
}

/// Adds hosts to those that the scenario allows a run to call.
pub fn allow_also(live: &mut Live, hosts: &[String]) {
    for host in hosts {
        if !live.allow.contains(host) {
            live.allow.push(host.clone());
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// Text for people
    Terminal,
    /// One JSON document for programs; for a run, its summary.json
    Json,
}

/// The options of commands that print a list.
#[derive(Args, Clone, Copy, Debug)]
pub struct ListArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
}
