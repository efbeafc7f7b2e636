//! Switchable bugs. Each breaks rules in a way that real systems did; a judge that does not see it is no judge.
//!
//! Not among them, since the spec allows it: an error that is kept and answered to the repeats of a write. A repeat may fail
//! with a 5xx as often as it likes, so long as the write happened wholly or not at all.

fieldday_api::defects! {
    BackendDefect:
    /// A bug of the model backend that a scenario can switch on.
    MissingTokenServed "missing-token-served" in "weekday" breaks AuthTokenRequired:
        "A request without a token is served as a manager of the first tenant."
        "A fallback user for local development that reached production.";
    ExpiryUnchecked "expiry-unchecked" in "weekday" breaks AuthTokenExpiry:
        "An expired token is served."
        "A JWT library called with expiry verification switched off.";
    MissingTenantDefaulted "missing-tenant-defaulted" in "weekday" breaks AuthTenantClaim:
        "A token that names no tenant is served as one of the first tenant."
        "A default organisation from the time before there were several.";
    RoleMapIncomplete "role-map-incomplete" in "weekday" breaks AuthRoleMap:
        "The role name org:sales_rep is not understood: 403."
        "An identity provider that began to prefix its role names.";
    RoleGateSkipped "role-gate-skipped" in "weekday" breaks AuthRoleGate:
        "Every role may call every endpoint."
        "A route registered without its role dependency.";
    TenantLeakById "tenant-leak-by-id" in "weekday" breaks TenancyIsolated:
        "A row is found by its id whichever tenant it belongs to."
        "A query by primary key that lacks the tenant's condition.";
    TenantLeakByCache "tenant-leak-by-cache" in "weekday" breaks TenancyIsolated:
        "A list is cached for a minute under its query alone, whoever asks."
        "A cache key that lacks the tenant and the user.";
    OwnershipSkipped "ownership-skipped" in "weekday" breaks OwnershipOwnOnly:
        "A rep reads and changes the rows of other reps by their ids."
        "Insecure direct object reference: the list is scoped, the single row is not.";
    ClockInTwice "clock-in-twice" in "weekday" breaks ShiftClockInOnce:
        "A repeated clock-in creates a second shift."
        "An insert without a check, and no unique constraint.";
    ClockInRace "clock-in-race" in "monday-storm" breaks ShiftClockInOnce:
        "Two concurrent clock-ins create two shifts."
        "Check-then-insert without a lock or a unique constraint.";
    ClockInMovesStart "clock-in-moves-start" in "weekday" breaks ShiftClockInOnce:
        "A repeated clock-in moves clock_in_at to the repeat."
        "An upsert that updates every column on conflict.";
    ClockOutMovesEnd "clock-out-moves-end" in "weekday" breaks ShiftClockOutOnce:
        "A repeated clock-out moves clock_out_at to the repeat."
        "A handler that sets the end without looking whether it is set.";
    ClockOutAgainRefused "clock-out-again-refused" in "weekday" breaks ShiftClockOutOnce:
        "A repeated clock-out answers 400 although the first took effect."
        "A look-up of only the active shift, so that a client whose answer was lost cannot repeat the call.";
    ShiftDateUtc "shift-date-utc" in "utc-midnight" breaks ShiftToday:
        "The day of a shift ends at midnight UTC, in the middle of an American evening."
        "datetime.utcnow().date() as the business date.";
    StartMakesSecondSession "start-makes-second-session" in "weekday" breaks RecordingStartOnce:
        "A repeated start creates a second active session for the appointment."
        "An idempotency key that the client learns only from the answer that was lost.";
    StartRace "start-race" in "rough" breaks RecordingStartOnce:
        "Two concurrent starts create two sessions."
        "Check-then-insert without a lock or a unique constraint.";
    StartWithoutShift "start-without-shift" in "weekday" breaks RecordingStartPrerequisites:
        "A recording starts though its rep is not clocked in."
        "A precondition that only the app checks.";
    StopMovesEnd "stop-moves-end" in "weekday" breaks RecordingStopOnce:
        "A repeated stop moves ended_at to the repeat."
        "A handler that sets the end without looking whether it is set.";
    StopResetsStatus "stop-resets-status" in "rough" breaks RecordingStatusForward:
        "A repeated stop sends transcription and analysis back to the beginning."
        "A stop handler that initialises the pipeline's columns each time.";
    UploadStartsAgain "upload-starts-again" in "weekday" breaks RecordingUploadOnce:
        "The same audio reported again is transcribed again."
        "A job queue without deduplication behind an endpoint that clients retry.";
    GhostKeepsAudio "ghost-keeps-audio" in "weekday" breaks RecordingGhost:
        "A ghost session gets an upload URL and shows its audio."
        "A privacy mode that one of several code paths does not handle.";
    EphemeralKeepsAudio "ephemeral-keeps-audio" in "weekday" breaks RecordingEphemeral:
        "An ephemeral start creates a full session, whose audio is kept."
        "A mode that was added to the API, and is not in the table that a service behind it maps modes by.";
    ListByUtcDate "list-by-utc-date" in "utc-midnight" breaks AppointmentListComplete:
        "A day's list is cut at midnight UTC: evenings are missing, and the previous evening is included."
        "DATE(scheduled_start) = :date on a column in UTC.";
    PatchClearsAbsent "patch-clears-absent" in "weekday" breaks AppointmentPatchPartial:
        "An update clears notes and deal_size when it does not name them."
        "A model dumped with its unset fields: PATCH handled as PUT.";
    PatchLostUpdate "patch-lost-update" in "rough" breaks AppointmentPatchPartial:
        "Of two concurrent updates, the later one writes back the whole row as it read it."
        "Read, change, write back every column, without a version check.";
    PatchAddsDealSize "patch-adds-deal-size" in "weekday" breaks AppointmentPatchIdempotent:
        "An update adds its deal_size to the current one, so a repeat doubles the deal."
        "Revenue kept by an increment in a handler that clients retry.";
    PatchDedupedById "patch-deduped-by-id" in "rough" breaks AppointmentPatchOrdered:
        "An update that follows another of the same appointment within three seconds is acknowledged and dropped."
        "A duplicate filter keyed by the resource in place of the request.";
    WonWithoutDealSize "won-without-deal-size" in "weekday" breaks AppointmentWonDealSize:
        "An outcome of won is accepted without a deal size."
        "A cross-field rule that was in the form and not in the schema.";
    TornPatch "torn-patch" in "rough" breaks WriteAtomic:
        "An update that fails before its commit has written start, status and outcome, and nothing else."
        "Two statements with a commit between them.";
    ValidatesAfterWrite "validates-after-write" in "weekday" breaks ValidationRejects:
        "An update that answers 400 for its times or amounts has changed the appointment."
        "Validation after the flush, and an error path without a rollback.";
    TaskCreatedTwice "task-created-twice" in "weekday" breaks TaskCreateSingle:
        "One request creates two tasks."
        "A handler and a queue consumer that both insert.";
    CompleteMovesCompletedAt "complete-moves-completed-at" in "weekday" breaks TaskCompleteOnce:
        "Completing again moves completed_at to the repeat."
        "A handler that stamps the time without looking at the status.";
    CompleteAgainNotFound "complete-again-not-found" in "weekday" breaks TaskCompleteOnce:
        "Completing again answers 404 although the first attempt took effect."
        "UPDATE … WHERE status = 'open', where no updated row is taken for a missing task.";
    TaskUpdateLogsInNotes "task-update-logs-in-notes" in "weekday" breaks TaskUpdateIdempotent:
        "Every update appends a line to the task's notes."
        "An audit hook that runs on every save, changed or not.";
    OverdueCountOfLastNight "overdue-count-of-last-night" in "weekday" breaks TaskListFilters:
        "overdue_count leaves out what fell due since midnight."
        "A counter that a nightly job keeps.";
    PageSkipsTies "page-skips-ties" in "weekday" breaks PagingExact:
        "A page leaves out the entries that tie with the last one of the page before."
        "Keyset paging by a column that is not unique.";
    ThreadNewestFirst "thread-newest-first" in "weekday" breaks MessageThread:
        "The newest message of a thread comes first, before the oldest."
        "A preview of the last message, put before the page by a UNION without ORDER BY.";
    ScoresInPercent "scores-in-percent" in "weekday" breaks AnswerSchema:
        "Scores are returned between 0 and 100 instead of 0 and 1."
        "A provider that changed its scale, passed through unchecked.";
    BareErrors "bare-errors" in "weekday" breaks ErrorEnvelope:
        "A 404 has the framework's own body, without code and request id."
        "A default exception handler that bypasses the API's own.";
    StaleRead "stale-read" in "weekday" breaks ReadYourWrites:
        "For five seconds after a write, reads return the old data."
        "Reads from a replica that lags.";
    TokenNotYetValid "token-not-yet-valid" in "weekday" breaks AuthTokenExpiry:
        "A token is refused for the first two seconds of its life."
        "Zero leeway on the times of a token, and a clock two seconds behind the identity provider's.";
    OnlyOrgIdUnderstood "only-org-id-understood" in "weekday" breaks AuthTenantClaim:
        "A token that names its tenant by another claim than org_id answers 401 MISSING_TENANT_ID."
        "An alias of a claim that one of two middlewares knows.";
    TenantIdFromQuery "tenant-id-from-query" in "weekday" breaks TenancyFromTokenOnly TenancyIsolated:
        "A tenant_id in the query, or X-Company-Id, takes precedence over the tenant of the token."
        "A switch for support staff that every user may use.";
    FormerRepKeepsAccess "former-rep-keeps-access" in "rough" breaks OwnershipOwnOnly:
        "A rep reads and changes an appointment that the office gave to another rep."
        "Permissions copied to a table of their own, where reassigning adds and never removes.";
    LoserOfRaceRefused "loser-of-race-refused" in "monday-storm" breaks ShiftClockInOnce:
        "Of two concurrent clock-ins, the second to commit answers 409 instead of the shift."
        "A unique constraint whose violation reaches the client.";
    KeyStuckAfterCrash "key-stuck-after-crash" in "rough" breaks ShiftClockInOnce ShiftClockOutOnce RecordingStartOnce RecordingStopOnce AppointmentPatchIdempotent TaskCompleteOnce TaskUpdateIdempotent:
        "A write that failed or was cut off leaves its lock behind: its repeats answer 409 for ten minutes."
        "An idempotency key taken before the work and released only where the work succeeds.";
    KeysSharedAcrossRoutes "keys-shared-across-routes" in "weekday" breaks ShiftClockOutOnce ReadYourWrites:
        "A clock-out is mistaken for a repeat of the day's clock-in: it is acknowledged and has no effect."
        "An idempotency key too wide: rep and date, without the route.";
    ShiftDateDst "shift-date-dst" in "dst" breaks ShiftToday ShiftClockInOnce:
        "The day of a shift is computed with the offset from UTC of the night before."
        "An offset looked up once at process start, and kept when daylight saving time changes.";
    StartKeyedByPlace "start-keyed-by-place" in "rough" breaks RecordingStartOnce:
        "A start repeated from a few metres away creates a second active session."
        "An idempotency key too narrow: a hash of the whole body, with a fix that is never the same twice.";
    StartOtherRepsAppointment "start-other-reps-appointment" in "rough" breaks RecordingStartPrerequisites OwnershipOwnOnly:
        "A recording starts at an appointment that is another rep's."
        "A check that the appointment exists instead of a check that it is the rep's.";
    WebhookOutOfOrder "webhook-out-of-order" in "weekday" breaks RecordingStatusForward:
        "An analysis completes before its transcription."
        "Webhooks processed in order of arrival: one that had to be sent again arrives after the next.";
    ListForgetsMoved "list-forgets-moved" in "rough" breaks AppointmentListComplete:
        "An appointment that is moved to another time leaves its list and appears in no other."
        "An index kept by two events, of which the second has no handler.";
    PendingCountDrifts "pending-count-drifts" in "weekday" breaks AnswerSchema:
        "pending_tasks_count still counts a task that was completed."
        "A counter kept beside the rows, that one of two endpoints forgets.";
    CreateDedupedByBody "create-deduped-by-body" in "rough" breaks TaskCreateSingle TenancyIsolated:
        "A task with the same text as one of the last minute is not created: the answer is the other task, whoever asked."
        "An idempotency key too wide: a hash of the body, over all users.";
    DueReadAsLocal "due-read-as-local" in "weekday" breaks ReadYourWrites TaskUpdateIdempotent:
        "Whenever a task is saved, its due date is read as local time and moves by the offset from UTC."
        "Naive and aware times mixed.";
    PageShifts "page-shifts" in "weekday" breaks PagingExact:
        "The offset is applied before the filter, so pages repeat rows of other pages."
        "A filter in the application over rows that the database had paged.";
    PageTiesUnstable "page-ties-unstable" in "weekday" breaks PagingExact:
        "Tasks that are due at the same time are in a different order on each page."
        "ORDER BY a column that is not unique, which LIMIT and OFFSET make the database sort in another way.";
    ThreadJoinsReceipts "thread-joins-receipts" in "weekday" breaks MessageThread PagingExact:
        "A message that was delivered and read appears twice in its thread."
        "A join with a table of receipts, and no DISTINCT.";
    UnknownValuesIgnored "unknown-values-ignored" in "weekday" breaks ValidationRejects:
        "A field with an invalid value is ignored, and the rest of the body is accepted."
        "A lenient parser in front of a strict schema.";
    SlowLists "slow-lists" in "weekday" breaks LatencyTimeout:
        "Each row of a list takes another 120 ms."
        "One query per row, on a growing table.";
    StartAgainRefused "start-again-refused" in "weekday" breaks RecordingStartOnce:
        "A repeated start answers 409 although the session exists and is active."
        "A unique constraint whose violation is returned instead of the existing row.";
    StopAgainRefused "stop-again-refused" in "weekday" breaks RecordingStopOnce:
        "A repeated stop answers 400 although the first took effect."
        "A state machine that has no edge from stopped to stopped.";
    StopMovesStart "stop-moves-start" in "weekday" breaks RecordingStopOnce:
        "A repeated stop sets started_at to when the session ended."
        "A duration subtracted from the wrong end when it is computed again.";
    PatchRestampsCreation "patch-restamps-creation" in "weekday" breaks AppointmentPatchPartial AppointmentPatchIdempotent:
        "An update sets created_at to its own time."
        "A row that is deleted and inserted again, with the column's default.";
    OverdueCountOfTenant "overdue-count-of-tenant" in "weekday" breaks TaskListFilters:
        "overdue_count counts the overdue tasks of everybody in the tenant."
        "A count whose query lacks the rep's condition.";
    PendingCountMissesNew "pending-count-misses-new" in "weekday" breaks AnswerSchema:
        "pending_tasks_count does not count a task that was made since the process started."
        "A counter that is loaded at the start and only ever decremented.";
    GhostShowsWords "ghost-shows-words" in "ghost" breaks RecordingGhost:
        "A ghost session whose transcript is restricted shows its text."
        "A privacy flag that the serializer sets but does not apply.";
    DetailLagsBehindList "detail-lags-behind-list" in "rough" breaks AppointmentListComplete:
        "An appointment answers 404 by its id for half an hour after it was updated; the list has it."
        "Two stores behind one API, one of which is filled through a queue.";
    ReadRefusedAsBody "read-refused-as-body" in "weekday" breaks ErrorEnvelope PagingExact:
        "A refused query answers VALIDATION_ERROR, as if it had a body."
        "One handler for every error of the framework's validation.";
}

impl BackendDefect {
    /// Whether it shows only when two requests overlap: then [`crate::Backend::take_snapshot`] has something to see.
    pub const fn is_race(self) -> bool {
        matches!(
            self,
            BackendDefect::ClockInRace
                | BackendDefect::LoserOfRaceRefused
                | BackendDefect::StartRace
                | BackendDefect::PatchLostUpdate
        )
    }
}

impl Defects {
    pub(crate) fn any_race(self) -> bool {
        BackendDefect::ALL.iter().any(|defect| defect.is_race() && self.has(*defect))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_api::rules::{Rule, Side};

    #[test]
    fn names_are_kebab_case_unique_and_read_back() {
        for (index, defect) in BackendDefect::ALL.iter().enumerate() {
            let name = defect.name();
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{name}");
            assert_eq!(BackendDefect::ALL.iter().position(|d| d.name() == name), Some(index));
            assert_eq!(serde_json::from_str::<BackendDefect>(&format!("{name:?}")).unwrap(), *defect);
            let rules = defect.info().rules;
            assert!(rules.iter().all(|rule| rule.side() == Side::Api), "{name} breaks rules of the backend");
        }
        assert_eq!(BackendDefect::named("no-such-defect"), None);
    }

    /// A rule without a defect is one that no run can show to be judged.
    #[test]
    fn every_rule_of_the_backend_has_a_defect_that_breaks_it() {
        let without = Rule::ALL
            .iter()
            .filter(|rule| {
                rule.side() == Side::Api && !BackendDefect::ALL.iter().any(|d| d.info().rules.contains(rule))
            })
            .map(|rule| rule.name());
        assert_eq!(without.collect::<Vec<_>>(), [""; 0]);
    }
}
