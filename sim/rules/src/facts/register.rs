//! One field of one appointment or task, as a register that several clients write: the set of values it may have.
//!
//! A value is possible for a read if a write of it was sent before the read ended, and if nothing *sealed* that write
//! before the read began. A write is sealed by what certainly came after it and showed another value to be there: an
//! acknowledged write that was sent after this one was over, or a read that began after it was over. A write whose end
//! is unknown is never over, so it is never sealed: it may land at any time.
//!
//! Places in the stream stand for time. All of this is about one register alone, which asks for less than the whole
//! history does: what is impossible here is impossible.

/// Stands for a value that nobody knows: it equals every other.
pub(crate) const ANY: u64 = u64::MAX;
/// Stands for an end that has not come.
const NEVER: u64 = u64::MAX;

/// Identifies an attempt that writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct WriteId {
    pub client: u32,
    pub call: u32,
    pub attempt: u8,
}

/// How a value came to be possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    /// It was there before the writes that are kept.
    Before,
    /// The value was read from the target.
    Seen,
    /// The attempt to write it is in flight.
    Flying(WriteId),
    /// The attempt to write it was answered with success.
    Acked,
    /// A write ended without its client knowing how.
    Doubtful,
}

/// A value that is, or was, possible.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    pub value: u64,
    pub origin: Origin,
    /// The whole body that wrote it, as a digest; 0 if nothing did.
    pub body: u64,
    /// The fields that the body names.
    pub names: u16,
    /// It did not take effect before this place.
    pub start: u64,
    /// It took effect before this place, if ever.
    pub latest: u64,
    /// From this place on it is certainly overwritten.
    sealed: u64,
    /// Where its client stopped waiting for it, if it is in doubt: of several attempts, the last.
    given_up: u64,
    /// Whether its late landing was told.
    told: bool,
}

/// When a read may have looked, and how old a value it may show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub start: u64,
    pub end: u64,
}

/// What a read's value comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sight {
    /// A write explains the value, or nobody knows what should stand there.
    Possible {
        /// The body of a doubtful write that alone explains it, with its fields and its start.
        proves: Option<(u64, u16, u64)>,
        /// That write landed after a newer one that was acknowledged, and nobody told so yet.
        landed_late: bool,
    },
    /// No write explains the value.
    Impossible {
        /// What might have been there, [`ANY`] if nobody knows.
        expected: u64,
    },
}

/// The possible values of one field.
#[derive(Clone, Debug)]
pub(crate) struct Register {
    sources: Vec<Source>,
}

impl Source {
    fn new(value: u64, origin: Origin, start: u64, latest: u64) -> Source {
        Source { value, origin, body: 0, names: 0, start, latest, sealed: NEVER, given_up: 0, told: false }
    }
    fn is(&self, value: u64) -> bool {
        self.value == value || self.value == ANY || value == ANY
    }
    fn may_show(&self, value: u64, window: Window) -> bool {
        self.is(value) && self.start < window.end && self.sealed > window.start
    }
}

impl Register {
    /// A register that holds `value` ([`ANY`] if nobody knows).
    pub fn holding(value: u64) -> Register {
        // One that is there and one that is written: most registers never have more.
        let mut sources = Vec::with_capacity(2);
        sources.push(Source::new(value, Origin::Before, 0, 0));
        Register { sources }
    }
    /// The one value it can have, now and for reads under way, if there is but one.
    pub fn settled(&self) -> Option<u64> {
        match self.sources[..] {
            [s] if s.latest != NEVER && s.sealed == NEVER && s.value != ANY => Some(s.value),
            _ => None,
        }
    }
    /// From place `seq` on, the value may become what this attempt writes.
    pub fn sent(&mut self, id: WriteId, value: u64, body: u64, names: u16, seq: u64) {
        let source = Source::new(value, Origin::Flying(id), seq, NEVER);
        self.sources.push(Source { body, names, ..source });
    }
    /// The write is known to have taken effect before place `seq`.
    pub fn acked(&mut self, id: WriteId, seq: u64) {
        let Some(place) = self.flying(id) else { return };
        let source = &mut self.sources[place];
        (source.origin, source.latest) = (Origin::Acked, seq);
        let start = source.start;
        self.seal(start, seq, None);
    }
    /// The write did not take effect: its value is no longer possible.
    pub fn refused(&mut self, id: WriteId) {
        if let Some(place) = self.flying(id) {
            self.sources.remove(place);
        }
    }
    /// A write ended, nobody knows how. Those of the same body count as one.
    pub fn doubted(&mut self, id: WriteId, seq: u64) {
        let Some(place) = self.flying(id) else { return };
        let Source { body, value, .. } = self.sources[place];
        let same = |s: &&mut Source| s.origin == Origin::Doubtful && s.body == body && s.value == value;
        match self.sources.iter_mut().find(same) {
            Some(earlier) => {
                earlier.given_up = seq;
                self.sources.remove(place);
            }
            None => (self.sources[place].origin, self.sources[place].given_up) = (Origin::Doubtful, seq),
        }
    }
    /// A read showed `value`. With `fresh`, only what took effect after the window began, or may have, is possible: so
    /// it is for the fields that the read's own update named.
    pub fn sight(&mut self, value: u64, window: Window, fresh: bool) -> Sight {
        let floor = if fresh { window.start } else { 0 };
        let (mut shown, mut doubtful, mut place) = (0_u32, 0_u32, 0);
        let (mut proves, mut one_body) = (None::<(u64, u16, u64)>, true);
        for (index, s) in self.sources.iter().enumerate() {
            if !s.may_show(value, window) || (fresh && s.latest < floor) {
                continue;
            }
            shown += 1;
            if s.origin == Origin::Doubtful {
                (doubtful, place) = (doubtful + 1, index);
                one_body &= proves.is_none_or(|(body, ..)| body == s.body);
                proves = Some((s.body, s.names, s.start));
            }
        }
        if shown == 0 {
            let expected = self.sources.iter().rev().find(|s| s.sealed == NEVER && s.latest != NEVER);
            return Sight::Impossible { expected: expected.map_or(ANY, |s| s.value) };
        }
        let alone = doubtful == shown && one_body;
        let landed_late = alone && self.lands_late(place, window);
        self.learn_what_was_before(value, shown);
        self.seal(window.start, window.end, Some(value));
        Sight::Possible { proves: proves.filter(|_| alone), landed_late }
    }
    /// Whether a write of `body`, or something after its start, may have put `value` here.
    pub fn may_follow(&self, value: u64, window: Window, body: u64, start: u64) -> bool {
        self.sources.iter().any(|s| s.may_show(value, window) && (s.body == body || s.latest >= start))
    }
    /// Believes a read that cannot be, so that it is told once.
    pub fn believe(&mut self, value: u64, window: Window) {
        self.sources.retain(|s| s.latest == NEVER);
        self.sources.push(Source::new(value, Origin::Seen, window.start, window.end));
    }
    /// Forgets what no read that is still under way can show.
    pub fn prune(&mut self, horizon: u64) {
        self.sources.retain(|s| s.sealed > horizon);
    }
    /// Whether a write of another body than `body` is under way or in doubt.
    pub fn others_open(&self, body: u64) -> bool {
        self.sources.iter().any(|s| s.latest == NEVER && s.body != body)
    }
    fn flying(&self, id: WriteId) -> Option<usize> {
        self.sources.iter().position(|s| s.origin == Origin::Flying(id))
    }
    /// Whatever was over before `start` is overwritten from `end` on, but for `value`.
    fn seal(&mut self, start: u64, end: u64, value: Option<u64>) {
        for s in &mut self.sources {
            if s.latest < start && !value.is_some_and(|value| s.is(value)) {
                s.sealed = s.sealed.min(end);
            }
        }
    }
    /// A value that only the unknown first one explains was that one.
    fn learn_what_was_before(&mut self, value: u64, shown: u32) {
        if shown != 1 || value == ANY || self.sources.iter().any(|s| s.value == value) {
            return;
        }
        let unknown = |s: &&mut Source| s.value == ANY && s.origin == Origin::Before && s.sealed == NEVER;
        if let Some(first) = self.sources.iter_mut().find(unknown) {
            first.value = value;
        }
    }
    fn lands_late(&mut self, place: usize, window: Window) -> bool {
        let Source { given_up, value, told, .. } = self.sources[place];
        let newer =
            |s: &Source| s.origin == Origin::Acked && s.value != value && s.start > given_up && s.latest < window.start;
        let late = !told && self.sources.iter().any(newer);
        self.sources[place].told |= late;
        late
    }
}
