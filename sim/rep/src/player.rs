//! A player: sends a part of somebody's simulated day, each request when it is due, whatever became of those before. Only requests
//! about a recording or task wait for the answer to the request that makes it, since they need its id.
//!
//! Reps who live their day need hours until they are in every phase of it. A level of a search for capacity has minutes: so it
//! plays parts of days that were lived on the virtual clock. Requests about what a day made itself (a recording, a task) need
//! that there: what was made before the part begins is made again beforehand, and the ids are those that the target gives.

use crate::browser::Browser;
use crate::station::Station;
use fieldday_api::SmolStr;
use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::wire::shifts::ClockIn;
use fieldday_history::event::Cause;
use fieldday_kernel::signal::Signal;
use fieldday_kernel::time::{Span, Time};
use futures_lite::future::{or, yield_now};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

/// One request of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// When it is due, counted from the beginning of the part.
    pub at: Span,
    /// The request as it was sent in the simulation.
    pub call: Arc<Call>,
    /// The id of what it made in the simulation, if it made anything.
    pub makes: Option<SmolStr>,
}

/// A part of a client's simulated day, to be played.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Script {
    /// Requests that make what the part needs, sent one after the other before it begins.
    pub before: Vec<Line>,
    /// The requests of the part, in order of time.
    pub lines: Vec<Line>,
}

/// A client who plays a script.
pub struct Player {
    browser: Browser,
    script: Script,
    /// The request that makes each thing that the script makes, by the thing's simulated id.
    makers: BTreeMap<SmolStr, Arc<Call>>,
    made: Rc<MadeThings>,
}

/// The recordings and tasks that the players of a cell make: some of a player's requests are about what another one makes.
#[derive(Default)]
pub struct MadeThings {
    /// The ids that the target gave, by those of the simulation.
    ids: RefCell<BTreeMap<SmolStr, SmolStr>>,
    /// The simulated ids of those whose id is awaited: a request that makes them is in flight.
    in_flight: RefCell<BTreeSet<SmolStr>>,
    /// Notified whenever a request that makes something was answered, or got no answer.
    answered: Signal,
}

/// A request as it is sent to the target, and the simulated id of what it makes there, if anything.
struct Sent {
    call: Arc<Call>,
    makes: Option<SmolStr>,
}

impl Player {
    /// A player who has sent nothing yet, in a cell whose players share `made`.
    pub fn new(station: Station, script: Script, made: Rc<MadeThings>) -> Player {
        let lines = script.before.iter().chain(&script.lines);
        let makers = lines.filter_map(|line| Some((line.makes.clone()?, line.call.clone()))).collect();
        Player { browser: Browser::new(station), script, makers, made }
    }
    /// Sends what must be there before the part begins, and fetches a token for it.
    pub async fn prepares(&mut self) {
        if self.script.lines.is_empty() && self.script.before.is_empty() {
            return;
        }
        self.browser.claims().await;
        for line in std::mem::take(&mut self.script.before) {
            let Sent { call, makes } = self.as_sent(&line);
            let response = self.browser.call((*call).clone(), Cause::Office).await;
            self.made.learn(makes, response.as_deref());
        }
    }
    /// Plays the part, once it is known when it begins.
    pub async fn plays(mut self, begins: impl Future<Output = Time>) {
        let begins = begins.await;
        let station = self.browser.station.clone();
        let mut lines: VecDeque<Line> = std::mem::take(&mut self.script.lines).into();
        // Lines that were due and need an id of which the answer has not come yet, in the order in which they were due.
        let mut held: Vec<Line> = Vec::new();
        loop {
            if let Some(free) = held.iter().position(|line| !self.made.must_wait(line)) {
                let line = held.remove(free);
                self.sends(&line, begins).await;
            } else if lines.front().is_some_and(|line| station.now() >= begins + line.at) {
                match lines.pop_front() {
                    Some(line) if self.made.must_wait(&line) => held.push(line),
                    Some(line) => self.sends(&line, begins).await,
                    None => {}
                }
            } else if let Some(line) = lines.front() {
                or(station.sleep_until(begins + line.at), self.made.answered.wait()).await;
            } else if held.is_empty() {
                return;
            } else {
                self.made.answered.wait().await;
            }
        }
    }
    /// Sends a line that was due so long after the part began, and lets others wait for its answer.
    async fn sends(&mut self, line: &Line, begins: Time) {
        let station = self.browser.station.clone();
        station.was_due(station.day().day(begins + line.at));
        let Sent { call, makes } = self.as_sent(line);
        let Some(answer) = self.browser.begins((*call).clone(), Cause::Office).await else { return };
        self.made.in_flight.borrow_mut().extend(makes.clone());
        let made = self.made.clone();
        station.spawn(async move {
            let response = answer.await;
            made.learn(makes, response.as_deref());
        });
        // The call begins in its own task, and takes over how late it is: before the next line says how late that is.
        yield_now().await;
    }
    /// The request as it is sent to the target. Where what it is about could not be made, the request that makes it goes in
    /// its place, as an app would try that again.
    fn as_sent(&self, line: &Line) -> Sent {
        let id = about(&line.call).and_then(|id| self.made.ids.borrow().get(id).cloned());
        let maker = about(&line.call).and_then(|id| Some((id, self.makers.get(id)?)));
        match (id, maker, &*line.call) {
            (Some(id), ..) => Sent { call: Arc::new(of(&line.call, &id)), makes: None },
            (None, Some((id, maker)), _) => Sent { call: maker.clone(), makes: Some(id.clone()) },
            // Now, not when it was in the simulation.
            (None, None, Call::ClockIn { rep_id, body }) => {
                let body = ClockIn { desired_start_time: None, ..body.clone() };
                Sent { call: Arc::new(Call::ClockIn { rep_id: rep_id.clone(), body }), makes: None }
            }
            (None, None, _) => Sent { call: line.call.clone(), makes: line.makes.clone() },
        }
    }
}

impl MadeThings {
    /// Whether what the line is about is being made: its id comes with an answer that is still awaited. Sent without it, the line
    /// would make the thing once more.
    fn must_wait(&self, line: &Line) -> bool {
        let is_awaited = |id| self.in_flight.borrow().contains(id) && !self.ids.borrow().contains_key(id);
        about(&line.call).is_some_and(is_awaited)
    }
    /// The answer to a request that was to make that has come, or none will.
    fn learn(&self, makes: Option<SmolStr>, response: Option<&Response>) {
        let Some(makes) = makes else { return };
        self.in_flight.borrow_mut().remove(&makes);
        if let Some(id) = response.and_then(|response| made_by(&response.answer)) {
            self.ids.borrow_mut().entry(makes).or_insert(id);
        }
        self.answered.notify();
    }
}

/// The id of what an answer says was made: a recording or a task.
pub fn made_by(answer: &Answer) -> Option<SmolStr> {
    match answer {
        Answer::RecordingStarted(started) => Some(started.recording_session_id.clone()),
        Answer::Task(task) => Some(task.id.clone()),
        _ => None,
    }
}

/// The id of what a request is about, if that may have been made during the day: a recording or a task.
pub fn about(call: &Call) -> Option<&SmolStr> {
    match call {
        Call::StopRecording { session_id, .. }
        | Call::UploadAudio { session_id, .. }
        | Call::GetRecording { session_id } => Some(session_id),
        Call::CompleteTask { task_id } | Call::UpdateTask { task_id, .. } => Some(task_id),
        _ => None,
    }
}

/// The same request about the recording or task of that id.
fn of(call: &Call, id: &SmolStr) -> Call {
    let mut call = call.clone();
    match &mut call {
        Call::StopRecording { session_id, .. }
        | Call::UploadAudio { session_id, .. }
        | Call::GetRecording { session_id } => *session_id = id.clone(),
        Call::CompleteTask { task_id } | Call::UpdateTask { task_id, .. } => *task_id = id.clone(),
        _ => {}
    }
    call
}
