//! Scenario files: what a run is about, in TOML. Every key has a default but the name, the story and the day; a key that
//! does not exist, or a value out of range, is an error that names its place, what is allowed, and the nearest right key.

mod builtin;
mod check;
mod data;
mod dialect;
mod disturb;
mod error;
pub mod keys;
pub mod limits;
mod live;
mod locate;
mod metrics;
pub mod persona;
pub mod plant;
pub mod repro;
mod rules;
mod swarm;
mod tokens;
mod trouble;
mod types;
mod words;
pub mod zones;

pub use builtin::{builtin_names, builtin_text};
pub use data::Data;
pub use dialect::{Dialect, Severities};
pub use disturb::Disturbance;
pub use error::{Problem, ScenarioError};
pub use limits::Limit;
pub use live::{Connections, Generator, HttpVersion, Live, Scaled};
pub use metrics::{Metric, MetricsSettings, NoMetric};
pub use rules::{MustExercise, RuleSetting, RuleSettings};
pub use swarm::Drawn;
pub use tokens::{TokenSource, Tokens};
pub use trouble::*;
pub use types::*;

use fieldday_kernel::time::{Date, Time, Zone};
use fieldday_radio::territory;

impl Scenario {
    /// Reads a scenario. `file` is the name that errors give.
    pub fn parse(text: &str, file: &str) -> Result<Scenario, ScenarioError> {
        let scenario: Scenario = match toml::from_str(text) {
            Ok(scenario) => scenario,
            Err(error) => return Err(ScenarioError::from_toml(&error, text, file)),
        };
        let problems = check::problems(&scenario);
        if problems.is_empty() { Ok(scenario) } else { Err(ScenarioError::located(problems, text, file)) }
    }

    /// The first thing that is wrong with a scenario that came another way than by [`Scenario::parse`].
    pub fn first_problem(&self) -> Option<String> {
        let text = toml::to_string(self).map_err(|error| error.to_string());
        let parsed = text.map(|text| Scenario::parse(&text, ""));
        match parsed {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => {
                Some(error.problems.first().map_or(String::new(), |p| format!("`{}`: {}", p.key, p.message)))
            }
            Err(problem) => Some(problem),
        }
    }

    /// Reads the scenario of that name, or in the file of that path (which ends in `.toml`).
    pub fn load(name_or_path: &str) -> Result<Scenario, ScenarioError> {
        if !name_or_path.ends_with(".toml") {
            let text = builtin_text(name_or_path).ok_or_else(|| ScenarioError::no_such_scenario(name_or_path))?;
            return Scenario::parse(text, &format!("{name_or_path}.toml"));
        }
        let text = std::fs::read_to_string(name_or_path).map_err(|e| ScenarioError::unreadable(name_or_path, &e))?;
        Scenario::parse(&text, name_or_path)
    }

    /// The names of the built-in scenarios.
    pub fn builtin_names() -> Vec<&'static str> {
        builtin_names()
    }
    /// The file of a built-in scenario.
    pub fn builtin_text(name: &str) -> Option<&'static str> {
        builtin_text(name)
    }
    /// Every built-in scenario as a file to begin one's own from: its file name and its text, comments and all.
    pub fn init_copies() -> Vec<(String, &'static str)> {
        let copy = |name| Some((format!("{name}.toml"), builtin_text(name)?));
        builtin_names().into_iter().filter_map(copy).collect()
    }

    /// The JSON schema of scenario files, for editors.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Scenario).to_value()
    }

    /// The scenario as a file, without comments.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// The same with so many reps: tenants keep their size, and more tenants and cells come in.
    pub fn with_reps(&mut self, reps: u64) {
        let reps_per_tenant = self.reps_per_tenant();
        self.people.reps = reps.clamp(1, MOST_REPS);
        self.people.reps_per_tenant = Some(reps_per_tenant);
        self.people.tenants = self.cells_a_day() * self.people.tenants_per_cell;
    }

    /// Has the scenario lived today: each tenant's date is what it is at `now` where that tenant is.
    pub fn set_today(&mut self, now: Time) {
        self.day.dates = vec![self.today(now)];
        self.live.dated_at = Some(now);
    }
    /// The date that it is at `now` in the zone of the first territory.
    pub fn today(&self, now: Time) -> Date {
        let territory = self.people.territories.first().and_then(|name| territory::named(name));
        let zone = territory.and_then(|territory| zones::zone(territory.zone(), now)).unwrap_or_else(Zone::utc);
        zone.date(now)
    }

    /// The date of a tenant of that zone, where the scenario has `date`.
    pub fn date_in(&self, zone: &Zone, date: Date) -> Date {
        self.live.dated_at.map_or(date, |moment| zone.date(moment))
    }

    /// The number of reps of a full tenant.
    pub fn reps_per_tenant(&self) -> u32 {
        let even = self.people.reps.div_ceil(u64::from(self.people.tenants.max(1))).max(1);
        self.people.reps_per_tenant.unwrap_or(even as u32).max(1)
    }

    /// The number of cells of each date.
    pub fn cells_a_day(&self) -> u32 {
        let reps_a_cell = u64::from(self.reps_per_tenant()) * u64::from(self.people.tenants_per_cell);
        self.people.reps.div_ceil(reps_a_cell.max(1)).max(1) as u32
    }
}

/// The name that was probably meant, among those of a plan.
pub fn nearest_name<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    words::nearest(written, names)
}
