//! What intruders try: the kinds of requests that must fail, or must make no difference.

use crate::names::Role;
use serde::{Deserialize, Serialize};

/// What is tried, of what must fail or make no difference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probe {
    /// The id of another rep of the same tenant, as a rep: 403 or 404.
    OtherRep,
    /// An id of another tenant: 403 or 404.
    OtherTenant,
    /// An endpoint that does not list the role: 403.
    Role,
    /// A token that must not do (the bearer tells which): 401.
    Token,
    /// A token whose claims or role go by other names: served as ever.
    Alias,
    /// A `tenant_id` of another tenant in the query: changes nothing. Comes between two [controls](Probe::Control).
    TenantIdInQuery,
    /// A `tenant_id` of another tenant in the body: changes nothing.
    TenantIdInBody,
    /// An `X-Company-Id` of another tenant: changes nothing. Comes between two [controls](Probe::Control).
    CompanyHeader,
    /// The same request as the probe beside it, as it should be.
    Control,
    /// A `limit` beyond the maximum: 400, or the maximum.
    LimitBeyondMaximum,
    /// A page of a list, all of which are read one after the other.
    Page,
    /// An enum value that nobody knows: 400.
    UnknownEnum,
    /// A body without a required field: 400.
    MissingField,
    /// A field of another type: 400.
    WrongType,
    /// A body that is no JSON: 400.
    BrokenBody,
    /// A body of a megabyte that is no JSON: 4xx.
    HugeBody,
    /// A field out of its range, or two that contradict each other (an outcome of won without a deal size): 400.
    OutOfRange,
    /// A write of an earlier day again, as it was acknowledged then: changes nothing. Comes between two
    /// [read-backs](Probe::ReadBack).
    Repeat,
    /// A recording without a shift: 4xx.
    StartWithoutShift,
    /// What a probe that was refused aimed at, read back: unchanged.
    ReadBack,
    /// What an earlier probe made, taken back: a task cancelled, a recording stopped, a shift ended. Puts nothing to the test.
    Undo,
}

impl Probe {
    /// The role that the token of whoever tries it names, where it is their own.
    pub const fn role(self) -> Role {
        match self {
            Probe::Role => Role::Csr,
            Probe::OtherRep => Role::SalesRep,
            _ => Role::Manager,
        }
    }
}
