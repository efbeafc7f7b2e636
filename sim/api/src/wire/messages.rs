//! Message threads (§2.5).

use crate::names::{Direction, SenderRole};
use crate::private::Private;
use fieldday_kernel::time::Time;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A message (§2.5.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Message {
    /// `msg_…`
    pub id: SmolStr,
    /// A phone number or a name. Private.
    pub sender: Private,
    /// Whether the sender is the customer, a rep or the office.
    pub sender_role: SenderRole,
    /// What was written. Private.
    pub body: Private,
    /// Which way it went.
    pub direction: Direction,
    /// When it was written.
    pub created_at: Time,
    /// `Twilio`
    pub provider: SmolStr,
    /// The provider's id.
    pub message_sid: SmolStr,
    /// Whether it arrived.
    pub delivered: bool,
    /// Whether it was opened.
    pub read: bool,
}

/// Answer of `GET /message-threads/{contact_card_id}` (§2.5.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MessageThread {
    /// The customer whose messages these are.
    pub contact_card_id: SmolStr,
    /// This page, oldest first.
    pub messages: Vec<Message>,
    /// How many there are.
    pub total: u32,
}
