//! What one exchange shows of the appointments and tasks in its answer, for the judges that go by it.

use crate::exchanges::{Exchange, OpenAttempt};
use crate::facts::known::Kind;
use crate::facts::record::{Home, Look, Record, Repeat, View, Wrong};
use crate::facts::register::{Window, WriteId};
use crate::facts::views::{self, ASSIGNED};
use crate::tables::{ById, entry};
use fieldday_api::SmolStr;
use fieldday_api::wire::tasks::Task;

/// The appointments, or the tasks, of a cell.
#[derive(Debug, Default)]
pub(crate) struct Records(ById<Record>);

impl Records {
    pub fn get(&self, id: &str) -> Option<&Record> {
        self.0.get(id)
    }
    pub fn sent(&mut self, id: &SmolStr, body: &View, client: u32, attempt: &OpenAttempt) {
        let write = WriteId { client, call: attempt.number, attempt: attempt.attempt };
        let place = entry(&mut self.0, id);
        self.0[place].sent(write, body, attempt.sent_seq);
    }
    /// An update ended. Of the fields `ignored` nobody knows whether it wrote them, whatever its answer says of the others.
    pub fn ended(&mut self, id: &SmolStr, body: &View, x: &Exchange<'_>, shown: &View, ignored: u16) {
        let Some(record) = self.0.get_mut(id) else { return };
        let write = WriteId { client: x.client.index, call: x.number, attempt: x.attempt };
        record.doubted(write, body, ignored, x.ended_seq);
        record.ended(write, body, x.sent_seq, x.ended_seq, x.effect(), shown, ignored);
        record.prune(x.horizon);
    }
}

impl Record {
    /// Whether a task may belong to another rep than it did: it goes with its appointment, or with what it is assigned to.
    pub fn may_have_moved(&self, appointments: &Records) -> bool {
        let given_away = |id: &SmolStr| appointments.get(id).is_some_and(|a| a.was_written(ASSIGNED));
        let by_home = self.home.as_ref().is_some_and(|home| match &home.appointment {
            Some(id) => given_away(id),
            None => home.lead_alone,
        });
        by_home || self.was_written(ASSIGNED)
    }
}

/// Where a record stands, and whether it was shown for the first time.
pub(crate) struct Found {
    place: usize,
    pub is_new: bool,
}

/// A field shown with a value that no write explains.
#[derive(Clone, Debug)]
pub(crate) struct Impossible {
    pub kind: Kind,
    pub id: SmolStr,
    pub wrong: Wrong,
    /// The answer is that of an update sent before with the same body.
    pub repeat: bool,
    /// The reps whom the two values of [`ASSIGNED`] mean, expected and got, by the ids of the API.
    reps: [Option<SmolStr>; 2],
}

impl Impossible {
    /// Expected and got, for people.
    pub fn says(&self) -> String {
        let Wrong { field, expected, seen, .. } = self.wrong;
        let [expected, got] = [(0, expected), (1, seen)].map(|(which, value)| match &self.reps[which] {
            Some(rep) => rep.to_string(),
            None => views::show(self.kind, field, value),
        });
        format!("{} {}: expected {expected}, got {got}", self.id, views::name(self.kind, field))
    }
}

/// What the appointments and tasks in one answer show, as counts and cases for the judges.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Things shown of which an earlier acknowledged update is in view.
    pub your_writes: u32,
    /// Things shown in the answer to their own update.
    pub own_writes: u32,
    /// Appointments shown with two acknowledged updates of one field, one after the other.
    pub ordered: u32,
    /// Appointments shown with a known field that an earlier update left alone.
    pub partial: u32,
    /// Things shown in the answer to an update, with a known field that it does not name.
    pub unnamed: u32,
    /// Things that show that a doubtful update landed, with its other fields in view.
    pub whole: u32,
    /// Things of which a doubtful update landed in part: what stands there, and which field it left behind.
    pub torn: Vec<(Kind, SmolStr, usize)>,
    /// Appointments to which an old update landed late, and the field that shows it.
    pub landed_late: Vec<(SmolStr, usize)>,
    /// Fields whose value is impossible, in the order of the answer.
    pub impossible: Vec<Impossible>,
    /// The places in the list that no answer showed before.
    pub new: Vec<usize>,
    /// The last appointment or task that was shown to clients of another tenant before.
    pub leaked: Option<SmolStr>,
    /// The first task of the list that is at home in another rep's.
    pub foreign_task: Option<SmolStr>,
    /// What the answer to a repeated update tells.
    pub repeat: Option<Repeat>,
    /// Where the session stands that is shown or asked for.
    pub session: Option<usize>,
    /// The exchange is an update that named a rep, and its answer shows another, or none.
    pub assignment_ignored: bool,
}

impl Looked {
    pub fn clear(&mut self) {
        (self.your_writes, self.own_writes, self.ordered, self.partial) = (0, 0, 0, 0);
        (self.unnamed, self.whole, self.repeat) = (0, 0, None);
        self.torn.clear();
        self.landed_late.clear();
        self.impossible.clear();
        self.new.clear();
        (self.foreign_task, self.leaked, self.session, self.assignment_ignored) = (None, None, None, false);
    }
    /// Adds to each impossible [`ASSIGNED`] whom its two values mean. `people` has the number of each rep's client.
    pub fn name_reps(&mut self, people: &ById<u32>) {
        let rep = |value: u64| {
            people.iter().filter(|(_, person)| u64::from(**person) == value).map(|(id, _)| id).min().cloned()
        };
        for wrong in self.impossible.iter_mut().filter(|i| i.kind == Kind::Appointment && i.wrong.field == ASSIGNED) {
            wrong.reps = [rep(wrong.wrong.expected), rep(wrong.wrong.seen)];
        }
    }
    /// An update was refused: is that a repeat of one that was acknowledged?
    pub fn refused(&mut self, records: &Records, _kind: Kind, id: &SmolStr, body: &View, x: &Exchange<'_>) {
        // Only a refusal of the body itself: whoever may no longer change it may not repeat it either.
        if matches!(x.refusal(), Some(400 | 409 | 422)) {
            let record = records.get(id);
            self.repeat = record.and_then(|r| r.repeats(body, x.client.index, x.sent_seq, None));
        }
    }
    /// A task of a list, at its `place`.
    pub fn task(&mut self, tasks: &mut Records, appointments: &Records, task: &Task, place: usize, x: &Exchange<'_>) {
        let view = views::of_what_is_shown(Kind::Task, views::task(task, false), x);
        let record = self.at(tasks, Kind::Task, &task.id, &view, None, 0, x);
        if record.is_new {
            self.new.push(place);
        }
        if !x.client.is_phone() {
            return;
        }
        let record = &mut tasks.0[record.place];
        let home = record.home.get_or_insert_with(|| {
            let (client, since, appointment) = (x.client.index, x.ended_seq, task.appointment_id.clone());
            let lead_alone = appointment.is_none() && task.lead_id.is_some();
            Box::new(Home { client, since, appointment, lead_alone })
        });
        if home.client != x.client.index && !record.may_have_moved(appointments) {
            self.foreign_task.get_or_insert_with(|| task.id.clone());
        }
    }
    /// One appointment or task in the answer. `body` is what the answered update named.
    #[allow(clippy::too_many_arguments)] // Each says something of its own about one look.
    pub fn at(
        &mut self,
        records: &mut Records,
        kind: Kind,
        id: &SmolStr,
        view: &View,
        body: Option<&View>,
        doubted: u16,
        x: &Exchange<'_>,
    ) -> Found {
        let place = entry(&mut records.0, id);
        let record = &mut records.0[place];
        let (is_new, leaked) = record.show_to(x.client.tenant);
        // No id is no id that two tenants share.
        if leaked && !id.is_empty() {
            self.leaked = Some(id.clone());
        }
        let window = Window { start: x.sent_seq, end: x.ended_seq };
        let repeat = body.and_then(|body| record.repeats(body, x.client.index, x.sent_seq, Some(view)));
        let mut look = Look::default();
        record.look(view, window, body.map_or(0, |body| body.mask), doubted, &mut look);
        if record.is_busy() {
            record.prune(x.horizon);
        }
        self.repeat = self.repeat.or(repeat);
        self.your_writes += u32::from(look.acked && body.is_none());
        self.own_writes += u32::from(body.is_some());
        self.unnamed += u32::from(look.unnamed);
        if kind == Kind::Appointment {
            self.ordered += u32::from(look.ordered);
            self.partial += u32::from(look.touched && body.is_none());
            self.landed_late.extend(look.landed_late.map(|field| (id.clone(), field)));
        }
        match look.atomic {
            None => {}
            Some(None) => self.whole += 1,
            Some(Some(field)) => self.torn.push((kind, id.clone(), field)),
        }
        for wrong in look.wrong {
            self.impossible.push(Impossible {
                kind,
                id: id.clone(),
                wrong,
                repeat: repeat.is_some(),
                reps: [None, None],
            });
        }
        Found { place, is_new }
    }
}
