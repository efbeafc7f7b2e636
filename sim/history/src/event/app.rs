//! What an app does by itself: tokens that it refreshes, actions that leave its queue, and why it polls.

use serde::{Deserialize, Serialize};

/// Why a token was fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefreshReason {
    /// The app held no token.
    First,
    /// It was about to expire.
    Expiring,
    /// The backend answered 401 to the token that the app held.
    Refused,
}

/// How an action left the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Settlement {
    /// The backend acknowledged it with a success.
    Done,
    /// The backend said that it was done before.
    AlreadyDone,
    /// The backend refused it for good; the person was told.
    Refused {
        /// The HTTP status of the refusal.
        status: u16,
    },
    /// A clocking whose local day was over before it could be sent; the person was told.
    DayOver,
}

/// What sets the queue going.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// An action was put on the queue.
    NewAction,
    /// The phone found a network again while actions waited.
    NetworkBack,
    /// The app was started.
    AppOpened,
    /// Actions still waited, and about a minute had passed.
    Minute,
}
