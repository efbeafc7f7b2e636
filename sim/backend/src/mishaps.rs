//! Legal trouble: a server that fails before or after the commit, answers slowly or not at all, limits, or restarts.
//!
//! Whether a mishap strikes a request follows from one word that is drawn for the request and from the mishap's name, so
//! switching one off changes nothing for another.

use crate::request::Target;
use fieldday_api::endpoint::Op;
use fieldday_api::mishap::{Figures, Mishap, MishapKind};
use fieldday_api::token::Credential;
use fieldday_kernel::random::{MILLION, Purpose, Stream, is_chance, join_keys, name_key};
use fieldday_kernel::time::{Span, Time};
use std::cell::Cell;

const MISHAP: Purpose = Purpose::new("backend mishap");

/// The effect of the mishaps on one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MishapEffect {
    /// No mishap strikes: the request is served.
    Served,
    /// The connection breaks; nothing changes. Whether it was being worked on, or did not get through at all.
    CutBefore { under_way: bool },
    /// An error is answered; nothing changes.
    FailsBefore { status: u16, retry_after: Option<Span> },
    /// The request takes effect; an error is answered.
    FailsAfter { status: u16 },
    /// The request takes effect; the connection breaks.
    CutAfter,
}

struct Compiled {
    mishap: Mishap,
    key: u64,
    ops: u32,
}

/// All mishaps of a run.
pub(crate) struct Mishaps {
    seed: u64,
    all: Vec<Compiled>,
    /// The time outside which nothing happens.
    first: Time,
    last: Time,
}

impl Mishaps {
    pub(crate) fn new(seed: u64, mishaps: &[Mishap]) -> Mishaps {
        const { assert!(Op::ALL.len() <= 32, "one bit each") };
        let compile = |mishap: &Mishap| Compiled {
            key: name_key(&mishap.name),
            ops: mishap.ops.iter().fold(if mishap.ops.is_empty() { !0 } else { 0 }, |bits, op| bits | 1 << op.index()),
            mishap: mishap.clone(),
        };
        let first = mishaps.iter().map(|m| m.from).min().unwrap_or(Time::from_micros(i64::MAX));
        let last = mishaps.iter().map(|m| m.until.max(m.from)).max().unwrap_or(Time::from_micros(i64::MIN));
        Mishaps { seed, all: mishaps.iter().map(compile).collect(), first, last }
    }

    /// How long a request takes that would take `usual`.
    pub(crate) fn slowed(&self, at: Time, target: Target<'_>, usual: Span) -> Span {
        let mut span = usual;
        if at < self.first || at > self.last {
            return span;
        }
        let dice = self.dice(target.key);
        for compiled in &self.all {
            let Mishap { kind, figures, .. } = &compiled.mishap;
            if *kind == MishapKind::Slow && compiled.holds_at(at) && strikes(compiled, target, &dice) {
                span += Span::millis(i64::from(figures.extra_ms));
            }
        }
        span
    }

    /// What befalls a request that arrived at `arrived` and takes effect at `now`: the first mishap that strikes.
    pub(crate) fn fate(&self, arrived: Time, now: Time, target: Target<'_>) -> MishapEffect {
        if now < self.first || arrived > self.last {
            return MishapEffect::Served;
        }
        let dice = self.dice(target.key);
        for compiled in &self.all {
            let Figures { status, retry_after_s, .. } = compiled.mishap.figures;
            let fate = match compiled.mishap.kind {
                MishapKind::ErrorBeforeCommit => MishapEffect::FailsBefore { status, retry_after: None },
                MishapKind::ErrorAfterCommit => MishapEffect::FailsAfter { status },
                MishapKind::LostAnswer => MishapEffect::CutAfter,
                MishapKind::RateLimit => MishapEffect::FailsBefore {
                    status: 429,
                    retry_after: Some(Span::seconds(i64::from(retry_after_s))),
                },
                MishapKind::Restart => {
                    let under_way = arrived < compiled.mishap.from && compiled.mishap.from <= now;
                    if under_way && strikes(compiled, target, &dice) {
                        return MishapEffect::CutBefore { under_way };
                    }
                    MishapEffect::CutBefore { under_way: false }
                }
                _ => continue,
            };
            if compiled.holds_at(arrived) && strikes(compiled, target, &dice) {
                return fate;
            }
        }
        MishapEffect::Served
    }

    /// What a recording's processing that is enqueued at `at` suffers.
    pub(crate) fn shunya(&self, at: Time, tenant: &str, session_key: u64) -> ShunyaFate {
        let mut fate = ShunyaFate { factor: 1, fails: false };
        let dice = self.dice(session_key);
        for compiled in self.all.iter().filter(|c| c.holds_at(at)) {
            let wanted = compiled.mishap.tenant.as_deref().is_none_or(|t| t == tenant);
            if !wanted || !dice.falls_for(compiled) {
                continue;
            }
            match compiled.mishap.kind {
                MishapKind::ShunyaSlow => fate.factor = fate.factor.saturating_mul(compiled.mishap.figures.factor),
                MishapKind::ShunyaFails => fate.fails = true,
                _ => {}
            }
        }
        fate
    }

    fn dice(&self, key: u64) -> Dice {
        Dice { seed: self.seed, key, word: Cell::new(None) }
    }
}

/// The word that is drawn for one request, once, and only if a mishap asks for it.
struct Dice {
    seed: u64,
    key: u64,
    word: Cell<Option<u64>>,
}

impl Dice {
    fn falls_for(&self, compiled: &Compiled) -> bool {
        let ppm = compiled.mishap.rate_ppm;
        if ppm >= MILLION {
            return true;
        }
        let word = self.word.get().unwrap_or_else(|| Stream::new(self.seed, MISHAP, self.key, 0, 0).bits());
        self.word.set(Some(word));
        is_chance(join_keys(word, compiled.key), ppm)
    }
}

fn strikes(compiled: &Compiled, target: Target<'_>, dice: &Dice) -> bool {
    if compiled.ops & (1 << target.op.index()) == 0 {
        return false;
    }
    let tenant = match target.credential {
        Credential::Token(claims) => claims.tenant.as_ref(),
        _ => None,
    };
    if compiled.mishap.tenant.is_some() && compiled.mishap.tenant.as_ref() != tenant {
        return false;
    }
    dice.falls_for(compiled)
}

impl Compiled {
    fn holds_at(&self, at: Time) -> bool {
        self.mishap.from <= at && at < self.mishap.until
    }
}

/// What a recording's processing suffers.
#[derive(Debug)]
pub(crate) struct ShunyaFate {
    /// How many times as long each step takes.
    factor: u32,
    /// The transcription fails, and without it there is no analysis.
    pub(crate) fails: bool,
}

impl ShunyaFate {
    pub(crate) fn stretch(&self, span: Span) -> Span {
        span.times(i64::from(self.factor))
    }
}
