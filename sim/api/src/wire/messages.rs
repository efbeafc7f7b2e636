//! Message threads (§2.5).

use crate::names::{Direction, SenderRole};
use crate::private::Private;
use fieldday_kernel::time::Time;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A message of a contact's thread (§2.5.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Message {
    /// `msg_…`
    pub id: SmolStr,
    /// A phone number or a name. Private.
    pub sender: Private,
    /// Whether the sender is the customer, a rep or the office.
    pub sender_role: SenderRole,
    /// The text of the message. Private.
    pub body: Private,
    /// Whether the customer sent it or received it.
    pub direction: Direction,
    /// The time at which it was sent.
    pub created_at: Time,
    /// `Twilio`
    pub provider: SmolStr,
    /// The id that the provider gave the message.
    pub message_sid: SmolStr,
    /// Whether the provider delivered it.
    pub delivered: bool,
    /// Whether its receiver has opened it.
    pub read: bool,
}

/// Answer of `GET /message-threads/{contact_card_id}` (§2.5.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MessageThread {
    /// The customer whose messages these are.
    pub contact_card_id: SmolStr,
    /// The messages of this page, oldest first.
    pub messages: Vec<Message>,
    /// The number of messages on all pages.
    pub total: u32,
}
