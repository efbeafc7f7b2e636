//! Goose: one scenario, one transaction, one iteration; a user is a rep.
//!
//! Goose starts the users at its pace and keeps its metrics. A user's transaction is a proxy: it hands its rep to the worker
//! on whose executor that rep lives, passes on what the rep's calls came to, and ends with the rep's day.

use crate::worker::{Command, Request};
use goose::config::GooseConfiguration;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionFunction, TransactionResult};
use goose::metrics::GooseMetrics;
use goose::{GooseAttack, GooseError};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// Where a user's rep lives: on which worker, in which of its cells, as which of the cell's reps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seat {
    /// The number of the worker, from 0.
    pub worker: usize,
    /// The place of the cell among the worker's, from 0.
    pub cell: usize,
    /// The place of the rep among the cell's, from 0.
    pub rep: usize,
}

/// What goose is asked for beside its metrics.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GooseWishes {
    /// Its live dashboard, on that port of the loopback.
    pub dashboard: Option<u16>,
    /// The file to which goose logs every request.
    pub request_log: Option<PathBuf>,
}

/// Runs an attack to its end: until every rep's day is over.
pub async fn attack(
    host: String,
    seats: Vec<Seat>,
    workers: Vec<UnboundedSender<Command>>,
    wishes: &GooseWishes,
) -> Result<GooseMetrics, GooseError> {
    let users = seats.len();
    let (seats, workers) = (Arc::new(seats), Arc::new(workers));
    let proxy: TransactionFunction = Arc::new(move |user: &mut GooseUser| {
        let (seats, workers) = (seats.clone(), workers.clone());
        Box::pin(async move {
            let Some(seat) = seats.get(user.weighted_users_index).copied() else { return Ok(()) };
            day_of(user, seat, &workers[seat.worker]).await
        })
    });
    let scenario = Scenario::new("reps").register_transaction(Transaction::new(proxy).set_name("day"));
    let client = goose::client::GooseClientBuilder::new().without_cookies();
    GooseAttack::initialize_with_config(configuration(host, users, wishes))?
        .register_scenario(scenario)
        // Nobody uses goose's own client, and one for all is cheaper than one each.
        .set_client_builder_without_cookies(client)?
        .execute()
        .await
}

/// A rep's day, as goose sees it.
async fn day_of(user: &mut GooseUser, seat: Seat, worker: &UnboundedSender<Command>) -> TransactionResult {
    let (tell, mut told) = unbounded_channel();
    let join = Command::Join { cell: seat.cell, rep: seat.rep, tell };
    if worker.send(join).is_err() {
        // The worker is gone: the run is ending.
        tokio::time::sleep(Duration::from_millis(50)).await;
        return Ok(());
    }
    while let Some(Request { op, service, status }) = told.recv().await {
        let took = service.duration();
        let good = status.is_some_and(|status| status < 400);
        let (label, error) = (op.label(), (!good).then_some("failed"));
        let (method, name) = label.split_once(' ').unwrap_or(("CALL", label));
        user.record_custom_request_duration(method, name, took, good, status, error).await?;
    }
    Ok(())
}

fn configuration(host: String, users: usize, wishes: &GooseWishes) -> GooseConfiguration {
    // Some of its fields are private, so it cannot be written as a whole.
    let mut goose = GooseConfiguration::default();
    goose.host = Some(host);
    goose.users = Some(users);
    // All reps are there from the beginning; when each begins to work is the plan's business.
    // Goose refuses a time over which one user alone would come.
    goose.increase_time = (users > 1).then(|| format!("{}s", (users / 2_000).max(1)));
    goose.iterations = Some(1);
    goose.no_telnet = true;
    goose.no_print_metrics = true;
    goose.no_error_summary = true;
    goose.no_transaction_metrics = true;
    goose.no_scenario_metrics = true;
    goose.no_percentiles_over_time = wishes.dashboard.is_none();
    goose.quiet = 3;
    goose.dashboard = wishes.dashboard.is_some();
    goose.dashboard_host = wishes.dashboard.map(|_| "127.0.0.1".to_owned());
    goose.dashboard_port = wishes.dashboard;
    goose.dashboard_no_auth = wishes.dashboard.is_some();
    goose.request_log = wishes.request_log.as_ref().map(|path| path.display().to_string());
    goose
}
