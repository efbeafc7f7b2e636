//! Switchable bugs. Each breaks one rule in a way that real systems did; a judge that does not see it is no judge.

fieldday_api::defects! {
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
        "A repeated clock-in makes a second shift."
        "An insert without a look, and no unique constraint.";
    ClockInRace "clock-in-race" in "monday-storm" breaks ShiftClockInOnce:
        "Two clock-ins under way at once make two shifts."
        "Check-then-insert without a lock or a unique constraint.";
    ClockInMovesStart "clock-in-moves-start" in "weekday" breaks ShiftClockInOnce:
        "A repeated clock-in moves clock_in_at to the repeat."
        "An upsert that updates every column on conflict.";
    ClockOutMovesEnd "clock-out-moves-end" in "weekday" breaks ShiftClockOutOnce:
        "A repeated clock-out moves clock_out_at to the repeat."
        "A handler that sets the end without looking whether it is set.";
    ClockOutAgainRefused "clock-out-again-refused" in "weekday" breaks ShiftClockOutOnce:
        "A repeated clock-out answers 400 although the first took effect."
        "A look-up of the active shift alone, so that a lost answer cannot be asked for again.";
    ShiftDateUtc "shift-date-utc" in "utc-midnight" breaks ShiftToday:
        "The day of a shift ends at midnight UTC, in the middle of an American evening."
        "datetime.utcnow().date() as the business date.";
    StartMakesSecondSession "start-makes-second-session" in "weekday" breaks RecordingStartOnce:
        "A repeated start makes a second active session for the appointment."
        "An idempotency key that the client learns only from the answer that was lost.";
    StartRace "start-race" in "rough" breaks RecordingStartOnce:
        "Two starts under way at once make two sessions."
        "Check-then-insert without a lock or a unique constraint.";
    StartWithoutShift "start-without-shift" in "weekday" breaks RecordingStartPrerequisites:
        "A recording starts though its rep is not clocked in."
        "A precondition checked by the app alone.";
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
        "A privacy mode that one of several code paths does not know.";
    EphemeralKeepsAudio "ephemeral-keeps-audio" in "weekday" breaks RecordingEphemeral:
        "An ephemeral session shows its audio after the upload."
        "Deletion left to a clean-up job that nobody scheduled.";
    ListByUtcDate "list-by-utc-date" in "utc-midnight" breaks AppointmentListComplete:
        "A day's list is cut at midnight UTC: evenings are missing, the evening before is there."
        "DATE(scheduled_start) = :date on a column in UTC.";
    PatchClearsAbsent "patch-clears-absent" in "weekday" breaks AppointmentPatchPartial:
        "An update clears notes and deal_size when it does not name them."
        "A model dumped with its unset fields: PATCH handled as PUT.";
    PatchLostUpdate "patch-lost-update" in "weekday" breaks AppointmentPatchPartial:
        "Of two updates under way at once, the later writes the whole row back as it read it."
        "Read, change, write back every column, without a version check.";
    PatchAddsDealSize "patch-adds-deal-size" in "weekday" breaks AppointmentPatchIdempotent:
        "An update adds its deal_size to the one that is there: a repeat doubles the deal."
        "Revenue kept by an increment in a handler that clients retry.";
    PatchDedupedById "patch-deduped-by-id" in "rough" breaks AppointmentPatchOrdered:
        "An update that follows another of the same appointment within three seconds is acknowledged and dropped."
        "A duplicate filter keyed by the resource in place of the request.";
    WonWithoutDealSize "won-without-deal-size" in "weekday" breaks AppointmentWonDealSize:
        "An outcome of won is accepted without a deal size."
        "A cross-field rule that was in the form and not in the schema.";
    TornPatch "torn-patch" in "weekday" breaks WriteAtomic:
        "One update in five writes status and outcome, then answers 500 and leaves the rest out."
        "Two statements with a commit between them.";
    ValidatesAfterWrite "validates-after-write" in "weekday" breaks ValidationRejects:
        "An update that answers 400 for its times or amounts has changed the appointment."
        "Validation after the flush, and an error path without a rollback.";
    TaskCreatedTwice "task-created-twice" in "weekday" breaks TaskCreateSingle:
        "One request makes two tasks."
        "A handler and a queue consumer that both insert.";
    CompleteMovesCompletedAt "complete-moves-completed-at" in "weekday" breaks TaskCompleteOnce:
        "Completing again moves completed_at to the repeat."
        "A handler that stamps the time without looking at the status.";
    CompleteAgainNotFound "complete-again-not-found" in "weekday" breaks TaskCompleteOnce:
        "Completing again answers 404 although the first attempt took effect."
        "UPDATE … WHERE status = 'open', with no row taken for no task.";
    TaskUpdateLogsInNotes "task-update-logs-in-notes" in "weekday" breaks TaskUpdateIdempotent:
        "Every update appends a line to the task's notes."
        "An audit hook that runs on every save, changed or not.";
    OverdueCountOfPage "overdue-count-of-page" in "weekday" breaks TaskListFilters:
        "overdue_count counts the page in place of all the rep's tasks."
        "A count computed from the rows that were fetched.";
    PageSkipsTies "page-skips-ties" in "weekday" breaks PagingExact:
        "A page leaves out the entries that tie with the last one of the page before."
        "Keyset paging by a column that is not unique.";
    ThreadNewestFirst "thread-newest-first" in "weekday" breaks MessageThread:
        "A thread comes newest first."
        "An index scanned backwards after an upgrade, under a query without ORDER BY.";
    ScoresInPercent "scores-in-percent" in "weekday" breaks AnswerSchema:
        "Scores between 0 and 1 come between 0 and 100."
        "A provider that changed its scale, passed through unchecked.";
    BareErrors "bare-errors" in "weekday" breaks ErrorEnvelope:
        "A 404 has the framework's own body, without code and request id."
        "A default exception handler that bypasses the API's own.";
    StaleRead "stale-read" in "weekday" breaks ReadYourWrites:
        "For five seconds after a write, reads show what was there before."
        "Reads from a replica that lags.";
    SlowLists "slow-lists" in "weekday" breaks LatencyTimeout:
        "One list in twenty-five takes eleven seconds longer."
        "One query per row, on a table that has grown.";
}

impl Defect {
    /// Whether it shows only when two requests overlap: then [`crate::Backend::look`] has something to see.
    pub const fn is_race(self) -> bool {
        matches!(self, Defect::ClockInRace | Defect::StartRace | Defect::PatchLostUpdate)
    }
}

impl Defects {
    pub(crate) fn any_race(self) -> bool {
        Defect::ALL.iter().any(|defect| defect.is_race() && self.has(*defect))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_api::rules::{Rule, Side};

    #[test]
    fn names_are_kebab_case_unique_and_read_back() {
        for (index, defect) in Defect::ALL.iter().enumerate() {
            let name = defect.name();
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{name}");
            assert_eq!(Defect::ALL.iter().position(|d| d.name() == name), Some(index));
            assert_eq!(serde_json::from_str::<Defect>(&format!("{name:?}")).unwrap(), *defect);
            let rules = defect.info().rules;
            assert!(rules.iter().all(|rule| rule.side() == Side::Api), "{name} breaks rules of the backend");
        }
        assert_eq!(Defect::named("no-such-defect"), None);
    }

    /// A rule without a defect is one that no run can show to be judged.
    #[test]
    fn every_rule_of_the_backend_has_a_defect_that_breaks_it() {
        let without = Rule::ALL
            .iter()
            .filter(|rule| rule.side() == Side::Api && !Defect::ALL.iter().any(|d| d.info().rules.contains(rule)))
            .map(|rule| rule.name());
        // Typed calls carry no tenant_id, so the model has nothing to be misled by.
        assert_eq!(without.collect::<Vec<_>>(), ["tenancy.from-token-only"]);
    }
}
