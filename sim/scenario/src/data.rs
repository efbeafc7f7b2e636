//! What a scenario file may say of a real target's data: who its users are, and how it gets its rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    #[serde(skip_serializing_if = "Option::is_none")]
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
    /// Whether a file may leave it out.
    pub(super) fn is_default(&self) -> bool {
        *self == Data::default()
    }
}
