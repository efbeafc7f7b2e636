//! Why a live run cannot begin.

use crate::preflight::Unusable;
use crate::provision::ProvisionError;
use crate::target::NoTarget;
use fieldday_data::roster::{CastError, RosterError, SpareError};
use fieldday_mock::MockError;
use fieldday_plan::PlanError;
use fieldday_tokens::TokenError;
use std::io;
use std::path::PathBuf;

/// Why a run cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// A plan that cannot be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A file of users that is wrong.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// Users who cannot play the plan.
    #[error(transparent)]
    Cast(#[from] CastError),
    /// Users who cannot play the conformance pass.
    #[error(transparent)]
    Spare(#[from] SpareError),
    /// There is no such rep.
    #[error("the plan has no rep called {0:?}")]
    NoSuchRep(String),
    /// A target that is no base URL.
    #[error(transparent)]
    NoTarget(#[from] NoTarget),
    /// An exporter whose URL is none.
    #[error("metrics: {0}")]
    NoExporter(#[source] NoTarget),
    /// A target beyond loopback that nobody allowed.
    #[error("{host} is not on this machine, and requests to it are not allowed")]
    NotAllowed {
        /// Its host.
        host: String,
    },
    /// An exporter beyond loopback that nobody allowed.
    #[error("{host} is not on this machine, and metrics may not be scraped from it")]
    MetricsNotAllowed {
        /// Its host.
        host: String,
    },
    /// A command that loads the target, and lacks its password.
    #[error("`data.provision` lacks its password: run folders keep the command without it")]
    NoSecret,
    /// A disturbance that lacks a password of its commands.
    #[error("the disturbance {0:?} lacks a password of its commands: run folders keep them without it")]
    NoSecretToDisturb(String),
    /// A day that ends while it is lived.
    #[error(
        "the local date of {tenant} would change during the run: its local time is {time}, and the run takes {minutes} minutes"
    )]
    Midnight {
        /// The tenant, and its zone.
        tenant: String,
        /// The time of day there.
        time: String,
        /// How long the run takes.
        minutes: i64,
        /// In how many minutes the day of the plan is over there, if it has begun.
        midnight_min: Option<i64>,
    },
    /// More open files than the system allows.
    #[error("{reps} reps need about {needed} open files, but the system allows {allowed}")]
    TooFewFiles {
        /// So many reps.
        reps: u64,
        /// Need so many.
        needed: u64,
        /// And may have so many.
        allowed: u64,
    },
    /// More connections than there are ports for.
    #[error(
        "{reps} reps may open {needed} connections at once, but from {sources} there are only {ports} ports to one target"
    )]
    TooFewPorts {
        /// So many reps.
        reps: u64,
        /// May open so many.
        needed: u64,
        /// From so many addresses, in words.
        sources: String,
        /// There are so many ports.
        ports: u64,
    },
    /// Tokens that cannot be had.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Tokens that a mock of ours could not verify.
    #[error("the built-in mock accepts only tokens of this run, but the scenario's [tokens] names another source")]
    MockNeedsAKey,
    /// A file that cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file that cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A port that goose's dashboard cannot have.
    #[error("the dashboard cannot listen on port {port} of the loopback: {source}")]
    Dashboard {
        /// The port.
        port: u16,
        /// One that it could have.
        free: Option<u16>,
        /// Why not.
        source: io::Error,
    },
    /// Sockets and timers that the system does not give.
    #[error("the system cannot provide what a server needs: {0}")]
    Runtime(#[source] io::Error),
    /// A mock that cannot serve.
    #[error(transparent)]
    Mock(#[from] MockError),
    /// A target that could not be loaded.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// A target that cannot be used.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// A target that cannot be used for the conformance pass, since it does not know its people.
    #[error("the people of the conformance pass cannot use the target: {0}")]
    NoConformance(#[source] Unusable),
}
