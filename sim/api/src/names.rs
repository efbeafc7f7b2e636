//! The closed sets of names that the spec uses: roles, statuses, outcomes, modes.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Declares an enum whose variants have one wire name each (and perhaps others that are understood).
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $wire:literal $(| $alias:literal)*),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[doc = concat!("`", $wire, "` on the wire.")] #[serde(rename = $wire $(, alias = $alias)*)] $variant),+
        }
        impl $name {
            /// Every value, in the spec's order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// The names on the wire, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($wire),+];
            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $wire),+ }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

names! {
    /// Who calls, as the backend sees it (§0.1).
    Role { SalesRep = "sales_rep", Csr = "csr", Manager = "manager" }
}

impl Role {
    /// Maps the nine names that a token may carry (§0.1); anything else is no role.
    pub fn from_claim(claim: &str) -> Option<Role> {
        Some(match claim {
            "admin" | "org:admin" | "exec" | "manager" => Role::Manager,
            "csr" | "org:csr" => Role::Csr,
            "rep" | "sales_rep" | "org:sales_rep" => Role::SalesRep,
            _ => return None,
        })
    }
    /// What the identity provider calls the role in its tokens: one of those names.
    pub const fn claim(self) -> &'static str {
        match self {
            Role::SalesRep => "org:sales_rep",
            Role::Csr => "org:csr",
            Role::Manager => "org:admin",
        }
    }
}

names! {
    /// How far a visit has come (§2.1.1).
    AppointmentStatus {
        Scheduled = "scheduled", Confirmed = "confirmed", Completed = "completed", Cancelled = "cancelled", NoShow = "no_show",
    }
}
names! {
    /// The result of a visit (§2.1.1).
    Outcome { Pending = "pending", Won = "won", Lost = "lost", NoShow = "no_show", Rescheduled = "rescheduled" }
}
names! {
    /// Whether a task is still to be done (§2.2.1).
    TaskStatus { Open = "open", Completed = "completed", Overdue = "overdue", Cancelled = "cancelled" }
}
names! {
    /// Whom a task is for. Requests say `rep` (§2.2.2), answers `sales_rep` (§2.2.1): both are understood, and
    /// [`crate::wire::tasks`] writes each where it belongs.
    Assignee { Csr = "csr", SalesRep = "sales_rep" | "rep", Manager = "manager", Ai = "ai" }
}
names! {
    /// How urgent a task is (§2.2.2).
    Priority { High = "high", Medium = "medium", Low = "low" }
}
names! {
    /// Who made a task (§2.2.2).
    TaskSource { Manual = "manual", Otto = "otto", Shunya = "shunya" }
}
names! {
    /// How a visit is recorded (§2.3.1).
    RecordingMode { Full = "full", Ghost = "ghost", Ephemeral = "ephemeral" }
}
names! {
    /// What becomes of the audio (§2.3.1, §3.5).
    AudioStorage { Persistent = "persistent", Ephemeral = "ephemeral", NotStored = "not_stored" }
}
names! {
    /// Where a transcription or an analysis stands (§3.3).
    Processing { NotStarted = "not_started", InProgress = "in_progress", Completed = "completed", Failed = "failed" }
}

impl Processing {
    /// Completed or failed: nothing follows.
    pub fn is_final(self) -> bool {
        matches!(self, Processing::Completed | Processing::Failed)
    }
}

names! {
    /// Whether a rep is at work (§2.4).
    ShiftStatus { Active = "active", Completed = "completed" }
}
names! {
    /// Who wrote a message (§2.5.1).
    SenderRole { Customer = "customer", SalesRep = "sales_rep", Csr = "csr", Manager = "manager", Ai = "ai" }
}
names! {
    /// Whether the customer sent or received a message (§2.5.1).
    Direction { Inbound = "inbound", Outbound = "outbound" }
}
names! {
    /// Where a lead stands (§2.1.2 shows `qualified`; §3.1 the classes).
    LeadStatus { New = "new", Qualified = "qualified", Unqualified = "unqualified", Won = "won", Lost = "lost" }
}
names! {
    /// The quality of a lead, as the analysis has it (§3.1).
    LeadQuality { Qualified = "qualified", Unqualified = "unqualified", Hot = "hot", Warm = "warm", Cold = "cold" }
}
names! {
    /// The outcome as the analysis has it (§3.1).
    AnalysisOutcome { Won = "won", Lost = "lost", Qualified = "qualified", NoShow = "no_show", Rescheduled = "rescheduled" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nine_role_names_of_the_spec_map_and_nothing_else_does() {
        let managers = ["admin", "org:admin", "exec", "manager"].map(Role::from_claim);
        assert!(managers.iter().all(|r| *r == Some(Role::Manager)));
        assert!(["csr", "org:csr"].map(Role::from_claim).iter().all(|r| *r == Some(Role::Csr)));
        assert!([Role::SalesRep, Role::Csr, Role::Manager].iter().all(|r| Role::from_claim(r.claim()) == Some(*r)));
        assert!(["rep", "sales_rep", "org:sales_rep"].map(Role::from_claim).iter().all(|r| *r == Some(Role::SalesRep)));
        assert!(["", "Rep", "org:manager", "owner"].map(Role::from_claim).iter().all(|r| r.is_none()));
    }

    #[test]
    fn a_task_may_be_assigned_to_rep_or_sales_rep() {
        for name in ["\"rep\"", "\"sales_rep\""] {
            assert_eq!(serde_json::from_str::<Assignee>(name).unwrap(), Assignee::SalesRep);
        }
        assert!(serde_json::from_str::<Assignee>("\"boss\"").is_err());
    }
}
