//! The names of the rules: what the specification promises (API rules, binding the backend) and demands (App rules,
//! binding the phone), each decidable by a test. The names are the same in code, reports, scenarios and tests.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// The side of the API that a rule binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The backend must keep it.
    Api,
    /// The app on the phone must keep it.
    App,
}

/// The weight of a broken case of a rule.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum RuleWeight {
    /// A broken case breaks the run.
    #[default]
    Broken,
    /// It is reported as a finding, and does not break the run.
    Finding,
    /// The rule is not judged.
    Off,
}

impl RuleWeight {
    /// The word for it in scenarios and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            RuleWeight::Broken => "broken",
            RuleWeight::Finding => "finding",
            RuleWeight::Off => "off",
        }
    }
}

macro_rules! rules {
    ($($variant:ident $side:ident $name:literal $section:literal $sentence:literal;)+) => {
        /// The rules of the specification; `docs/rules.md` lists them with their defects.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Rule { $(#[doc = $sentence] $variant),+ }
        impl Rule {
            /// All rules, API before App.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant),+];
            /// The name used everywhere: `shift.clock-in.once`.
            pub const fn name(self) -> &'static str { match self { $(Rule::$variant => $name),+ } }
            /// The section(s) of the spec.
            pub const fn section(self) -> &'static str { match self { $(Rule::$variant => $section),+ } }
            /// The rule in one sentence.
            pub const fn sentence(self) -> &'static str { match self { $(Rule::$variant => $sentence),+ } }
            /// The side of the API that must keep the rule.
            pub const fn side(self) -> Side { match self { $(Rule::$variant => Side::$side),+ } }
        }
    };
}

rules! {
    AuthTokenRequired Api "auth.token-required" "0.1, 4" "Every call except health answers 401 without a valid token.";
    AuthTokenExpiry Api "auth.token-expiry" "0.3, 4" "A token that expired longer ago than the leeway answers 401 TOKEN_EXPIRED.";
    AuthTenantClaim Api "auth.tenant-claim" "0.1, 4" "The tenant comes from any of four claims; a token with none answers 401 MISSING_TENANT_ID.";
    AuthRoleMap Api "auth.role-map" "0.1" "Nine role names map to manager, csr and sales_rep.";
    AuthRoleGate Api "auth.role-gate" "0.1, 2" "A role that an endpoint does not list answers 403 RBAC_VIOLATION.";
    TenancyIsolated Api "tenancy.isolated" "0.1, 0.5" "No answer contains data of another tenant.";
    TenancyFromTokenOnly Api "tenancy.from-token-only" "0.1, 0.5" "A tenant_id in query or body, or X-Company-Id, has no effect.";
    OwnershipOwnOnly Api "ownership.own-only" "0.1, 0.5" "A rep reads and changes only its own rows.";
    ShiftClockInOnce Api "shift.clock-in.once" "0.2, 2.4.1" "One shift per rep and date: a repeated clock-in returns it with the same id and clock_in_at.";
    ShiftClockOutOnce Api "shift.clock-out.once" "0.2, 2.4.2" "A repeated clock-out returns the same shift with the same clock_out_at.";
    ShiftToday Api "shift.today" "2.4.3" "From an acknowledged clock-in to local midnight, shifts/today returns that shift.";
    RecordingStartOnce Api "recording.start.once" "0.2, 2.3.1" "Repeated starts leave an appointment with one active session.";
    RecordingStartPrerequisites Api "recording.start.prerequisites" "2.3.1" "A recording starts only during a shift and only for the rep's own appointment.";
    RecordingStopOnce Api "recording.stop.once" "0.2, 2.3.2" "A repeated stop keeps ended_at and resets no status.";
    RecordingUploadOnce Api "recording.upload.once" "0.2, 2.3.3" "Reporting the same audio_url again starts no second processing.";
    RecordingStatusForward Api "recording.status.forward" "3.2, 3.3" "The status of transcription, then of analysis, only moves forward.";
    RecordingGhost Api "recording.ghost" "3.5" "Ghost mode stores no audio, shows no audio_url, and keeps its analysis.";
    AppointmentListComplete Api "appointment.list.complete" "2.1.1" "A day's list holds every appointment of the rep once, and its filters hold.";
    AppointmentPatchPartial Api "appointment.patch.partial" "2.1.3" "A field that an update does not name keeps its value.";
    AppointmentPatchIdempotent Api "appointment.patch.idempotent" "0.2" "Sending an update twice has the same effect as sending it once.";
    AppointmentPatchOrdered Api "appointment.patch.ordered" "0.2" "Of acknowledged updates sent one after the other, the last one wins.";
    AppointmentWonDealSize Api "appointment.won.deal-size" "2.1.3" "An outcome of won without a deal size answers 400 VALIDATION_ERROR.";
    TaskCreateSingle Api "task.create.single" "0.2, 2.2.2" "A request creates at most one task; an acknowledged request creates exactly one.";
    TaskCompleteOnce Api "task.complete.once" "0.2, 2.2.3" "Completing a task again keeps completed_at and completed_by.";
    TaskUpdateIdempotent Api "task.update.idempotent" "2.2.4" "Sending a task update twice has the same effect as sending it once.";
    TaskListFilters Api "task.list.filters" "2.2.1" "Every filter holds, and overdue_count counts the overdue tasks.";
    PagingExact Api "paging.exact" "0.3, 2.2.1, 2.5.1" "Pages neither skip nor repeat rows, and limits beyond the maximum are refused or reduced.";
    AnswerSchema Api "answer.schema" "2" "Every answer has the documented fields, types, values and ranges.";
    RecordingEphemeral Api "recording.ephemeral" "2.3.1, 3" "Ephemeral mode is accepted and its audio is not kept.";
    MessageThread Api "message.thread" "2.5.1" "A thread holds only that contact's messages, in order, each once.";
    ValidationRejects Api "validation.rejects" "4" "A malformed request answers 400 and has no effect.";
    ErrorEnvelope Api "error.envelope" "0.3, 4" "Every error has a code that fits its status, a message and a request id.";
    WriteAtomic Api "write.atomic" "0.2" "A write whose answer was lost or 5xx took effect completely or not at all.";
    ReadYourWrites Api "read.your-writes" "0.2" "A read after an acknowledged write shows that write or a later one.";
    LatencyTimeout Api "latency.timeout" "0.4" "Calls answer within the timeout of their class: 30 s recording, 10 s reads, 5 s updates, 3 s health.";
    AppBearer App "app.bearer" "0.1" "Every call carries a bearer token.";
    AppNoTenant App "app.no-tenant" "0.1, 0.5" "The app never sends tenant_id or X-Company-Id.";
    AppDocumentedOnly App "app.documented-only" "0.5" "The app calls only documented endpoints.";
    AppRefreshOnce App "app.refresh-once" "0.3" "On a 401 the app refreshes its token and tries once more.";
    AppForbiddenFinal App "app.forbidden-final" "0.1, 0.3" "A call that got 403 is never retried.";
    AppNotFoundEvicts App "app.not-found-evicts" "0.3" "The app removes a row that answers 404 from its cache.";
    AppBackoff App "app.backoff" "0.3" "After a 5xx at most three retries, 1 s, 2 s and 4 s apart; after a 429 not before its Retry-After.";
    AppCreateTaskAsks App "app.create-task-asks" "0.2" "The app repeats the creation of a task only if the user confirms.";
    AppQueueFifo App "app.queue.fifo" "0.4" "Queued actions are sent in order, one flush at a time.";
    AppQueueDurable App "app.queue.durable" "0.4" "A queued action survives the app being killed at any moment.";
    AppQueueDrains App "app.queue.drains" "0.4" "When the network is back, the queue empties without losing or repeating an action.";
    AppQueueOnly App "app.queue.only" "0.4" "Stops, completions, outcomes, clock-ins and clock-outs go through the queue; task creation, wins and recording starts never do.";
    AppStaleShown App "app.stale-shown" "0.4" "While it refreshes, the app shows the data it has, marked as old.";
    AppCancel App "app.cancel" "0.4" "The user can cancel a slow call; the effect of a cancelled write is unknown.";
    AppRequestId App "app.request-id" "0.3" "The request id of every error answer is logged.";
    AppFirstPage App "app.first-page" "0.3" "Lists load a first page of 50, and more on scrolling.";
    AppCacheTtl App "app.cache.ttl" "0.4" "A screen with fresh data makes no call.";
    AppTimeouts App "app.timeouts" "0.4" "The app waits no longer than the timeout of the call's class.";
    AppGeofence App "app.geofence" "2.3.1" "A recording starts only with a position fix within the radius of the appointment's location.";
    AppUploadChecksFirst App "app.upload-checks-first" "0.2" "Before it repeats an upload, the app checks whether the upload already succeeded.";
    AppPolling App "app.polling" "3.4" "A session is polled every 5 s until it is final, for at most 5 min.";
    AppNulls App "app.nulls" "3.2, 3.5" "The app handles null in every field that Shunya fills.";
    AppSlowUi App "app.slow-ui" "0.4" "The loading indicator shows after 1 s and \"Retrying...\" after the timeout.";
    AppPrivate App "app.private" "0.3, 0.5" "No token, phone number, e-mail, name or address leaves in the clear.";
}

impl Rule {
    /// The rule of that name.
    pub fn named(name: &str) -> Option<Rule> {
        Rule::ALL.iter().copied().find(|rule| rule.name() == name)
    }
    /// The place in [`Rule::ALL`], for arrays with an entry per rule.
    pub const fn index(self) -> usize {
        self as usize
    }
}
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.name())
    }
}
impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Rule::named(&name).ok_or_else(|| D::Error::custom(format_args!("no rule is called {name:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_found_by_its_name_and_names_are_unique() {
        for (index, rule) in Rule::ALL.iter().enumerate() {
            assert_eq!(rule.index(), index);
            assert_eq!(Rule::named(rule.name()), Some(*rule));
            assert_eq!(rule.side() == Side::App, rule.name().starts_with("app."));
        }
        assert_eq!(Rule::named("no.such-rule"), None);
    }
}
