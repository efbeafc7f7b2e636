//! The options of `fieldday capacity --simulate`.

use crate::headings::SIMULATED;
use clap::Args;
use fieldday_capacity::simulate::{WHAT_IFS, WhatIf};
use fieldday_scenario::MOST_REPS;
use std::path::PathBuf;

pub const EXAMPLES: &str = "  fieldday capacity --simulate weekday --reps 10k --instances 4
  fieldday capacity --simulate weekday --reps 10k --what-if monday-storm
  fieldday capacity --simulate weekday --reps 1k,10k,100k --instances 2..32
  fieldday capacity --simulate weekday --reps 1k,10k --instances 1..8 --advise
  fieldday capacity --simulate weekday --reps 5k --advise \\
      --calibrate results/weekday-0x1-20260610T120000Z
  fieldday capacity --simulate weekday --what-if outage-ends --jitter

The scenario's [plant] describes the simulated deployment; docs/capacity.md
lists its keys and the assumptions. The limits of [plant.hold] must hold in
each interval; those of the scenario, or of --limit, over the whole time.
Exit code 0 if every limit held, 1 if one was exceeded, 4 if one is undecided.
For a table: 0 if every limit held at one of its points at least, 1 if a limit
was exceeded at each.";

#[derive(Args, Debug)]
#[command(next_help_heading = SIMULATED)]
pub struct SimulateArgs {
    /// Simulate a deployment under a fleet of apps in virtual time; the scenario defaults to `weekday`
    #[arg(long, value_name = "SCENARIO", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["target", "resume"])]
    pub simulate: Option<String>,
    /// Number of reps; a list such as 10k,100k,1M prints a table
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = many_reps)]
    pub reps: Vec<u64>,
    /// Number of instances; a list (2,3,8) or a range in doublings (2..32) prints a table
    #[arg(long, value_name = "N,…", value_parser = instances)]
    pub instances: Option<Numbers>,
    /// Length of an instance's queue; further requests are answered with 503
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=10_000_000))]
    pub queue: Option<u32>,
    /// Limit on the 95th percentile of every endpoint's server time, in milliseconds
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(1..=3_600_000))]
    pub p95: Option<u32>,
    /// Take service times from this run folder, or service times and workers from this capacity folder
    #[arg(long, value_name = "FOLDER", value_parser = crate::packed::path)]
    pub calibrate: Option<PathBuf>,
    /// Simulate a change and compare: monday-storm, outage-ends, deployment, instance-lost or slow-shunya
    #[arg(long, value_name = "WHAT", value_parser = what_if)]
    pub what_if: Option<WhatIf>,
    /// Most retries of an app, in place of the specification's 3
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=20))]
    pub retries: Option<u32>,
    /// Add jitter to the waits between retries
    #[arg(long)]
    pub jitter: bool,
    /// Number of reps that each simulated rep stands for; default: the fewest that fit into memory
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub each_for: Option<u32>,
    /// Search for the number of instances needed, and try other retry policies (about ten more simulations); of a table, for each
    /// point that exceeds a limit
    #[arg(long)]
    pub advise: bool,
    /// Also write the report, of a day or of a table, as an HTML page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// Numbers of instances, from a list or a range in doublings.
#[derive(Clone, Debug)]
pub struct Numbers(pub Vec<u32>);

/// Reads a number of reps: `200`, `10k`, `1M`.
fn many_reps(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not a number of reps: use 200, 10k or 1M, up to {MOST_REPS}");
    let (digits, times) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1_000),
        None => text.strip_suffix('M').map_or((text, 1), |digits| (digits, 1_000_000)),
    };
    let reps = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(times));
    reps.filter(|reps| (1..=MOST_REPS).contains(reps)).ok_or_else(wrong)
}

/// Reads numbers of instances: `4`, `2,3,8`, `2..32`.
fn instances(text: &str) -> Result<Numbers, String> {
    let number = |text: &str| {
        let number = text.trim().parse::<u32>().ok().filter(|n| (1..=10_000).contains(n));
        number.ok_or_else(|| {
            format!("{text:?} is not a number of instances: use 1 to 10000, a list (2,3,8) or a range (2..32)")
        })
    };
    let Some((from, until)) = text.split_once("..") else {
        return Ok(Numbers(text.split(',').map(number).collect::<Result<_, _>>()?));
    };
    let (from, until) = (number(from)?, number(until)?);
    if from > until {
        return Err(format!("the range {text} ends before it begins"));
    }
    let doublings = std::iter::successors(Some(from), |n| n.checked_mul(2)).take_while(|n| *n < until);
    Ok(Numbers(doublings.chain([until]).collect()))
}

fn what_if(word: &str) -> Result<WhatIf, String> {
    let words = || WHAT_IFS.iter().map(|row| format!("{} ({})", row.word, row.asks)).collect::<Vec<_>>().join("; ");
    WhatIf::named(word).ok_or_else(|| format!("the changes are: {}", words()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        assert_eq!([many_reps("200"), many_reps("10k"), many_reps("1M")], [Ok(200), Ok(10_000), Ok(1_000_000)]);
        assert!(["0", "k", "-1", "11M", "1.5k"].iter().all(|text| many_reps(text).is_err()));
        let numbers = |text| instances(text).map(|numbers| numbers.0);
        assert_eq!(numbers("2..32"), Ok(vec![2, 4, 8, 16, 32]));
        assert_eq!(numbers("3..20"), Ok(vec![3, 6, 12, 20]));
        assert_eq!((numbers("4"), numbers("2,3,8")), (Ok(vec![4]), Ok(vec![2, 3, 8])));
        assert!(["0", "32..2", "2..", "two"].iter().all(|text| numbers(text).is_err()));
        assert!(what_if("monday-storm").is_ok() && what_if("tuesday").is_err_and(|e| e.contains("deployment")));
    }
}
