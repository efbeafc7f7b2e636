//! What a scenario file may say of a real target's data: who its users are, and how it gets its rows.

use fieldday_api::redact::{HIDDEN, line_without_secrets};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// The data of a real target. A simulation does without: its backend begins with the plan's rows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// The file of the users that a live run may be, .json or .csv; the plan's own users when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<String>,
    /// Each run is other users of the file than the one before, as far as there are others.
    pub rotate: bool,
    /// A command to run before a live run, which loads the target: it finds the exported data in the folder FIELDDAY_EXPORT,
    /// the target's URL in FIELDDAY_TARGET, the date in FIELDDAY_DATE.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "without_secrets")]
    pub provision: Option<String>,
    /// How long that command may take.
    #[schemars(range(min = 1, max = 86_400))]
    pub timeout_s: u32,
    /// The target's rows are used as they are found: nothing is done to rows of the plan, which are not there.
    pub found: bool,
    /// So many bytes of a visit's audio are really sent at most; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000_000u64))]
    pub upload_bytes: Option<u64>,
    /// Addresses that the plan does not know get a place of the territory, by the appointment's id; else nobody goes there.
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
