//! A failure as `repro.sh`: the same requests by curl, in the same order, against any deployment that has the story's rows; it
//! says of each what was expected and what came, and whether the rule is broken there.
//!
//! What an earlier answer gave is taken from that answer (the ids of sessions, shifts and tasks that the run made, the URL for
//! the audio): another backend gives others. Requests that were under way side by side are side by side here too.
//!
//! Answers are read by awk: curl and a POSIX shell are all that the script needs.

mod captures;
mod checks;
mod dates;
mod head;

use crate::attempts::{Attempt, attempts, problem};
use crate::decisive::{Check, Want, decisive};
use captures::Captures;
use checks::Words;
use dates::Dates;
use fieldday_api::call::{Answer, Call};
use fieldday_api::endpoint::Op;
use fieldday_api::http::redacted;
use fieldday_api::rules::Side;
use fieldday_api::wire::shifts::ClockIn;
use fieldday_engine::slice::Day;
use fieldday_history::End;
use fieldday_history::event::CredentialKind;
use fieldday_kernel::text::one_line;
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_rules::Violation;
use std::fmt::Write as _;

/// What every script can do.
const LIBRARY: &str = include_str!("lib.sh");

/// The script of a failure. `day` has the events up to the violation, `zone` is whose local time the comments tell and whose
/// date is the target's today.
pub fn script(day: &Day<'_>, violation: &Violation, zone: &Zone) -> String {
    let about = one_line(&format!("{} is broken: {}", violation.rule, violation.says)).to_string();
    if violation.rule.side() == Side::App {
        return head::of_an_app(&about);
    }
    let attempts = attempts(day.events);
    let checks = decisive(day, violation, &attempts);
    let tokens = head::tokens(day.events, &attempts);
    let mut words = Words { captures: Captures::new(&attempts, &checks), dates: Dates::new(today(day, zone)) };
    let mut story = String::new();
    let mut under_way: Vec<usize> = Vec::new();
    let teller = Teller { attempts: &attempts, checks: &checks, tokens: &tokens };
    for (number, attempt) in attempts.iter().enumerate().filter(|(number, _)| teller.repeat_of(*number).is_none()) {
        teller.wait_for(&mut story, &mut under_way, &mut words, |other| {
            attempts[other].until <= attempt.at && !attempt.never_arrived
        });
        let _ = writeln!(story, "\n# {}", attempt_comment(number, attempt, day.start, zone));
        if attempt.never_arrived {
            story.push_str("# It never arrived, so it is not sent.\n");
            continue;
        }
        // Those that may have been under way yet: this repeats them.
        for other in (0..number).filter(|other| teller.repeat_of(*other) == Some(number)) {
            let comment = attempt_comment(other, &attempts[other], day.start, zone);
            let _ = write!(story, "# Beside it, since it may have been under way yet:\n# {comment}\n");
            let _ = writeln!(story, "{} &\npid_{}=$!", teller.send(other, &mut words), other + 1);
            under_way.push(other);
        }
        let before = attempts[..number].iter().map(|earlier| earlier.until).max();
        let gap = before.map_or(0, |before| (attempt.at - before).as_seconds());
        if gap > 0 && under_way.is_empty() {
            let _ = writeln!(story, "pause {gap}");
        }
        let beside = attempts[number + 1..].iter().any(|later| !later.never_arrived && later.at < attempt.until);
        story.push_str(&teller.send(number, &mut words));
        if beside {
            let _ = writeln!(story, " &\npid_{}=$!", number + 1);
            under_way.push(number);
        } else {
            story.push('\n');
            teller.got(&mut story, number, &mut words);
        }
    }
    teller.wait_for(&mut story, &mut under_way, &mut words, |_| true);
    story.push_str("\n# What the story shows.\n");
    for check in &checks {
        story.push_str(&words.line(check));
    }
    story.push_str(&match checks.is_empty() {
        true => "echo 'INCONCLUSIVE: no single answer decides this rule; `fieldday run` against the target judges it'\nexit 4\n".to_owned(),
        false => format!("finish '{}'\n", about.replace('\'', r"'\''")),
    });
    format!("{}{LIBRARY}{}{story}", head::head(&tokens, &about, zone), words.dates.lines())
}

/// The date that is the target's today: of the scenario's, the one on which the story happens.
fn today(day: &Day<'_>, zone: &Zone) -> fieldday_kernel::time::Date {
    let noon = zone.date(day.start + Span::hours(12));
    let dates = day.scenario.day.dates.iter().copied();
    dates.min_by_key(|date| (date.days() - noon.days()).abs()).unwrap_or(noon)
}

struct Teller<'a> {
    attempts: &'a [Attempt<'a>],
    checks: &'a [Check],
    tokens: &'a [head::Token],
}

impl Teller<'_> {
    /// Waits for those under way of which `is_over` says so, and looks at their answers.
    fn wait_for(
        &self,
        out: &mut String,
        under_way: &mut Vec<usize>,
        words: &mut Words,
        is_over: impl Fn(usize) -> bool,
    ) {
        under_way.retain(|number| {
            let over = is_over(*number);
            if over {
                let _ = writeln!(out, "wait \"$pid_{}\"", number + 1);
                self.got(out, *number, words);
            }
            !over
        });
    }

    /// The attempt that repeats one whose client got no answer, before anything tells that it was over: the two may have been
    /// under way at once.
    fn repeat_of(&self, number: usize) -> Option<usize> {
        let attempt = &self.attempts[number];
        if attempt.never_arrived || matches!(attempt.end, Some(End::Answered(_))) {
            return None;
        }
        let same = |later: &Attempt<'_>| {
            later.sent.request.op() == attempt.sent.request.op()
                && later.sent.request.path_id() == attempt.sent.request.path_id()
                && attempt.over.is_none_or(|over| over > later.at)
                && !later.never_arrived
        };
        let next = (number + 1..self.attempts.len()).find(|later| same(&self.attempts[*later]))?;
        // Of several that got no answer, all go beside the last.
        Some(self.repeat_of(next).unwrap_or(next))
    }

    /// The lines that look at an answer, and take from it what is needed later.
    fn got(&self, out: &mut String, number: usize, words: &mut Words) {
        let attempt = &self.attempts[number];
        let status = self.checks.iter().find_map(|check| match &check.want {
            Want::Status(statuses) if check.number == number => Some(statuses),
            _ => None,
        });
        let wanted = match (status, attempt.end) {
            (Some(statuses), _) => format!("told {} '{}'", number + 1, checks::either(statuses)),
            (None, Some(End::Answered(response))) if self.matters(number) => {
                format!("got {} {}", number + 1, response.status)
            }
            (None, _) => format!("got {} any", number + 1),
        };
        let _ = writeln!(out, "{wanted} '{}'", attempt.sent.request.op().label().replace('\'', ""));
        out.push_str(&words.captures.of(number));
    }

    /// Whether the story needs the answer's status: that of a write, and of a read that is compared with something. What else
    /// was only looked at may be there already.
    fn matters(&self, number: usize) -> bool {
        let compares =
            |check: &Check| check.number == number || matches!(check.want, Want::Same(_, other, _) if other == number);
        self.attempts[number].sent.request.op().writes() || self.checks.iter().any(compares)
    }

    /// The request as a command, without its line's end.
    fn send(&self, number: usize, words: &mut Words) -> String {
        let attempt = &self.attempts[number];
        let call = attempt.sent.request.as_ref();
        let http = redacted(call);
        let is_audio = matches!(call, Call::PutAudio { .. });
        let may_repeat = call.op() != Op::CreateTask && call.op() != Op::PostWin && !is_failure(attempt);
        let mut line = until(attempt);
        let mut input = " </dev/null".to_owned();
        let mut arguments = format!("send {} {} -X {}", number + 1, u8::from(may_repeat), http.method);
        let token = self.tokens.iter().find(|token| token.is_of(attempt));
        if let Some(token) = token.filter(|_| !is_audio) {
            let _ = write!(arguments, " -H \"Authorization: Bearer ${}\"", token.variable);
        } else if attempt.sent.bearer == CredentialKind::Forged {
            arguments.push_str(" -H 'Authorization: Bearer forged'");
        }
        if let Call::Raw(raw) = call
            && let Some(company) = &raw.company_id
        {
            let _ = write!(arguments, " -H {}", words.quoted(&format!("X-Company-Id: {company}")));
        }
        // Audio is silence of the same length; what is too long for a command line comes through a pipe.
        match (call, &http.body) {
            (Call::PutAudio { bytes, .. }, _) => {
                let _ = write!(line, "head -c {bytes} /dev/zero | ");
                arguments.push_str(" -H 'Content-Type: audio/mp4' --data-binary @-");
                input.clear();
            }
            (Call::Raw(raw), Some(_)) if raw.padding > 0 => {
                let _ = write!(line, "printf '%{}s%s' '' {} | ", raw.padding, words.quoted(&raw.body));
                arguments.push_str(" -H 'Content-Type: application/json' --data-binary @-");
                input.clear();
            }
            (_, Some(body)) => {
                if let Call::ClockIn { body: ClockIn { desired_start_time: Some(start), .. }, .. } = call {
                    words.dates.must_have_passed(start.to_string());
                }
                let body = words.quoted(&String::from_utf8_lossy(body));
                let _ = write!(arguments, " -H 'Content-Type: application/json' --data-raw {body}");
            }
            (_, None) => {}
        }
        let query = if http.query.is_empty() { String::new() } else { format!("?{}", http.query) };
        let url = words
            .captures
            .upload_url(call)
            .unwrap_or_else(|| format!("\"$BASE_URL\"{}", words.quoted(&format!("{}{query}", http.path))));
        format!("{line}{arguments} {url}{input}")
    }
}

/// Whether the story needs the target to fail here.
fn is_failure(attempt: &Attempt<'_>) -> bool {
    matches!(attempt.end, Some(End::Answered(response)) if response.status == 429 || response.status >= 500)
}

/// The line that lets a look at a session be repeated until it is processed as far as it was in the story.
fn until(attempt: &Attempt<'_>) -> String {
    let answer = match attempt.end {
        Some(End::Answered(response)) => Some(&response.answer),
        _ => None,
    };
    let line = match (attempt.sent.request.as_ref(), answer) {
        (Call::GetRecording { .. }, Some(Answer::Recording(body))) => {
            let session = &body.session;
            let steps =
                [("analysis_status", session.analysis_status), ("transcription_status", session.transcription_status)];
            let last = steps.into_iter().find(|(_, status)| status.is_final());
            last.map(|(step, status)| format!("data.session.{step}=\"{}\"", status.as_str()))
        }
        _ => None,
    };
    format!("until='{}'\n", line.unwrap_or_default())
}

fn attempt_comment(number: usize, attempt: &Attempt<'_>, start: Time, zone: &Zone) -> String {
    let at = |at: Span| format!("{}.{:03}", zone.time_of_day(start + at), at.as_micros().rem_euclid(1_000_000) / 1_000);
    let end = match attempt.end {
        Some(End::Answered(response)) => format!("answered {}", response.status),
        _ => problem(attempt.end).unwrap_or_default().to_owned(),
    };
    let sent = attempt.sent;
    let (number, again) = (number + 1, sent.attempt + 1);
    let name = one_line(attempt.name);
    format!(
        "{number}. {} {name}, call {}, attempt {again}; until {}: {end}",
        at(attempt.at),
        sent.call,
        at(attempt.until)
    )
}
