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

/// The reason why a live run cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The scenario's plan cannot be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The file of users is wrong.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The file of users does not fit the plan.
    #[error(transparent)]
    Cast(#[from] CastError),
    /// The file of users has too few users for the conformance pass.
    #[error(transparent)]
    Spare(#[from] SpareError),
    /// No rep of the cells that are run has this name.
    #[error("the plan has no rep called {0:?}")]
    NoSuchRep(String),
    /// The target is not a base URL.
    #[error(transparent)]
    NoTarget(#[from] NoTarget),
    /// The URL of an exporter is not one.
    #[error("metrics: {0}")]
    NoExporter(#[source] NoTarget),
    /// The target is not on this machine, and the scenario does not allow its host.
    #[error("{host} is not on this machine, and requests to it are not allowed")]
    NotAllowed {
        /// The target's host.
        host: String,
    },
    /// An exporter is not on this machine, and the scenario does not allow its host.
    #[error("{host} is not on this machine, and metrics may not be scraped from it")]
    MetricsNotAllowed {
        /// The exporter's host.
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
        /// The name of the tenant, with its time zone.
        tenant: String,
        /// The present time of day in that zone.
        time: String,
        /// The length of the run with what comes before and after it, in minutes.
        minutes: i64,
        /// In how many minutes the day of the plan is over there, if it has begun.
        midnight_min: Option<i64>,
    },
    /// The run needs more open files than the system allows this process.
    #[error("{reps} reps need about {needed} open files, but the system allows {allowed}")]
    TooFewFiles {
        /// The number of reps.
        reps: u64,
        /// The number of open files that the run may need.
        needed: u64,
        /// The number of open files that are allowed.
        allowed: u64,
    },
    /// The run needs more connections than there are local ports.
    #[error(
        "{reps} reps may open {needed} connections at once, but from {sources} there are only {ports} ports to one target"
    )]
    TooFewPorts {
        /// The number of reps.
        reps: u64,
        /// The number of connections that may be open at once.
        needed: u64,
        /// The addresses that connections come from, in words.
        sources: String,
        /// The number of local ports that they have together.
        ports: u64,
    },
    /// No tokens can be had from the scenario's source.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Tokens that a mock of ours could not verify.
    #[error("the built-in mock accepts only tokens of this run, but the scenario's [tokens] names another source")]
    MockNeedsAKey,
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file that cannot be read.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// The file or folder that cannot be written.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The port of goose's dashboard is taken or not allowed.
    #[error("the dashboard cannot listen on port {port} of the loopback: {source}")]
    Dashboard {
        /// The port that was asked for.
        port: u16,
        /// A port that is free instead, if one was found.
        free: Option<u16>,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Sockets and timers that the system does not give.
    #[error("the system cannot provide what a server needs: {0}")]
    Runtime(#[source] io::Error),
    /// The built-in mock cannot serve.
    #[error(transparent)]
    Mock(#[from] MockError),
    /// The scenario's command could not load the target.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// The target cannot be used for the run.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// A target that cannot be used for the conformance pass, since it does not know its people.
    #[error("the people of the conformance pass cannot use the target: {0}")]
    NoConformance(#[source] Unusable),
}
