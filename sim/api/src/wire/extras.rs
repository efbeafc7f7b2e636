//! What §1 names "if implemented" and gives no schema: Ask Otto and the wins feed; and the health answer. The shapes are
//! ours, kept small; an answer of 404 or 501 counts as "not implemented".

use crate::fixed::Money;
use crate::private::Private;
use fieldday_kernel::time::Time;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Body of `POST /rag/query` (§1.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RagQuery {
    /// The question to the assistant "Otto": free text. Private.
    pub query: Private,
}

/// Answer of `POST /rag/query` (§1.1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RagAnswer {
    /// The assistant's reply: free text. Private.
    pub answer: Private,
}

/// Body of `POST /wins-feed` (§1.3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WinPost {
    /// The visit that was won.
    pub appointment_id: SmolStr,
    /// What the rep says of it: free text. Private.
    pub message: Private,
    /// The size of the deal.
    pub deal_size: Option<Money>,
}

/// A post of the wins feed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Win {
    /// `win_…`
    pub id: SmolStr,
    /// The rep who won it.
    pub rep_id: SmolStr,
    /// The visit that was won.
    pub appointment_id: SmolStr,
    /// What the rep says of it: free text. Private.
    pub message: Private,
    /// The size of the deal.
    pub deal_size: Option<Money>,
    /// The time of the post, by the backend's clock.
    pub created_at: Time,
}

/// Answer of `GET /wins-feed` (§1.4).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WinsFeed {
    /// The posts of this page, newest first.
    pub posts: Vec<Win>,
    /// The number of posts on all pages.
    pub total: u32,
}

/// Answer of the health path.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Health {
    /// `ok`
    pub status: SmolStr,
}
