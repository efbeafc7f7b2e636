//! One appointment or task: its fields as registers, of which nearly all are calm (one value, nothing under way) and cost
//! a comparison; and the updates that were sent to it.

use crate::exchanges::Effect;
use crate::facts::register::{ANY, Register, Sight, Window, WriteId};
use crate::tables::push_bounded;
use fieldday_api::SmolStr;

/// The most fields that anything has.
pub(crate) const FIELDS: usize = 9;
/// The most updates that are remembered of a record.
const SENDS: usize = 16;

/// Some fields and their values: what an answer shows, or what a body names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct View {
    pub mask: u16,
    pub values: [u64; FIELDS],
}

impl View {
    pub fn set(&mut self, field: usize, value: u64) {
        self.mask |= 1 << field;
        self.values[field] = value;
    }
    pub fn set_some(&mut self, field: usize, value: Option<u64>) {
        if let Some(value) = value {
            self.set(field, value);
        }
    }
    /// The view without that field.
    pub fn without(mut self, field: usize) -> View {
        self.mask &= !(1 << field);
        self
    }
    /// 64 bits that stand for the whole.
    pub fn digest(&self) -> u64 {
        let mut parts = [0; FIELDS + 1];
        parts[0] = u64::from(self.mask);
        for (part, value) in parts[1..].iter_mut().zip(self.values) {
            *part = value;
        }
        // 0 stands for "no body".
        crate::tables::digest_of(&parts).max(1)
    }
}

fn fields(mask: u16) -> impl Iterator<Item = usize> {
    let mut rest = mask;
    std::iter::from_fn(move || {
        let field = rest.trailing_zeros() as usize;
        rest &= rest.wrapping_sub(1);
        (field < 16).then_some(field)
    })
}

/// An update that was sent and not refused.
#[derive(Clone, Copy, Debug)]
struct Send {
    body: u64,
    client: u32,
    sent: u64,
    /// When it was over; never, if nobody knows how it ended.
    over: u64,
    acked: bool,
}

/// What updates left behind; only records that were written have it.
#[derive(Clone, Debug, Default)]
struct Written {
    disputes: Vec<(u8, Register)>,
    sends: Vec<Send>,
    forgot_sends: bool,
    /// The last acknowledged update and what its answer showed.
    last: Option<(Send, View)>,
    /// The value of each field's last acknowledged update, and when that was over.
    acked_last: [Option<(u64, u64)>; FIELDS],
    /// Values of acknowledged updates that later ones overwrote.
    past: Vec<(u8, u64)>,
    /// Fields that an update did not name, since they were last written.
    touched: u16,
    /// Fields with an acknowledged update.
    acked: u16,
    /// Fields with an acknowledged update sent after an acknowledged update.
    ordered: u16,
}

/// Where a task was at home when a rep's list first showed it.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// The rep's number within the cell.
    pub client: u32,
    /// The place in the event stream since which that is known.
    pub since: u64,
    /// The appointment that it goes with.
    pub appointment: Option<SmolStr>,
    /// It goes with a lead alone: nobody knows when that changes hands.
    pub lead_alone: bool,
}

/// An appointment or a task.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    values: [u64; FIELDS],
    known: u16,
    busy: u16,
    written: Option<Box<Written>>,
    pub home: Option<Box<Home>>,
    /// The tenant to whose clients it was first shown, and one.
    shown_to: u16,
}

/// A field that shows what it cannot hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wrong {
    pub field: usize,
    pub seen: u64,
    pub expected: u64,
    /// The answer is that of an update which named the field.
    pub named: bool,
    /// An update that did not name the field came between.
    pub touched: bool,
    /// An acknowledged update had put the value here that is missed.
    pub acked: bool,
    /// What is seen is the value of an acknowledged update that was followed by another; or of its own update it shows
    /// nothing, and another had been acknowledged before.
    pub earlier: bool,
}

/// What one look at a record showed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    /// Fields in view that an acknowledged update wrote.
    pub acked: bool,
    /// Fields in view that two acknowledged updates wrote, one after the other.
    pub ordered: bool,
    /// Fields in view that were known and that an earlier update left alone.
    pub touched: bool,
    /// Fields in view that were known and that the answered update itself leaves alone.
    pub unnamed: bool,
    /// Whether a doubtful update is known to have landed, and what a field shows that it left behind.
    pub atomic: Option<Option<usize>>,
    /// A doubtful update landed after a newer one.
    pub landed_late: Option<usize>,
    /// Fields whose value is impossible.
    pub wrong: Vec<Wrong>,
}

/// What the answer to a repeated update tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Repeat {
    /// It equals the answer to the update that it repeats.
    Same,
    /// The answer to the update that it repeats was never seen, or others came between: it is possible.
    Possible,
    /// A field differs, though nothing came between.
    Differs(usize),
    /// It was refused, though the same was acknowledged before and nothing came between.
    Refused,
}

impl Written {
    /// `body` was written, and what it did not name of `named` was left alone.
    fn acknowledge(&mut self, body: &View, named: u16, sent: u64, seq: u64) {
        self.acked |= body.mask;
        self.touched = !named;
        for field in fields(body.mask) {
            let (before, value) = (self.acked_last[field], body.values[field]);
            if before.is_some_and(|(then, over)| over < sent && then != value) {
                self.ordered |= 1 << field;
                push_bounded(&mut self.past, SENDS, (field as u8, before.map_or(ANY, |(then, _)| then)));
            }
            self.past.retain(|past| *past != (field as u8, value));
            self.acked_last[field] = Some((value, seq));
        }
    }
}

impl Record {
    /// An update naming the fields of `body` is sent.
    pub fn sent(&mut self, id: WriteId, body: &View, seq: u64) {
        let digest = body.digest();
        for field in fields(body.mask) {
            self.dispute(field).sent(id, body.values[field], digest, body.mask, seq);
        }
        let written = self.written.get_or_insert_default();
        written.forgot_sends |= written.sends.len() >= SENDS;
        let send = Send { body: digest, client: id.client, sent: seq, over: u64::MAX, acked: false };
        push_bounded(&mut written.sends, SENDS, send);
    }
    /// Nobody knows whether an update wrote these of its fields, or will.
    pub fn doubted(&mut self, id: WriteId, body: &View, fields: u16, seq: u64) {
        let disputes = self.written.iter_mut().flat_map(|written| &mut written.disputes);
        disputes.filter(|(field, _)| body.mask & fields & (1 << *field) != 0).for_each(|(_, r)| r.doubted(id, seq));
    }
    /// An update ended, but for its `doubted` fields. `shown` is what its answer showed.
    #[allow(clippy::too_many_arguments)] // Each says something of its own about one end.
    pub fn ended(&mut self, id: WriteId, body: &View, sent: u64, seq: u64, effect: Effect, shown: &View, doubted: u16) {
        let Some(written) = &mut self.written else { return };
        for (field, register) in &mut written.disputes {
            let bit = 1 << *field;
            if body.mask & !doubted & bit == 0 {
                continue;
            }
            match effect {
                Effect::None => register.refused(id),
                Effect::Unknown => register.doubted(id, seq),
                Effect::Done => register.acked(id, seq),
            }
        }
        let Some(place) = written.sends.iter().position(|s| s.sent == sent) else { return };
        match effect {
            Effect::None => {
                written.sends.remove(place);
            }
            Effect::Unknown => written.touched |= !body.mask,
            Effect::Done => {
                let send = &mut written.sends[place];
                (send.over, send.acked) = (seq, true);
                written.last = Some((*send, *shown));
                let known = View { mask: body.mask & !doubted, values: body.values };
                written.acknowledge(&known, body.mask, sent, seq);
            }
        }
    }
    /// An answer shows the fields of `view`. `own` are those that the answered update named. What is shown of `doubted`
    /// fields is not believed when it cannot be.
    pub fn look(&mut self, view: &View, window: Window, own: u16, doubted: u16, look: &mut Look) {
        let calm = view.mask & !self.busy;
        look.unnamed = own != 0 && view.mask & !own & (self.known | self.busy) != 0;
        for field in fields(calm) {
            if self.known & (1 << field) == 0 {
                self.values[field] = view.values[field];
                self.known |= 1 << field;
            } else if self.values[field] != view.values[field] {
                let expected = self.values[field];
                self.note_wrong(field, (view.values[field], expected), own, window, look);
                if doubted & (1 << field) == 0 {
                    self.values[field] = view.values[field];
                }
            }
        }
        if let Some(written) = &self.written {
            look.acked |= written.acked & view.mask != 0;
            look.ordered |= written.ordered & view.mask != 0;
            look.touched |= written.touched & view.mask & self.known != 0;
        }
        if view.mask & self.busy != 0 {
            self.look_closely(view, window, own, doubted, look);
        }
    }
    /// What the answer to an update tells about the one that it repeats; nothing if it repeats none.
    pub fn repeats(&self, body: &View, client: u32, sent: u64, shown: Option<&View>) -> Option<Repeat> {
        let written = self.written.as_ref()?;
        let digest = body.digest();
        let before = |s: &&Send| s.body == digest && s.client == client && s.sent < sent;
        written.sends.iter().find(before)?;
        let (last, then) = match &written.last {
            Some((last, then)) if last.body == digest && last.over < sent && !written.forgot_sends => (last, then),
            _ => return shown.map(|_| Repeat::Possible),
        };
        let others = written.sends.iter().filter(|s| s.body != digest);
        let open = written.disputes.iter().any(|(_, register)| register.others_open(digest));
        if open || others.into_iter().any(|s| s.over >= last.sent) {
            return shown.map(|_| Repeat::Possible);
        }
        Some(match shown {
            None => Repeat::Refused,
            Some(now) => fields(now.mask & then.mask)
                .find(|field| now.values[*field] != then.values[*field])
                .map_or(Repeat::Same, Repeat::Differs),
        })
    }
    /// Whether the same update may have landed before: another attempt of it, or another client's.
    pub fn was_sent(&self, body: &View, before: u64) -> bool {
        let digest = body.digest();
        self.written.as_ref().is_some_and(|w| w.sends.iter().any(|s| s.body == digest && s.sent < before))
    }
    /// A client of a tenant is shown it: whether nobody was before, and whether it was another tenant's.
    pub fn show_to(&mut self, tenant: u8) -> (bool, bool) {
        let (shown_to, is_new) = (u16::from(tenant) + 1, self.shown_to == 0);
        if is_new {
            self.shown_to = shown_to;
        }
        (is_new, self.shown_to != shown_to)
    }
    /// Whether an update was ever sent to it.
    pub fn was_updated(&self) -> bool {
        self.written.is_some()
    }
    /// Whether an update ever named the field.
    pub fn was_written(&self, field: usize) -> bool {
        let bit = 1 << field;
        self.busy & bit != 0 || self.written.as_ref().is_some_and(|w| w.acked & bit != 0)
    }
    /// The value of a field that nothing disputes.
    pub fn settled(&self, field: usize) -> Option<u64> {
        (self.known & !self.busy & (1 << field) != 0).then(|| self.values[field])
    }
    /// Calms the fields that have one value left.
    pub fn prune(&mut self, horizon: u64) {
        let Some(written) = &mut self.written else { return };
        written.disputes.retain_mut(|(field, register)| {
            register.prune(horizon);
            let Some(value) = register.settled() else { return true };
            self.values[usize::from(*field)] = value;
            self.known |= 1 << *field;
            self.busy &= !(1 << *field);
            false
        });
    }
    pub fn is_busy(&self) -> bool {
        self.busy != 0
    }

    fn dispute(&mut self, field: usize) -> &mut Register {
        let bit = 1 << field;
        let written = self.written.get_or_insert_default();
        if self.busy & bit == 0 {
            self.busy |= bit;
            let value = if self.known & bit == 0 { ANY } else { self.values[field] };
            written.disputes.push((field as u8, Register::holding(value)));
        }
        let place = written.disputes.iter().position(|(f, _)| usize::from(*f) == field);
        &mut written.disputes[place.expect("a busy field has its register")].1
    }
    fn look_closely(&mut self, view: &View, window: Window, own: u16, doubted: u16, look: &mut Look) {
        let Some(written) = &mut self.written else { return };
        let (mut wrong, mut proof) = ([None; FIELDS], None);
        for (field, register) in &mut written.disputes {
            let (field, bit) = (usize::from(*field), 1_u16 << *field);
            if view.mask & bit == 0 {
                continue;
            }
            match register.sight(view.values[field], window, own & bit != 0) {
                Sight::Possible { proves, landed_late } => {
                    proof = proof.or(proves);
                    if landed_late {
                        look.landed_late = Some(field);
                    }
                }
                Sight::Impossible { expected } => {
                    wrong[field] = Some(expected);
                    if doubted & bit == 0 {
                        register.believe(view.values[field], window);
                    }
                }
            }
        }
        if let Some((body, names, start)) = proof {
            let mut others = written.disputes.iter().filter(|(f, _)| view.mask & names & (1 << *f) != 0);
            let left = others.find(|(f, r)| !r.may_follow(view.values[usize::from(*f)], window, body, start));
            let left = left.map(|(f, _)| usize::from(*f));
            // An update of which one field is in view is whole in any case.
            let named_in_view = (view.mask & names & self.busy).count_ones();
            look.atomic = (named_in_view > 1 || left.is_some()).then_some(left);
        }
        for (field, expected) in wrong.into_iter().enumerate() {
            if let Some(expected) = expected {
                self.note_wrong(field, (view.values[field], expected), own, window, look);
            }
        }
    }
    fn note_wrong(&self, field: usize, (seen, expected): (u64, u64), own: u16, window: Window, look: &mut Look) {
        let bit = 1_u16 << field;
        let written = self.written.as_ref();
        look.wrong.push(Wrong {
            field,
            seen,
            expected,
            named: own & bit != 0,
            touched: (own != 0 && own & bit == 0) || written.is_some_and(|w| w.touched & bit != 0),
            acked: own & bit != 0 || written.is_some_and(|w| w.acked & bit != 0),
            earlier: written.is_some_and(|w| match own & bit {
                0 => w.past.contains(&(field as u8, seen)),
                _ => w.last.is_some_and(|(last, _)| last.over < window.start),
            }),
        });
    }
}
