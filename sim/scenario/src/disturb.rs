//! Planned disturbances: moments of a live run at which a command disturbs the target, and another undoes it.

use super::limits::Limit;
use fieldday_api::redact::{HIDDEN, line_without_secrets};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// One planned disturbance of a live run's target. It happens only with `--disturb`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disturbance {
    /// What it is, for reports.
    pub name: String,
    /// When it begins: real seconds after the window opens.
    #[schemars(range(max = 86_400))]
    pub at_s: u32,
    /// Command that disturbs the target. Its environment has FIELDDAY_TARGET, the target's URL.
    #[serde(serialize_with = "without_secrets")]
    pub run: String,
    /// Command that undoes it; it runs whatever happens once `run` was started. Default: none, the disturbance ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "optional_without_secrets")]
    pub undo: Option<String>,
    /// Real seconds from its beginning until it is undone.
    #[schemars(range(min = 1, max = 86_400))]
    pub lasts_s: u32,
    /// Timeout of each of its commands in seconds.
    #[serde(default = "timeout_s")]
    #[schemars(range(min = 1, max = 3_600))]
    pub timeout_s: u32,
    /// The limits of the scenario, as it has them, that may be exceeded meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_break: Vec<Limit>,
    /// Real seconds after its end within which every limit holds again.
    #[schemars(range(min = 1, max = 86_400))]
    pub holds_again_within_s: u32,
}

const fn timeout_s() -> u32 {
    60
}

/// A scenario is kept with each run, and what is kept has no passwords in it.
fn without_secrets<S: Serializer>(command: &str, to: S) -> Result<S::Ok, S::Error> {
    line_without_secrets(command).serialize(to)
}
fn optional_without_secrets<S: Serializer>(command: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
    command.as_deref().map(line_without_secrets).serialize(to)
}

impl Disturbance {
    /// Whether a command was read from where a scenario is kept without passwords, and had one.
    pub fn lacks_a_secret(&self) -> bool {
        self.run.contains(HIDDEN) || self.undo.as_ref().is_some_and(|undo| undo.contains(HIDDEN))
    }
}

#[cfg(test)]
mod tests {
    use crate::Scenario;

    /// A scenario with a disturbance that has these lines more.
    fn read(more: &str) -> Result<Scenario, String> {
        let text = format!(
            "name = \"x\"\nabout = \"y\"\nlimits = [\"wire p95 < 1 s\"]\nday = {{ dates = [\"2026-06-10\"] }}\n\
             [live.metrics]\nurls = [\"http://127.0.0.1:9100\"]\n\
             [[live.metrics.keep]]\nname = \"db_waits\"\nlabels = {{ db = \"main\" }}\nfull = 20\n\
             [[live.disturb]]\nname = \"stopped\"\nat_s = 5\nrun = \"kill -STOP 1\"\nundo = \"kill -CONT 1\"\n\
             holds_again_within_s = 9\n{more}\n"
        );
        Scenario::parse(&text, "x.toml").map_err(|error| error.to_string())
    }

    #[test]
    fn a_disturbance_and_metrics_are_read_and_written_as_they_are() {
        let scenario = read("lasts_s = 3\nmay_break = [\"wire p95 < 1 s\", \"error rate <= 1 %\"]").unwrap();
        let [planned] = scenario.live.disturb.as_slice() else { panic!("{:?}", scenario.live.disturb) };
        assert_eq!((planned.timeout_s, planned.may_break.len(), planned.lacks_a_secret()), (60, 2, false));
        let again = Scenario::parse(&scenario.to_toml().unwrap(), "x.toml").unwrap();
        assert_eq!(again, scenario);
    }

    #[test]
    fn what_a_disturbance_may_break_is_a_limit_of_the_scenario_and_names_are_names() {
        let wrong = read("lasts_s = 3\nmay_break = [\"wire p95 < 2 s\"]").unwrap_err();
        assert!(wrong.contains("\"wire p95 < 2 s\" is no limit of this scenario"), "{wrong}");
        assert!(wrong.contains("wire p95 < 1 s; error rate <= 1 %"), "{wrong}");
        let never = read("lasts_s = 0").unwrap_err();
        assert!(never.contains("live.disturb[0].lasts_s"), "{never}");
        let name = read("lasts_s = 3\n[[live.metrics.keep]]\nname = \"a-b\"").unwrap_err();
        assert!(name.contains("\"a-b\" is no name of a metric"), "{name}");
    }

    #[test]
    fn commands_are_kept_without_passwords() {
        let mut scenario = read("lasts_s = 3").unwrap();
        scenario.live.disturb[0].undo = Some("PGPASSWORD=hunter2 psql".to_owned());
        let kept = serde_json::to_string(&scenario).unwrap();
        assert!(!kept.contains("hunter2") && kept.contains("PGPASSWORD=***"), "{kept}");
        assert!(serde_json::from_str::<Scenario>(&kept).unwrap().live.disturb[0].lacks_a_secret());
    }
}
