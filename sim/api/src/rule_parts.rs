//! The parts of rules: what one rule says of several occasions, each of which can be put to the test by itself.
//!
//! A rule whose easy half is tried ten thousand times says nothing about its other half. So each part is counted by its own
//! cases, and a case is an occasion on which the target could have broken it. Rules that are not here have one part: the
//! whole.

use crate::rules::Rule;
use std::fmt;

macro_rules! parts {
    ($($rule:ident { $($variant:ident $name:literal $sentence:literal;)+ })+) => {
        /// A part of a rule.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Part { $($(#[doc = $sentence] $variant),+),+ }
        impl Part {
            /// All parts, by their rules' order.
            pub const ALL: &'static [Part] = &[$($(Part::$variant),+),+];
            /// The rule that it is a part of.
            pub const fn rule(self) -> Rule { match self { $($(Part::$variant => Rule::$rule),+),+ } }
            /// The name within the rule: `missing`.
            pub const fn name(self) -> &'static str { match self { $($(Part::$variant => $name),+),+ } }
            /// What a case of it is, in one sentence.
            pub const fn sentence(self) -> &'static str { match self { $($(Part::$variant => $sentence),+),+ } }
        }
    };
}

parts! {
    AuthTokenRequired {
        TokenMissing "missing" "A request without a token.";
        TokenForged "forged" "A token that does not verify.";
    }
    AuthTokenExpiry {
        TokenExpired "expired" "A token that expired longer ago than the leeway.";
        TokenFresh "fresh" "The first answer to a token within its life.";
    }
    AuthTenantClaim {
        TenantMissing "missing" "A token that names no tenant.";
        TenantAlias "alias" "A token that names tenant or user by another claim than org_id and sub.";
    }
    AuthRoleMap {
        RoleUsual "usual" "A list of one's own, asked for with the role's usual name.";
        RoleAlias "alias" "A token that names the role by another claim, or by another of the nine names.";
    }
    AuthRoleGate {
        GateRead "read" "A read by a role that the endpoint does not list.";
        GateWrite "write" "A write by a role that the endpoint does not list.";
    }
    TenancyIsolated {
        TenancyShown "shown" "An answer that shows rows, once another tenant was shown some.";
        TenancyRead "read" "A read by an id of another tenant.";
        TenancyWrite "write" "A write by an id of another tenant.";
    }
    TenancyFromTokenOnly {
        TenantInQuery "query" "Another tenant's id in the query, between two reads that agree.";
        TenantInHeader "header" "Another tenant's id in X-Company-Id, between two reads that agree.";
        TenantInBody "body" "A row made with another tenant's id in the body, shown later.";
    }
    OwnershipOwnOnly {
        OwnLists "lists" "A rep's list, once another rep of the tenant was shown such rows.";
        OwnAnswers "answers" "An answer that names whose session or shift it is.";
        OwnRead "read" "A read by an id that is another rep's.";
        OwnWrite "write" "A write by an id that is another rep's.";
    }
    ShiftClockInOnce {
        ClockInRepeat "repeat" "A clock-in sent after an answer had shown the day's shift.";
        ClockInConcurrent "concurrent" "A clock-in in flight while another answer showed the day's shift.";
    }
    ShiftClockOutOnce {
        ClockOutRepeat "repeat" "A clock-out after an answer had shown when the shift ended.";
        ClockOutReopen "reopen" "A clock-in after an answer had shown when the shift ended.";
    }
    ShiftToday {
        TodayShown "shown" "A read of the shift on the day of an acknowledged clock-in.";
        TodayDate "date" "A shift of today that says its date.";
        TodayDateApart "date-apart" "The same while it is another date in UTC.";
    }
    RecordingStartOnce {
        StartRepeat "repeat" "A start sent after an answer had named the appointment's session.";
        StartConcurrent "concurrent" "A start in flight while another was answered.";
        StartLost "lost" "A start sent after one that failed or whose answer was lost.";
    }
    RecordingStartPrerequisites {
        StartShift "shift" "A start for a rep for whom nobody ever clocked in.";
        StartOwn "own" "A start at an appointment that is another rep's.";
    }
    RecordingStopOnce {
        StopRepeat "repeat" "A stop after an answer had shown when the session ended.";
        StopRow "row" "What a repeated stop leaves of the session: its start, rep, appointment and mode.";
    }
    RecordingUploadOnce {
        UploadRepeat "repeat" "The same audio reported after a report was acknowledged.";
        UploadJob "job" "What the session shows after the same audio was acknowledged twice.";
    }
    RecordingStatusForward {
        ForwardTranscription "transcription" "A transcription status after another was known.";
        ForwardAnalysis "analysis" "An analysis status after another was known.";
        ForwardOrder "order" "A completed analysis.";
    }
    RecordingGhost {
        GhostStart "start" "The answer to a start in ghost mode.";
        GhostMode "mode" "A session that was started in ghost mode, shown.";
        GhostAudio "audio" "A ghost session, shown after it ended: no audio.";
        GhostTranscript "transcript" "A ghost session with a transcript: what it says of itself.";
        GhostAnalysis "analysis" "A ghost session whose analysis is completed: it is there.";
    }
    AppointmentListComplete {
        ListWhole "whole" "A list with entries, by itself: its date, its total, each entry once.";
        ListKnown "known" "The list of a date on which appointments of the rep are known.";
        ListFilter "filter" "A list with a filter, while appointments of the date are known.";
        ListToday "today" "A list asked for without a date.";
        ListTodayApart "today-apart" "The same while it is another date in UTC.";
        ListById "by-id" "A read by its id of an appointment that answers showed to be the rep's.";
    }
    AppointmentPatchPartial {
        PartialAnswer "answer" "The answer to an update, of fields that were known and are not named.";
        PartialRead "read" "A later read of fields that were known and that an update did not name.";
    }
    AppointmentPatchIdempotent {
        PatchRepeat "repeat" "An update that was acknowledged, sent again.";
        PatchLost "lost" "An update with unknown result, sent again.";
    }
    TaskCreateSingle {
        CreateOwn "own" "A request that is acknowledged after another with the same body was.";
        CreateOnce "once" "A whole list after an acknowledged request: one task, not two.";
        CreateKept "kept" "A whole list after an acknowledged request: the task is there.";
        CreateLost "lost" "A list that shows the task of a request with unknown result.";
    }
    TaskCompleteOnce {
        CompleteRepeat "repeat" "A completion after an answer had shown when the task was completed.";
        CompleteRead "read" "A read of a task whose completion was acknowledged twice.";
    }
    TaskUpdateIdempotent {
        TaskRepeat "repeat" "An update that was acknowledged, sent again.";
        TaskLost "lost" "An update with unknown result, sent again.";
        TaskRow "row" "The answer to an update, of what it does not name.";
    }
    TaskListFilters {
        FilterStatus "status" "A list with a status.";
        FilterOverdue "overdue" "A list with overdue.";
        FilterDue "due" "A list with due_before or due_after.";
        FilterLinks "links" "A list with lead_id or contact_card_id.";
        CountTooLow "count-low" "overdue_count, with overdue tasks in view.";
        CountTooHigh "count-high" "overdue_count, just before the overdue tasks are listed.";
    }
    PagingExact {
        PageFull "page" "A page of a list that has entries, by itself.";
        PageSequence "sequence" "A page read after the one before it.";
        PageMaximum "maximum" "A limit beyond the maximum.";
    }
    AnswerSchema {
        SchemaMine "mine" "A rep's own list with entries: is_assigned_to_me.";
        SchemaScores "scores" "An analysis with scores.";
        SchemaTimes "times" "A session or a shift that has ended.";
        PendingTooHigh "pending-high" "pending_tasks_count after a task of the appointment was completed.";
        PendingTooLow "pending-low" "pending_tasks_count of an appointment at which open tasks are known.";
    }
    MessageThread {
        ThreadContact "contact" "A thread with messages: whose it is.";
        ThreadOrder "order" "Two messages or more: their order.";
        ThreadOnce "once" "Two messages or more: each once.";
    }
    ValidationRejects {
        RejectsValue "value" "A value that the enumeration does not have.";
        RejectsMissing "missing" "A body without a required field.";
        RejectsType "type" "A field of another type.";
        RejectsBody "body" "A body that is not JSON, or is huge.";
        RejectsRange "range" "A field beyond its range.";
        RejectsUnchanged "unchanged" "What a refused write was aimed at, read before and after.";
    }
    ErrorEnvelope {
        EnvelopeRequest "bad-request" "An answer of 400 or 422.";
        EnvelopeUnauthorized "unauthorized" "An answer of 401.";
        EnvelopeForbidden "forbidden" "An answer of 403.";
        EnvelopeNotFound "not-found" "An answer of 404.";
        EnvelopeServer "server" "An answer of 5xx.";
        EnvelopeOther "other" "Any other error.";
        EnvelopeCause "cause" "An error whose cause the request itself tells: its code.";
    }
    ReadYourWrites {
        WritesAnswer "answer" "The answer to an update, of the fields that it names.";
        WritesRead "read" "A read of fields that an acknowledged update wrote.";
        WritesTask "task" "A whole list after a task was acknowledged.";
        WritesSession "session" "A read of a session after an acknowledged start, stop or report.";
        WritesShift "shift" "A read of the shift after an acknowledged clock-out.";
    }
    LatencyTimeout {
        LateRecording "recording" "An attempt at a recording endpoint: 30 s.";
        LateRead "read" "An attempt at any other read: 10 s.";
        LateUpdate "update" "An attempt at any other write: 5 s.";
        LateHealth "health" "An attempt at the health endpoint: 3 s.";
    }
    AppRefreshOnce {
        RefreshRetry "retry" "A second attempt after a 401.";
        RefreshShared "shared" "Two calls in the first second of a token, after another had gone before it.";
    }
    AppBackoff {
        BackoffServer "server-error" "An attempt after a 5xx.";
        BackoffLimited "rate-limit" "An attempt after a 429 with Retry-After.";
    }
    AppQueueFifo {
        FifoOrder "order" "An action sent while others wait.";
        FifoOneFlush "one-flush" "A flush during which another action was queued.";
    }
    AppQueueOnly {
        QueueThrough "through" "A stop, completion, outcome, clock-in or clock-out, sent.";
        QueuePast "past" "A task's creation, a win or a recording start, sent.";
    }
    AppSlowUi {
        SlowIndicator "indicator" "A call that the user waited for longer than a second.";
        SlowRetrying "retrying" "A call that the user waits for, sent again.";
    }
}

impl Part {
    /// The place in [`Part::ALL`], for arrays with an entry per part.
    pub const fn index(self) -> usize {
        self as usize
    }
    /// The parts of a rule; none of one that has but one.
    pub fn of(rule: Rule) -> impl Iterator<Item = Part> + Clone {
        Part::ALL.iter().copied().filter(move |part| part.rule() == rule)
    }
}
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.rule(), self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_in_the_order_of_their_rules_and_have_names_of_their_own() {
        assert!(Part::ALL.is_sorted_by_key(|part| part.rule()));
        for (index, part) in Part::ALL.iter().enumerate() {
            assert_eq!(part.index(), index);
            let same = Part::of(part.rule()).filter(|other| other.name() == part.name());
            assert_eq!(same.count(), 1, "{part}");
            assert!(Part::of(part.rule()).count() > 1, "{part} is the whole rule");
        }
        assert_eq!(Part::TenantMissing.to_string(), "auth.tenant-claim/missing");
    }
}
