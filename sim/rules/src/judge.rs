//! The bench of judges: what a judge is, which there are, and how events reach them.

use crate::docket::{Docket, Exchange, Flight, Sending, Told};
use crate::facts::Facts;
use crate::findings::Findings;
use crate::judges::*;
use crate::marks::Watch;
use crate::notes::Notes;
use crate::settings::Settings;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_history::event::{NoAnswer, UserAction, What};
use fieldday_history::{AttemptEnd, End, Event};
use fieldday_kernel::time::Zone;
use std::sync::Arc;

/// Decides one rule (or a few that are decided by the same look) over a cell's events.
///
/// Each hook does nothing unless a judge says otherwise; a judge that does not care for an endpoint returns at once.
pub(crate) trait Judge {
    /// The rules it decides.
    const RULES: &'static [Rule];
    /// The endpoints whose attempts it wants to see sent.
    const SENT: Ops = Ops::ALL;
    /// The endpoints whose attempts it wants to see ended.
    const ENDED: Ops = Ops::ALL;
    /// A client told something other than a request or its end.
    fn told(&mut self, _told: &Told<'_>, _notes: &mut Notes) {}
    /// An attempt goes out. The facts are those before it.
    fn sent(&mut self, _sending: &Sending<'_>, _facts: &Facts, _notes: &mut Notes) {}
    /// An attempt ended. The facts are those before it.
    fn ended(&mut self, _exchange: &Exchange<'_>, _facts: &Facts, _notes: &mut Notes) {}
    /// There are no more events.
    fn finish(&mut self, _notes: &mut Notes) {}
}

/// A set of endpoints.
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
fn is_heard(what: &What) -> bool {
    match what {
        What::StaleShown { .. } | What::UploadEnded { .. } | What::Network { .. } => false,
        What::Person(deed) => matches!(deed, UserAction::ClosesApp | UserAction::LosesPatience),
        _ => true,
    }
}

macro_rules! bench {
    ($($field:ident: $judge:ty,)+) => {
        /// All judges, asked in this order.
        #[derive(Default)]
        struct Bench { $($field: $judge),+ }
        impl Bench {
            const RULES: &'static [&'static [Rule]] = &[$(<$judge as Judge>::RULES),+];
            fn told(&mut self, told: &Told<'_>, notes: &mut Notes) {
                $(self.$field.told(told, notes);)+
            }
            fn sent(&mut self, sending: &Sending<'_>, facts: &Facts, notes: &mut Notes) {
                let op = Ops::of(&[sending.flight.op]);
                $(if <$judge as Judge>::SENT.meets(op) { self.$field.sent(sending, facts, notes); })+
            }
            fn ended(&mut self, exchange: &Exchange<'_>, facts: &Facts, notes: &mut Notes) {
                let op = Ops::of(&[exchange.op]);
                $(if <$judge as Judge>::ENDED.meets(op) { self.$field.ended(exchange, facts, notes); })+
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
    your_writes: your_writes::YourWrites,
    envelope: envelope::Envelope,
    latency: latency::Timeout,
    bearer: app::Bearer,
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
}

/// Whether there is a judge for the rule.
pub fn is_judged(rule: Rule) -> bool {
    Bench::RULES.iter().any(|rules| rules.contains(&rule))
}

/// The judges of one cell.
pub struct Judges {
    docket: Docket,
    facts: Facts,
    bench: Bench,
    notes: Notes,
    watch: Watch,
    seq: u64,
}

impl Judges {
    /// Judges who have seen nothing yet.
    pub fn new(settings: Arc<Settings>) -> Judges {
        let notes = Notes::new(settings);
        Judges {
            docket: Docket::default(),
            facts: Facts::default(),
            bench: Bench::default(),
            notes,
            watch: Watch::default(),
            seq: 0,
        }
    }
    /// The next event of the cell.
    pub fn on(&mut self, event: &Event) {
        (self.notes.event, self.seq) = (self.seq, self.seq + 1);
        self.watch.on(event);
        match &event.what {
            What::Client(client) => {
                let zone = self.notes.settings.zones.get(&client.tenant).cloned();
                self.docket.introduce(event.client, client, zone.unwrap_or_else(Zone::utc));
                self.facts.introduce(event.client, client);
            }
            What::Sent(sent) => {
                self.docket.sent(event.client, sent, event.at, self.seq);
                let (Some(client), Some(flight)) =
                    (self.docket.client(event.client), self.docket.last_sent(event.client))
                else {
                    return;
                };
                let sending = Sending { client, flight };
                self.bench.sent(&sending, &self.facts, &mut self.notes);
                self.facts.sent(&sending);
            }
            What::Answered { .. } | What::Unanswered { .. } => {
                let Some(AttemptEnd { call, attempt, end, .. }) = AttemptEnd::of(&event.what) else { return };
                if let Some(flight) = self.docket.ended(event.client, call, attempt) {
                    self.ended(event, &flight, end);
                }
            }
            What::GroundTruth(_) => {}
            _ => self.told(event),
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
    fn told(&mut self, event: &Event) {
        match event.what {
            // Nothing tells how the attempts of an app that died ended: they did for it.
            What::Killed => {
                while let Some(flight) = self.docket.died(event.client) {
                    self.ended(event, &flight, End::Unanswered(NoAnswer::Killed));
                }
            }
            What::Launched { launch } => self.docket.launched(event.client, launch),
            _ if !is_heard(&event.what) => return,
            _ => {}
        }
        if let Some(client) = self.docket.client(event.client) {
            self.bench.told(&Told { at: event.at, client, what: &event.what }, &mut self.notes);
        }
    }
    fn ended(&mut self, event: &Event, flight: &Flight, end: End<'_>) {
        self.docket.remember(event.client, flight, event.at, end);
        let Some(client) = self.docket.client(event.client) else { return };
        let exchange = Exchange {
            client,
            number: flight.number,
            attempt: flight.attempt,
            op: flight.op,
            cause: flight.cause,
            bearer: &flight.bearer,
            call: &flight.call,
            sent_at: flight.sent_at,
            ended_at: event.at,
            sent_seq: flight.sent_seq,
            ended_seq: self.seq,
            horizon: self.docket.horizon(self.seq),
            end,
        };
        self.facts.look(&exchange);
        self.bench.ended(&exchange, &self.facts, &mut self.notes);
        self.facts.learn(&exchange);
    }
}
