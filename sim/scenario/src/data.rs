//! What a scenario file may say of a real target's data: who its users are, and how it gets its rows.

use fieldday_api::redact::{HIDDEN, line_without_secrets};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// Data of a real target. Not used in simulations, whose backend starts with the rows of the plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// File of user accounts for live runs, .json or .csv; default: the plan's own users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<String>,
    /// Whether each run uses other users of the file than the previous one, as far as possible.
    pub rotate: bool,
    /// Command that loads the target before a live run. Its environment has FIELDDAY_EXPORT, the folder of the exported data,
    /// FIELDDAY_TARGET, the target's URL, and FIELDDAY_DATE.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "without_secrets")]
    pub provision: Option<String>,
    /// Timeout of that command in seconds.
    #[schemars(range(min = 1, max = 86_400))]
    pub timeout_s: u32,
    /// Whether to use the target's rows as found, instead of the plan's rows.
    pub found: bool,
    /// Greatest number of audio bytes sent per visit; default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000_000u64))]
    pub upload_bytes: Option<u64>,
    /// Whether appointments at unknown addresses get a place in the territory; otherwise reps do not visit them.
    pub place_unknown: bool,
}

/// A scenario is kept with each run, and what is kept has no passwords in it.
fn without_secrets<S: Serializer>(command: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
    command.as_deref().map(line_without_secrets).serialize(to)
}

impl Default for Data {
    fn default() -> Data {
        Data {
            users: None,
            rotate: false,
            provision: None,
            timeout_s: 600,
            found: false,
            upload_bytes: None,
            place_unknown: true,
        }
    }
}

impl Data {
    /// Whether the command was read from where a scenario is kept without passwords, and had one.
    pub fn lacks_a_secret(&self) -> bool {
        self.provision.as_ref().is_some_and(|command| command.contains(HIDDEN))
    }
    /// Whether a file may leave it out.
    pub(super) fn is_default(&self) -> bool {
        *self == Data::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_kept_without_the_passwords_in_it() {
        let data = |command: &str| Data { provision: Some(command.to_owned()), ..Data::default() };
        let kept =
            serde_json::to_string(&data("psql postgres://otto:hunter2@db/otto < $FIELDDAY_EXPORT/all.sql")).unwrap();
        assert!(!kept.contains("hunter2") && kept.contains("***@db/otto < $FIELDDAY_EXPORT/all.sql"), "{kept}");
        assert!(serde_json::from_str::<Data>(&kept).unwrap().lacks_a_secret());
        let harmless = data("PGPASSWORD=$DB_PASSWORD ./load.sh");
        assert!(!harmless.lacks_a_secret());
        assert_eq!(serde_json::from_str::<Data>(&serde_json::to_string(&harmless).unwrap()).unwrap(), harmless);
    }
}
