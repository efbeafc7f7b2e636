//! The bench of judges: what a judge is, which there are, and how events reach them.

use crate::exchanges::{ClientEvent, Exchange, ExchangeTracker, OpenAttempt, SentAttempt};
use crate::facts::Facts;
use crate::findings::Findings;
use crate::judges::*;
use crate::marks::MarkTracker;
use crate::notes::Notes;
use crate::settings::Settings;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_history::event::{EventKind, NoAnswer, UserAction};
use fieldday_history::{AttemptEnd, End, Event};
use fieldday_kernel::time::{Span, Zone};
use std::sync::Arc;

/// Decides one rule (or a few that are decided by the same look) over a cell's events.
///
/// Each hook does nothing unless a judge says otherwise; a judge that does not care for an endpoint returns at once.
pub(crate) trait Judge {
    /// The rules whose cases it counts.
    const RULES: &'static [Rule];
    /// The endpoints whose attempts it wants to see sent.
    const SENT: Ops = Ops::ALL;
    /// The endpoints whose attempts it wants to see ended.
    const ENDED: Ops = Ops::ALL;
    /// A client told something other than a request or its end.
    fn on_event(&mut self, _told: &ClientEvent<'_>, _notes: &mut Notes) {}
    /// An attempt goes out. The facts are those before it.
    fn on_sent(&mut self, _sending: &SentAttempt<'_>, _facts: &Facts, _notes: &mut Notes) {}
    /// An attempt ended. The facts are those before it.
    fn on_ended(&mut self, _exchange: &Exchange<'_>, _facts: &Facts, _notes: &mut Notes) {}
    /// There are no more events.
    fn finish(&mut self, _notes: &mut Notes) {}
}

/// A set of endpoints, as bits in the order of `Op::ALL`.
#[derive(Clone, Copy)]
pub(crate) struct Ops(u32);

impl Ops {
    pub const ALL: Ops = Ops(u32::MAX);
    pub const NONE: Ops = Ops(0);
    pub const fn of(ops: &[Op]) -> Ops {
        let (mut set, mut place) = (0, 0);
        while place < ops.len() {
            set |= 1 << ops[place].index();
            place += 1;
        }
        Ops(set)
    }
    pub const fn meets(self, other: Ops) -> bool {
        self.0 & other.0 != 0
    }
}

/// Whether any judge listens to what is told. Most of what a client tells is what its person saw, and many times what it
/// sends: a judge that wants to hear one of these takes it off the list.
fn is_heard(what: &EventKind) -> bool {
    match what {
        EventKind::StaleShown { .. } | EventKind::UploadEnded { .. } | EventKind::Network { .. } => false,
        EventKind::Person(deed) => matches!(deed, UserAction::ClosesApp | UserAction::LosesPatience),
        _ => true,
    }
}

macro_rules! bench {
    ($($field:ident: $judge:ty,)+) => {
        /// All judges, asked in this order.
        #[derive(Default)]
        struct JudgeSet { $($field: $judge),+ }
        impl JudgeSet {
            const RULES: &'static [&'static [Rule]] = &[$(<$judge as Judge>::RULES),+];
            fn on_event(&mut self, told: &ClientEvent<'_>, notes: &mut Notes) {
                $(self.$field.on_event(told, notes);)+
            }
            fn on_sent(&mut self, sending: &SentAttempt<'_>, facts: &Facts, notes: &mut Notes) {
                let op = Ops::of(&[sending.attempt.op]);
                $(if <$judge as Judge>::SENT.meets(op) { self.$field.on_sent(sending, facts, notes); })+
            }
            fn on_ended(&mut self, exchange: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
                let op = Ops::of(&[exchange.op]);
                $(if <$judge as Judge>::ENDED.meets(op) { self.$field.on_ended(exchange, facts, notes); })+
            }
            fn finish(&mut self, notes: &mut Notes) {
                $(self.$field.finish(notes);)+
            }
        }
    };
}

bench! {
    tenancy: tenancy::Isolated,
    own: ownership::OwnOnly,
    clock_in: shift::ClockInOnce,
    clock_out: shift::ClockOutOnce,
    today: shift::Today,
    start: recording::StartOnce,
    stop: recording::StopOnce,
    upload: recording::UploadOnce,
    forward: recording::StatusForward,
    appointment: appointment::Updates,
    won: appointment::WonDealSize,
    create: task::CreateSingle,
    complete: task::CompleteOnce,
    task: task::UpdateIdempotent,
    atomic: atomic::Atomic,
    landed: landed::Landed,
    your_writes: your_writes::YourWrites,
    envelope: envelope::Envelope,
    latency: latency::Timeout,
    bearer: app::BearerSent,
    refresh: app::RefreshOnce,
    forbidden: app::ForbiddenFinal,
    backoff: app::Backoff,
    asks: app::CreateTaskAsks,
    queue: app::Queue,
    queue_only: app::QueueOnly,
    request_id: app::RequestId,
    timeouts: app::Timeouts,
    geofence: app::Geofence,
    polling: app::Polling,
    auth: auth::Auth,
    probes: probes::Probes,
    lists: lists::Lists,
    schema: schema::Schema,
    pending: pending::PendingCount,
    documented: app::Documented,
    evicts: app::NotFoundEvicts,
    cache: app::Cache,
    first_page: app::FirstPage,
    cancel: app::Cancel,
    nulls: app::Nulls,
    slow_ui: app::SlowUi,
    private: app::PrivateLog,
    upload_checks: app::UploadChecks,
    rows: rows::Rows,
    checks: checks::Checks,
}

/// Whether there is a judge for the rule.
pub fn is_judged(rule: Rule) -> bool {
    JudgeSet::RULES.iter().any(|rules| rules.contains(&rule))
}

/// The judges of one cell.
pub struct Judges {
    exchanges: ExchangeTracker,
    facts: Facts,
    bench: JudgeSet,
    notes: Notes,
    watch: MarkTracker,
    seq: u64,
    /// The time of the last event, from the cell's start.
    latest: Option<Span>,
}

impl Judges {
    /// Judges who have seen nothing yet.
    pub fn new(settings: Arc<Settings>) -> Judges {
        let notes = Notes::new(settings);
        Judges {
            exchanges: ExchangeTracker::default(),
            facts: Facts::default(),
            bench: JudgeSet::default(),
            notes,
            watch: MarkTracker::default(),
            seq: 0,
            latest: None,
        }
    }
    /// The next event of the cell. It panics if the event is earlier than the one before it: judges tell what may have happened
    /// before what by the order of the events, so a verdict over any other order would mean nothing.
    pub fn on(&mut self, event: &Event) {
        if let Some(latest) = self.latest.replace(event.at) {
            let Event { at, client, .. } = event;
            assert!(
                *at >= latest,
                "event {} of the cell, of client {client}, is at {at}, after one at {latest}",
                self.seq
            );
        }
        (self.notes.event, self.seq) = (self.seq, self.seq + 1);
        self.watch.on(event);
        match &event.what {
            EventKind::Client(client) => {
                let zone = self.notes.settings.zones.get(&client.tenant).cloned();
                self.exchanges.introduce(event.client, client, zone.unwrap_or_else(Zone::utc));
                self.facts.introduce(event.client, client);
            }
            EventKind::Sent(sent) => {
                self.exchanges.sent(event.client, sent, event.at, self.seq);
                let (Some(client), Some(attempt)) =
                    (self.exchanges.client(event.client), self.exchanges.last_sent(event.client))
                else {
                    return;
                };
                let sending = SentAttempt { client, attempt };
                self.bench.on_sent(&sending, &self.facts, &mut self.notes);
                self.facts.sent(&sending);
            }
            EventKind::Answered { .. } | EventKind::Unanswered { .. } => {
                let Some(AttemptEnd { call, attempt, end, .. }) = AttemptEnd::of(&event.what) else { return };
                if let Some(attempt) = self.exchanges.ended(event.client, call, attempt) {
                    self.ended(event, &attempt, end);
                }
            }
            EventKind::GroundTruth(_) => {}
            _ => self.on_event(event),
        }
    }
    /// What was found so far. Shares, and what only the end decides, are not settled.
    pub fn so_far(&self) -> &Findings {
        &self.notes.findings
    }
    /// No more events: what is still open is undetermined, and the findings are complete.
    pub fn finish(mut self) -> Findings {
        self.bench.finish(&mut self.notes);
        self.notes.findings.settle_latency();
        self.notes.findings.marks = self.watch.marks;
        self.notes.findings
    }
    fn on_event(&mut self, event: &Event) {
        match event.what {
            // Nothing tells how the attempts of an app that died ended: they did for it.
            EventKind::Killed => {
                while let Some(attempt) = self.exchanges.died(event.client) {
                    self.ended(event, &attempt, End::Unanswered(NoAnswer::Killed));
                }
            }
            EventKind::Launched { launch } => self.exchanges.launched(event.client, launch),
            _ if !is_heard(&event.what) => return,
            _ => {}
        }
        if let Some(client) = self.exchanges.client(event.client) {
            self.bench.on_event(&ClientEvent { at: event.at, client, what: &event.what }, &mut self.notes);
        }
    }
    fn ended(&mut self, event: &Event, attempt: &OpenAttempt, end: End<'_>) {
        self.exchanges.remember(event.client, attempt, event.at, end);
        let Some(client) = self.exchanges.client(event.client) else { return };
        let exchange = Exchange {
            client,
            number: attempt.number,
            attempt: attempt.attempt,
            op: attempt.op,
            cause: attempt.cause,
            bearer: &attempt.bearer,
            call: &attempt.call,
            sent_at: attempt.sent_at,
            ended_at: event.at,
            sent_seq: attempt.sent_seq,
            ended_seq: self.seq,
            horizon: self.exchanges.horizon(self.seq),
            end,
        };
        self.facts.look(&exchange);
        self.bench.on_ended(&exchange, &self.facts, &mut self.notes);
        self.facts.learn(&exchange);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_judge() {
        let without: Vec<&Rule> = Rule::ALL.iter().filter(|rule| !is_judged(**rule)).collect();
        assert_eq!(without, Vec::<&Rule>::new());
    }
}
