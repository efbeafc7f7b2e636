//! Who has to deal with a failure.

use super::is_live;
use fieldday_api::rules::{Rule, Side};
use fieldday_folder::summary::*;
use fieldday_rules::limit_result::LimitResult;

/// Who has to deal with a failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    /// The developers of the backend: its code is wrong.
    Backend,
    /// The developers of the app: its code is wrong.
    App,
    /// Whoever runs the target: it is too slow, too small, or not there.
    Operations,
    /// Nobody: the scenario's network did it to the phones.
    Network,
    /// The load generator, which could not keep up.
    Generator,
}

impl Owner {
    pub const fn words(self) -> &'static str {
        match self {
            Owner::Backend => "backend",
            Owner::App => "app",
            Owner::Operations => "the target's operations",
            Owner::Network => "the simulated network",
            Owner::Generator => "the generator",
        }
    }
    /// Whom a rule binds. How long answers take is no matter of code alone, and none of the target's where the generator was
    /// late itself.
    pub fn of_rule(rule: &str, summary: &Summary) -> Option<Owner> {
        let rule = Rule::ALL.iter().find(|of| of.name() == rule)?;
        Some(match (rule, rule.side()) {
            (Rule::LatencyTimeout, _) if !summary.generator.is_empty() => Owner::Generator,
            (Rule::LatencyTimeout, _) => Owner::Operations,
            (_, Side::Api) => Owner::Backend,
            (_, Side::App) => Owner::App,
        })
    }
    /// Whose an exceeded limit of the scenario is. Phones measure through the simulated network: if nothing took as long as the
    /// bound on the wire, then the target did not. In a simulation nobody can tell the two apart by a percentile.
    pub fn of_limit(of: &LimitResult, summary: &Summary) -> Option<Owner> {
        match of.clock.as_deref() {
            _ if !is_live(summary) => None,
            _ if !summary.generator.is_empty() => Some(Owner::Generator),
            Some("attempt" | "felt") if summary.totals.wire.is_some_and(|wire| wire.max_us < of.bound) => {
                Some(Owner::Network)
            }
            // A call may be late because the one before it was, or because of the phone.
            Some("due") => None,
            _ => Some(Owner::Operations),
        }
    }
}
