//! Before a run begins: whether the target can be reached, whether it is the API, whether its clock agrees, whether it takes
//! the tokens, and whether it has the data. Nothing is written to it.

mod refused;
mod unusable;

pub use refused::TokenTrouble;
pub use unusable::Unusable;

use crate::http::{Exchange, Unanswered, WireSettings, call_once};
use crate::target::Target;
use fieldday_api::call::{Answer, Call};
use fieldday_api::dialect::{read_answer_to, write_call};
use fieldday_api::endpoint::Op;
use fieldday_api::names::Role;
use fieldday_api::redact::url_without_secrets;
use fieldday_api::wire::appointments::AppointmentQuery;
use fieldday_api::wire::tasks::TaskQuery;
use fieldday_kernel::text::one_line;
use fieldday_kernel::time::{Span, Time};
use fieldday_plan::{CellPlan, RepPlan};
use fieldday_tokens::{Identity, Jwt};
use std::time::Duration;
use tracing::info;

/// How often a target that fails is asked.
const TIMES: u32 = 3;
/// The pause before the target is asked again.
const PAUSE: Duration = Duration::from_secs(1);
/// So many reps are asked for, where the first has nothing to do.
const REPS_ASKED: usize = 8;
/// The header `Date` has whole seconds, and its answer takes a moment.
const CLOCK_GRAIN: Span = Span::millis(1_500);

/// What was seen of the target before the run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Preflight {
    /// How far its clock is ahead of this one, if it says what time it is.
    pub clock_ahead: Option<Span>,
    /// Appointments that the first rep has today.
    pub appointments: Option<u64>,
    /// Whether the first rep has clocked in today already.
    pub clocked_in: bool,
    /// What is worth saying, in a sentence each.
    pub notes: Vec<String>,
}

/// What a target may differ in, and what it is.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The time, by the run's clock.
    pub now: Time,
    /// How much the target's clock may differ from this machine's.
    pub clock_difference: Span,
    /// For how long after its end it takes a token.
    pub leeway: Span,
    /// It is the tool's own mock: whatever it answers is meant so.
    pub is_mock: bool,
    /// It has a command that loads it, which was not run.
    pub is_unloaded: bool,
}

struct Asking<'a> {
    wire: &'a WireSettings,
    terms: Terms,
}

/// Looks at the target as its first rep.
pub async fn preflight(wire: &WireSettings, cells: &[CellPlan], terms: Terms) -> Result<Preflight, Unusable> {
    let asking = Asking { wire, terms };
    let mut seen = Preflight::default();
    let health = asking.answer(&Call::Health, None).await?;
    info!(status = health.status, "the target answers");
    if health.status >= 300 {
        let path = write_call(&Call::Health, &wire.dialect).path;
        seen.notes.push(format!("GET {path} answers {}", health.status));
    }
    asking.reads_clock(&health, &mut seen)?;
    let Some(rep) = reps(cells).next() else { return Ok(seen) };
    let who = identity(rep);
    let token = asking.token(&who).await?;
    let list = Call::ListAppointments(AppointmentQuery::default());
    let answer = asking.of_the_api(&list, &token).await?;
    asking.reads_clock(&answer, &mut seen)?;
    asking.allows_clock(&token, &mut seen)?;
    if matches!(answer.status, 401 | 403) {
        let others: Vec<Identity> = others(cells, rep).map(identity).collect();
        let trouble = asking.why_refused(&list, &answer, (&who, &token), &others, (terms.now, &seen)).await;
        let (target, endpoint) = (asking.target(), list.op().label());
        return Err(Unusable::TokenRefused { target, status: answer.status, endpoint, trouble });
    }
    match asking.read(&list, &answer) {
        Answer::Appointments(found) => {
            seen.appointments = Some(found.appointments.len() as u64);
            if found.appointments.is_empty() {
                asking.has_data(cells, &mut seen).await?;
            }
        }
        _ => {
            seen.notes.push(format!("{} answers {}, which is not a list", Op::ListAppointments.label(), answer.status))
        }
    }
    let today = Call::ShiftToday { rep_id: rep.rep_id.clone() };
    let answer = asking.answer(&today, Some(&token)).await?;
    if matches!(answer.status, 401 | 403) {
        let trouble = asking.why_refused(&today, &answer, (&who, &token), &[], (terms.now, &seen)).await;
        let (target, endpoint) = (asking.target(), today.op().label());
        return Err(Unusable::TokenRefused { target, status: answer.status, endpoint, trouble });
    }
    if matches!(asking.read(&today, &answer), Answer::ShiftDay(_)) {
        seen.clocked_in = true;
        seen.notes.push(
            "the first rep already has a shift today, and a day has one clock-in, so only repeats exercise shift.clock-in.once (`rotate` in [data] uses other users)"
                .to_owned(),
        );
    }
    Ok(seen)
}

fn reps(cells: &[CellPlan]) -> impl Iterator<Item = &RepPlan> {
    cells.iter().flat_map(|cell| &cell.tenants).flat_map(|tenant| &tenant.reps)
}

/// A colleague of a rep's, and somebody of another tenant.
fn others<'a>(cells: &'a [CellPlan], rep: &'a RepPlan) -> impl Iterator<Item = &'a RepPlan> {
    let colleague = reps(cells).find(|of| of.tenant_id == rep.tenant_id && of.user_id != rep.user_id);
    let stranger = reps(cells).find(|of| of.tenant_id != rep.tenant_id);
    colleague.into_iter().chain(stranger)
}

fn identity(rep: &RepPlan) -> Identity {
    Identity {
        user_id: rep.user_id.clone(),
        tenant: rep.tenant_id.clone(),
        role: Role::SalesRep,
        role_name: Role::SalesRep.claim().into(),
    }
}

impl Asking<'_> {
    fn target(&self) -> String {
        self.wire.connector.target().to_string()
    }
    fn read(&self, call: &Call, answer: &Exchange) -> Answer {
        read_answer_to(call, answer.status, answer.content_type.as_deref(), &answer.body, &self.wire.dialect).answer
    }
    async fn ask(&self, call: &Call, bearer: Option<&str>) -> Result<Exchange, Unanswered> {
        call_once(self.wire, call, bearer).await
    }
    async fn answer(&self, call: &Call, token: Option<&Jwt>) -> Result<Exchange, Unusable> {
        let target = || self.target();
        let bearer = token.map(Jwt::expose_as_bearer);
        let answer = self.ask(call, bearer.as_deref()).await.map_err(|error| match error {
            Unanswered::NoConnection(why) => Unusable::Unreachable { target: target(), why },
            Unanswered::Ended(why) => Unusable::Silent { target: target(), why: why.to_string() },
        })?;
        if token.is_some() {
            info!(endpoint = call.op().label(), status = answer.status, "the first rep was answered");
        }
        Ok(answer)
    }
    async fn token(&self, who: &Identity) -> Result<Jwt, Unusable> {
        let token = self.wire.wallet.token(who, self.terms.now).await;
        token.map_err(|error| Unusable::NoToken { why: error.to_string(), hint: error.hint() })
    }

    /// An answer of the API, which may be a refusal; an error if it comes from something else.
    async fn of_the_api(&self, call: &Call, token: &Jwt) -> Result<Exchange, Unusable> {
        let mut answer = self.answer(call, Some(token)).await?;
        if self.terms.is_mock {
            return Ok(answer);
        }
        // A target that restarts may be there a moment later.
        for _ in 1..TIMES {
            if answer.status < 500 {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            answer = self.answer(call, Some(token)).await?;
        }
        let target = self.wire.connector.target();
        let path = write_call(call, &self.wire.dialect).path;
        let (at, status) = (target.url(&path), answer.status);
        if (300..400).contains(&status) {
            let location = answer.location.as_deref();
            let base = location.and_then(|location| Target::behind(location, &path)).map(|base| base.to_string());
            let location = location.map(|url| one_line(&url_without_secrets(url)).into_owned());
            return Err(Unusable::Redirected { at, status, location, base });
        }
        if let Some(what) = unreadable(&answer) {
            return Err(Unusable::Unreadable { at, what });
        }
        if status == 404 {
            return Err(Unusable::NoApi { at, meant: target.undoubled().map(|target| target.to_string()) });
        }
        let what = match self.read(call, &answer) {
            Answer::Foreign(word) => match word.as_str() {
                // It may be the API all the same, with a list of another form: that is judged, not refused.
                "json of another shape" => None,
                "html" => Some("an HTML page".to_owned()),
                "xml" => Some("XML".to_owned()),
                "empty" => Some("nothing".to_owned()),
                _ => Some("text that is not JSON".to_owned()),
            },
            Answer::Error(body) => Some(format!("the message {:?}", body.detail.message.as_str())),
            _ => None,
        };
        match what {
            what if status >= 500 => {
                let what = what.unwrap_or_else(|| "JSON that is not an error of the API".to_owned());
                Err(Unusable::Failing { at, status, what, times: TIMES })
            }
            // What stands in front of an API refuses in its own words; these are looked at as a refusal.
            Some(what) if status < 400 => Err(Unusable::NotTheApi { at, status, what }),
            _ => Ok(answer),
        }
    }

    /// How far the target's clock is off, if it says so for the first time.
    fn reads_clock(&self, answer: &Exchange, seen: &mut Preflight) -> Result<(), Unusable> {
        let Some(date) = answer.date.filter(|_| !self.terms.is_mock && seen.clock_ahead.is_none()) else {
            return Ok(());
        };
        let ahead = date.since(crate::clock::utc_now());
        seen.clock_ahead = Some(ahead);
        info!(ahead_us = ahead.as_micros(), "the target's clock was read");
        if ahead.as_micros().abs() > (self.terms.clock_difference + CLOCK_GRAIN).as_micros() {
            return Err(Unusable::ClockDiffers { target: self.target(), ahead });
        }
        Ok(())
    }
    /// Whether the difference of the clocks leaves tokens a life. One that the target takes for expired is refused; one that it
    /// takes after its end, by a clock that is behind, would seem to be a fault of the target's.
    fn allows_clock(&self, token: &Jwt, seen: &mut Preflight) -> Result<(), Unusable> {
        let Some(ahead) = seen.clock_ahead else { return Ok(()) };
        let (life, leeway) = (token.expires_at().since(self.terms.now), self.terms.leeway);
        let (target, usual) = (self.target(), Span::seconds(5));
        if ahead >= life + leeway || Span::ZERO - ahead > leeway.max(usual) + CLOCK_GRAIN {
            return Err(Unusable::OutOfTime { target, ahead, life, leeway });
        }
        if ahead > leeway.max(usual) + CLOCK_GRAIN {
            let seconds = ahead.as_seconds();
            seen.notes
                .push(format!("the target's clock is {seconds} s ahead, so tokens expire that much earlier for it"));
        }
        Ok(())
    }

    /// Whether there are data: the first rep has no appointment, and others may have.
    async fn has_data(&self, cells: &[CellPlan], seen: &mut Preflight) -> Result<(), Unusable> {
        seen.notes.push("the first rep has no appointment today, so it makes no visits".to_owned());
        if self.terms.is_mock {
            return Ok(());
        }
        let count = reps(cells).count();
        let each = count.div_ceil(REPS_ASKED).max(1);
        let mut asked = 0;
        for rep in reps(cells).step_by(each) {
            let who = identity(rep);
            let token = self.token(&who).await?;
            for call in [Call::ListAppointments(AppointmentQuery::default()), Call::ListTasks(TaskQuery::default())] {
                let answer = self.answer(&call, Some(&token)).await?;
                match self.read(&call, &answer) {
                    Answer::Appointments(found) if found.appointments.is_empty() => {}
                    Answer::Tasks(found) if found.total == 0 && found.tasks.is_empty() => {}
                    // Data, or an answer that says nothing of them.
                    _ => return Ok(()),
                }
            }
            asked += 1;
        }
        if self.terms.is_unloaded {
            seen.notes.push("the target has no data yet; `provision` loads it when the run begins".to_owned());
            return Ok(());
        }
        Err(Unusable::Empty { target: self.target(), asked })
    }
}

/// What keeps a body from being read at all: how it is packed, or its characters.
fn unreadable(answer: &Exchange) -> Option<String> {
    let plain = |text: &str| text.chars().filter(|c| c.is_ascii_graphic()).take(40).collect::<String>();
    let encoding = answer.content_encoding.as_deref().map(str::trim).unwrap_or_default();
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        return Some(format!("the encoding {}", plain(encoding)));
    }
    let content_type = answer.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    let charset = content_type.split(';').find_map(|part| part.trim().strip_prefix("charset="));
    let charset = charset.map(|name| plain(name.trim_matches('"')));
    let is_known = |name: &str| ["utf-8", "utf8", "us-ascii", "ascii"].contains(&name);
    let is_superset = |name: &str| name.starts_with("iso-8859") || name.starts_with("windows-125");
    let is_text = std::str::from_utf8(&answer.body).is_ok() && !answer.body.contains(&0);
    match charset {
        // What says so and has nothing but UTF-8 can be read.
        Some(name) if !(is_known(&name) || is_superset(&name) && is_text) => Some(format!("the character set {name}")),
        _ if answer.body.starts_with(b"\xef\xbb\xbf") => Some("UTF-8 behind a byte order mark".to_owned()),
        _ if !is_text => Some("characters that are no UTF-8".to_owned()),
        _ => None,
    }
}
