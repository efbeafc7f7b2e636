//! A failure as `repro.sh`: the same requests by curl, in the same order, against any deployment.
//!
//! What an earlier answer gave is taken from that answer (the ids of sessions, shifts and tasks that the run made, the URL for
//! the audio): another backend gives others. Requests that were under way side by side are side by side here too.

mod captures;

use crate::attempts::{Attempt, attempts, problem};
use captures::Captures;
use fieldday_api::call::Call;
use fieldday_api::http::redacted;
use fieldday_history::event::CredentialKind;
use fieldday_history::{End, Event};
use fieldday_kernel::text::one_line;
use fieldday_kernel::time::{Span, Time, Zone};
use std::fmt::Write as _;

/// The script of a failure's events. `start` is when the scenario starts, `zone` whose local time the comments tell, `about`
/// what is broken.
pub fn script(events: &[Event], start: Time, zone: &Zone, about: &str) -> String {
    let attempts = attempts(events);
    let clients = clients(&attempts);
    let mut out = head(&attempts, &clients, about);
    let mut captures = Captures::new(&attempts);
    let mut under_way: Vec<usize> = Vec::new();
    for (number, attempt) in attempts.iter().enumerate() {
        wait_for(&mut out, &mut under_way, &mut captures, |other| {
            attempts[other].until <= attempt.at && !attempt.never_arrived
        });
        let who = clients.iter().position(|client| *client == attempt.name).unwrap_or_default() + 1;
        let _ = writeln!(out, "\n# {}", attempt_comment(number, attempt, start, zone));
        if attempt.never_arrived {
            out.push_str("# It never arrived, so it is not sent.\n");
            continue;
        }
        let beside = attempts[number + 1..].iter().any(|later| !later.never_arrived && later.at < attempt.until);
        out.push_str(&curl(number, attempt, who, &captures));
        if beside {
            let _ = writeln!(out, " &\npid_{}=$!", number + 1);
            under_way.push(number);
        } else {
            out.push('\n');
            out.push_str(&captures.of(number));
        }
    }
    wait_for(&mut out, &mut under_way, &mut captures, |_| true);
    let _ = writeln!(out, "\n# Then: {}", one_line(about));
    out
}

/// Waits for those under way of which `is_over` says so, and takes from their answers what is needed later.
fn wait_for(out: &mut String, under_way: &mut Vec<usize>, captures: &mut Captures, is_over: impl Fn(usize) -> bool) {
    under_way.retain(|number| {
        let over = is_over(*number);
        if over {
            let _ = writeln!(out, "wait \"$pid_{}\"", number + 1);
            out.push_str(&captures.of(*number));
        }
        !over
    });
}

/// Who sent anything, in the order of their first request.
fn clients<'a>(attempts: &[Attempt<'a>]) -> Vec<&'a str> {
    let mut clients = Vec::new();
    for attempt in attempts {
        if !clients.contains(&attempt.name) {
            clients.push(attempt.name);
        }
    }
    clients
}

fn head(attempts: &[Attempt<'_>], clients: &[&str], about: &str) -> String {
    let mut out = format!("#!/bin/sh\n# {}\n#\n", one_line(about));
    out.push_str("# BASE_URL is the deployment, such as https://otto.example.\n");
    let mut wanted = vec![("BASE_URL".to_owned(), "the deployment, such as https://otto.example".to_owned())];
    for (place, client) in clients.iter().enumerate() {
        for attempt in attempts.iter().filter(|a| a.name == *client && !a.never_arrived) {
            let Some((variable, what)) = token(&attempt.sent.bearer, place + 1) else { continue };
            if !matches!(*attempt.sent.request, Call::PutAudio { .. })
                && wanted.iter().all(|(name, _)| *name != variable)
            {
                let _ = writeln!(out, "# {variable} is {what} of {client}.");
                wanted.push((variable, format!("{what} of {client}")));
            }
        }
    }
    out.push_str("# Private values are tokens that stand for them: private:0123456789abcdef.\nset -u\n\n");
    for (name, what) in wanted {
        let _ = writeln!(out, ": \"${{{name}:?is missing: {what}}}\"");
    }
    out.push_str("command -v curl >/dev/null || { echo 'curl is missing' >&2; exit 1; }\n");
    out.push_str("answers=$(mktemp -d) || exit 1\ntrap 'rm -rf \"$answers\"' EXIT\n");
    out.push_str(
        "# The first value of a field in an answer.\n\
         field() { tr ',{' '\\n\\n' <\"$answers/$1\" 2>/dev/null | \
         sed -n \"s/^ *\\\"$2\\\" *: *\\\"\\([^\\\"]*\\)\\\".*/\\1/p\" | sed 1q; }\n",
    );
    out
}

/// The variable that holds what proves who asks, and what that is.
fn token(bearer: &CredentialKind, client: usize) -> Option<(String, &'static str)> {
    Some(match bearer {
        CredentialKind::None | CredentialKind::Forged => return None,
        CredentialKind::Own => (format!("TOKEN_{client}"), "the session token"),
        CredentialKind::Expired { .. } => (format!("TOKEN_{client}_EXPIRED"), "an expired session token"),
        CredentialKind::WithoutTenant => {
            (format!("TOKEN_{client}_WITHOUT_TENANT"), "a session token that names no tenant")
        }
        CredentialKind::Alias { .. } => {
            (format!("TOKEN_{client}_ALIAS"), "a session token with other names for its claims")
        }
    })
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

/// The request as a command, without its line's end.
fn curl(number: usize, attempt: &Attempt<'_>, client: usize, captures: &Captures) -> String {
    let number = number + 1;
    let call = attempt.sent.request.as_ref();
    let http = redacted(call);
    let mut line = String::new();
    let mut words = format!(
        "curl -sS -g -o \"$answers/{number}\" -w '{number}: {} %{{http_code}}\\n' -X {}",
        call.op().label().replace('\'', ""),
        http.method
    );
    let is_audio = matches!(call, Call::PutAudio { .. });
    if let Some((variable, _)) = token(&attempt.sent.bearer, client).filter(|_| !is_audio) {
        let _ = write!(words, " -H \"Authorization: Bearer ${variable}\"");
    } else if attempt.sent.bearer == CredentialKind::Forged {
        words.push_str(" -H 'Authorization: Bearer forged'");
    }
    if let Call::Raw(raw) = call
        && let Some(company) = &raw.company_id
    {
        let _ = write!(words, " -H {}", captures.quoted(&format!("X-Company-Id: {company}")));
    }
    // Audio is silence of the same length; what is too long for a command line comes through a pipe.
    match (call, &http.body) {
        (Call::PutAudio { bytes, .. }, _) => {
            let _ = write!(line, "dd if=/dev/zero bs={bytes} count=1 2>/dev/null | ");
            words.push_str(" -H 'Content-Type: audio/mp4' --data-binary @-");
        }
        (Call::Raw(raw), Some(_)) if raw.padding > 0 => {
            let text = captures.quoted(&raw.body);
            let _ = write!(line, "printf '%{}s%s' '' {text} | ", raw.padding);
            words.push_str(" -H 'Content-Type: application/json' --data-binary @-");
        }
        (_, Some(body)) => {
            let body = captures.quoted(&String::from_utf8_lossy(body));
            let _ = write!(words, " -H 'Content-Type: application/json' --data-raw {body}");
        }
        (_, None) => {}
    }
    let query = if http.query.is_empty() { String::new() } else { format!("?{}", http.query) };
    let url = captures
        .upload_url(call)
        .unwrap_or_else(|| format!("\"$BASE_URL\"{}", captures.quoted(&format!("{}{query}", http.path))));
    format!("{line}{words} {url}")
}
