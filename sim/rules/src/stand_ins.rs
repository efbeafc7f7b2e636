//! Which fields a rule decides by. Where an answer leaves one of them out, and something neutral stands in for it, a case that
//! looks broken is not decided: that the field is missing is a contract finding, and told once, there.

use fieldday_api::call::Response;
use fieldday_api::rules::Rule;

/// Whether something stands in for a field in the answer that the rule decides by.
pub(crate) fn undecided(rule: Rule, response: Option<&Response>) -> bool {
    let Some(response) = response.filter(|response| !response.stand_ins.is_empty()) else { return false };
    fields_of(rule).iter().any(|field| !response.shows(field))
}

/// The fields of answers that the rule compares, by their names. Of those that are compared field by field, as the updates of
/// appointments and tasks are, the facts leave out what is not shown.
const fn fields_of(rule: Rule) -> &'static [&'static str] {
    match rule {
        Rule::OwnershipOwnOnly => &["rep_id", "assigned_rep_id", "assigned_to", "appointment_id", "lead_id"],
        Rule::ShiftClockInOnce => &["id", "rep_id", "shift_date", "clock_in_at"],
        Rule::ShiftClockOutOnce => &["id", "rep_id", "shift_date", "clock_out_at"],
        Rule::ShiftToday => &["id", "shift_date", "clock_in_at"],
        Rule::RecordingStopOnce => &["id", "ended_at"],
        Rule::RecordingUploadOnce => &["id", "transcription_status", "analysis_status", "transcript", "uwc_job_id"],
        Rule::RecordingStatusForward => &["id", "transcription_status", "analysis_status"],
        Rule::RecordingGhost => &[
            "mode",
            "audio_storage_mode",
            "audio_url",
            "analysis_status",
            "analysis",
            "transcript",
            "transcript_text",
            "transcript_restricted",
            "is_ghost_mode",
        ],
        Rule::RecordingEphemeral => &["mode"],
        Rule::AppointmentListComplete => &["date", "total", "scheduled_start", "status", "outcome"],
        Rule::TaskCreateSingle => &["id", "description", "due_at", "appointment_id", "created_at", "total"],
        Rule::TaskCompleteOnce => &["completed_at", "completed_by"],
        Rule::TaskListFilters => &["status", "due_at", "lead_id", "contact_card_id", "overdue_count"],
        Rule::PagingExact => &["total"],
        Rule::MessageThread => &["contact_card_id", "created_at", "total"],
        Rule::AnswerSchema => {
            &["is_assigned_to_me", "pending_tasks_count", "clock_in_at", "clock_out_at", "started_at", "ended_at"]
        }
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_api::call::Answer;

    #[test]
    fn a_rule_is_undecided_by_what_it_compares_alone() {
        let mut response = Response::ok(Answer::Stored);
        assert!(!undecided(Rule::TaskCompleteOnce, Some(&response)) && !undecided(Rule::TaskCompleteOnce, None));
        response.stand_ins = vec!["data.completed_by".into()];
        assert!(undecided(Rule::TaskCompleteOnce, Some(&response)));
        assert!(!undecided(Rule::TenancyIsolated, Some(&response)) && !undecided(Rule::PagingExact, Some(&response)));
    }
}
