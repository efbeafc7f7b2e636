//! What the network or the backend did behind the clients' backs.

use serde::{Deserialize, Serialize};

/// What no client can see: told for replays, read by no judge.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroundTruth {
    /// The request was lost on the phone's network and never reached the backend.
    LostOnTheWayOut {
        /// The call's number, unique for the client.
        call: u32,
        /// The attempt of that call, from 0.
        attempt: u8,
    },
    /// The backend acted on the request; the answer was lost.
    LostOnTheWayBack {
        /// The call's number, unique for the client.
        call: u32,
        /// The attempt of that call, from 0.
        attempt: u8,
        /// The HTTP status of the lost answer.
        status: u16,
    },
    /// The answer came after the app had stopped waiting.
    Late {
        /// The call's number, unique for the client.
        call: u32,
        /// The attempt of that call, from 0.
        attempt: u8,
        /// The HTTP status of the late answer.
        status: u16,
    },
    /// The backend dropped the connection.
    CutByBackend {
        /// The call's number, unique for the client.
        call: u32,
        /// The attempt of that call, from 0.
        attempt: u8,
        /// Whether it had acted before.
        took_effect: bool,
    },
    /// An upload broke off before all bytes were sent.
    CutMidUpload {
        /// The call's number, unique for the client.
        call: u32,
        /// The attempt of that call, from 0.
        attempt: u8,
        /// The bytes that had gone through by then.
        sent_bytes: u64,
    },
}
