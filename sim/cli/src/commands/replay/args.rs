//! The options of `fieldday replay`.

use crate::args::{ChoiceArgs, Format};
use clap::Args;
use fieldday_kernel::time::TimeOfDay;

/// Events around the first violation, if nothing else is asked for.
const AROUND: u64 = 40;

#[derive(Args, Debug)]
pub struct ReplayArgs {
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// The cell to re-run; default: the cell of --rep, else the first that breaks a rule
    #[arg(long, value_name = "N")]
    pub cell: Option<u32>,
    /// Only events of this client, for example cell-0/tenant-1/rep-07
    #[arg(long, value_name = "NAME")]
    pub rep: Option<String>,
    /// Only calls to this endpoint, for example `PATCH appointments/{id}` or update-appointment
    #[arg(long, value_name = "ENDPOINT")]
    pub endpoint: Option<String>,
    /// Only events around violations of this rule
    #[arg(long, value_name = "RULE")]
    pub rule: Option<String>,
    /// Only events from this local time on, for example 14:03
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<TimeOfDay>,
    /// Only events before this local time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<TimeOfDay>,
    /// Only events around the event with this number
    #[arg(long, value_name = "N")]
    pub event: Option<u64>,
    /// With --event: how many events before and after it
    #[arg(long, value_name = "N", default_value_t = AROUND, requires = "event")]
    pub around: u64,
    /// Print the state of the phone of --rep and of the backend's rows at this local time
    #[arg(long, value_name = "TIME", value_parser = time, requires = "rep")]
    #[arg(conflicts_with_all = ["endpoint", "rule", "from", "until", "event"])]
    pub at: Option<TimeOfDay>,
    /// Step through the events of --rep in the terminal, with the state of phone and backend at each
    #[arg(long, requires = "rep", conflicts_with_all = ["at", "format"])]
    pub step: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
}

/// Reads a time of day: `14:03`, `14:03:20`.
fn time(text: &str) -> Result<TimeOfDay, String> {
    let whole = if text.len() == 5 { format!("{text}:00") } else { text.to_owned() };
    TimeOfDay::parse(&whole).ok_or_else(|| format!("a time of day is hours and minutes: 14:03, not {text:?}"))
}
