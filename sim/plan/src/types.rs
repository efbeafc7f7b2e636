//! What a plan is made of. Every element carries its name.

use super::Found;
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::dataset::TenantData;
use fieldday_api::fixed::Money;
use fieldday_api::mishap::Mishap;
use fieldday_api::names::{Outcome, RecordingMode, Role};
use fieldday_api::private::Private;
use fieldday_api::probe::Probe;
use fieldday_api::token::{RoleClaim, TenantClaim, UserClaim};
use fieldday_kernel::time::{Date, Span, Time};
use fieldday_radio::air::Air;
use fieldday_radio::place::Point;
use fieldday_radio::territory::Territory;
use fieldday_scenario::persona::Persona;
use indexmap::IndexMap;
use serde::Serialize;
use std::sync::Arc;

/// One backend with its tenants, for one day.
#[derive(Clone, Debug, Serialize)]
pub struct CellPlan {
    /// `cell-0`
    pub name: String,
    /// Its place in the plan.
    pub index: u32,
    /// The seed of everything that is drawn in it while it runs.
    pub seed: u64,
    /// The tenants' date.
    pub date: Date,
    /// Before anybody gets up: the earliest local midnight.
    pub start: Time,
    /// After everybody is done.
    pub end: Time,
    /// Its tenants, two at least.
    pub tenants: Vec<TenantPlan>,
    /// What goes wrong with the backend.
    pub mishaps: Vec<Mishap>,
}

impl CellPlan {
    /// The ids of the users who have a part in the day: all but the reps who have it off.
    pub fn users_with_a_part(&self) -> impl Iterator<Item = &SmolStr> {
        self.tenants.iter().flat_map(|tenant| {
            let off_duty = tenant.off_duty.as_ref().map(|rep| &rep.user_id);
            tenant.data.users.iter().map(|user| &user.user_id).filter(move |id| Some(*id) != off_duty)
        })
    }
}

/// One organisation.
#[derive(Clone, Debug, Serialize)]
pub struct TenantPlan {
    /// `cell-0/tenant-1`
    pub name: String,
    /// The date of the plan.
    pub date: Date,
    /// What its database holds before the first request.
    pub data: TenantData,
    /// Where it works.
    pub territory: Arc<Territory>,
    /// What becomes of appointments that are not in the plan.
    #[serde(skip)]
    pub found: Arc<Found>,
    /// The network there.
    pub air: Arc<Air>,
    /// Where the addresses are.
    pub places: Places,
    /// What is true of a visit whoever makes it, by appointment id.
    pub visits: IndexMap<SmolStr, VisitPlan>,
    /// The reps who work on the plan's date.
    pub reps: Vec<RepPlan>,
    /// Who sits in the office.
    pub office: Vec<OfficePlan>,
    /// Who tries what must fail.
    pub intruders: Vec<IntruderPlan>,
    /// The rep without a working day at whom intruders aim what would disturb one, if there is one.
    pub off_duty: Option<OffDutyPlan>,
    /// Who reads back what should be there.
    pub auditor: Option<AuditorPlan>,
    /// The names of the rows that have one, in the order of their making.
    pub rows: Vec<RowName>,
}

/// Where addresses are: the geofence's truth, by an address's token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Places(Vec<(u64, Point)>);

impl Places {
    /// The places of these tokens.
    pub fn new(mut places: Vec<(u64, Point)>) -> Places {
        places.sort_unstable();
        Places(places)
    }
    /// Where that address is, if it is known.
    pub fn get(&self, address: &Private) -> Option<Point> {
        self.by_token(address.token())
    }
    /// Where the address of that token is, if it is known.
    pub fn by_token(&self, token: u64) -> Option<Point> {
        let at = self.0.binary_search_by_key(&token, |(token, _)| *token).ok()?;
        Some(self.0[at].1)
    }
    /// How many are known.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One rep's day.
#[derive(Clone, Debug, Serialize)]
pub struct RepPlan {
    /// `cell-0/tenant-1/rep-07`
    pub name: String,
    /// The key of the rep's random streams, made of the name.
    pub key: u64,
    /// `org_…`
    pub tenant_id: SmolStr,
    /// `rep_…`
    pub rep_id: SmolStr,
    /// `user_…`, the token's subject.
    pub user_id: SmolStr,
    /// What the person is like.
    pub persona: Arc<Persona>,
    /// Where the day begins and ends.
    pub home: Point,
    /// When the rep leaves home.
    pub leaves_home: Time,
    /// When the work is over at the latest.
    pub stops_work: Time,
    /// When and where to eat, if at all.
    pub lunch: Option<LunchPlan>,
    /// When the app is killed.
    pub kills: Vec<KillPlan>,
    /// Whether the app reads back its day when that is over.
    pub reads_back: bool,
    /// What the person does every day.
    pub routine: Routine,
    /// Until when the phone is looked at: long enough for what is queued to go out.
    pub lives_until: Time,
}

/// What a person does every day, each an element of its own: `cell-0/tenant-1/rep-07/dashboard`. Everybody does all of
/// it; whoever looks for what a failure needs takes it out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Routine {
    /// Clocks in and out.
    pub clock_in: bool,
    /// Records visits.
    pub recordings: bool,
    /// Opens the dashboard, whenever there is time.
    pub dashboard: bool,
    /// Looks at the shift, after clocking in and out.
    pub shift: bool,
    /// Goes through the open tasks, which are then done or put off.
    pub tasks: bool,
}

/// A lunch break: `cell-0/tenant-1/rep-07/lunch`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct LunchPlan {
    /// From then on, when the visit before is over.
    pub at: Time,
    /// The length of the break in minutes.
    pub minutes: u32,
    /// Where the rep eats.
    pub place: Point,
}

/// The app is killed, as phones do for memory, or people with a swipe.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KillPlan {
    /// `cell-0/tenant-1/rep-07/kill-1`
    pub name: String,
    /// When the app is killed.
    pub at: Time,
}

/// A visit: the truth behind an appointment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct VisitPlan {
    /// `cell-0/tenant-1/rep-07/visit-3`
    pub name: String,
    /// `appt_…`
    pub appointment_id: SmolStr,
    /// Where the door is.
    pub place: Point,
    /// When it is to begin.
    pub start: Time,
    /// When it is to end.
    pub end: Time,
    /// What happens at the door.
    pub fate: VisitFate,
    /// How it is recorded.
    pub mode: RecordingMode,
    /// How much audio a second makes.
    pub audio_kbit_s: u32,
    /// How much longer it lasts than planned; negative: shorter.
    pub overrun: Span,
}

/// How a visit goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitFate {
    /// The visit takes place.
    Held {
        /// What comes of it.
        outcome: Outcome,
        /// For how much, if it is won.
        deal_size: Option<Money>,
    },
    /// Nobody is at home.
    NoShow,
    /// Somebody opens and wants no visit.
    CancelledAtTheDoor,
}

/// Somebody in the office.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OfficePlan {
    /// `cell-0/tenant-1/office/csr-1`
    pub name: String,
    /// The key of the client's random streams, made of the name.
    pub key: u64,
    /// `org_…`
    pub tenant_id: SmolStr,
    /// `user_…`
    pub user_id: SmolStr,
    /// A manager or a CSR.
    pub role: Role,
    /// What they do today, in order of time.
    pub actions: Vec<OfficeAction>,
}

/// Something done in the office.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OfficeAction {
    /// `cell-0/tenant-1/office/csr-1/action-4`
    pub name: String,
    /// When it is done.
    pub at: Time,
    /// What is done.
    pub what: OfficeDeed,
}

/// What the office does. A deed upon an element that was taken out of the plan goes with it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OfficeDeed {
    /// Looks at a rep's day: appointments and tasks.
    Look {
        /// The rep whose day is looked at.
        rep_id: SmolStr,
    },
    /// Moves an appointment to another time.
    Move {
        /// The appointment that is moved.
        appointment_id: SmolStr,
        /// Its new beginning.
        start: Time,
        /// Its new end.
        end: Time,
    },
    /// Cancels an appointment.
    Cancel {
        /// The appointment that is cancelled.
        appointment_id: SmolStr,
    },
    /// Gives an appointment to another rep.
    Reassign {
        /// The appointment that gets another rep.
        appointment_id: SmolStr,
        /// The rep who gets it.
        to_rep_id: SmolStr,
    },
    /// Makes a task for the rep of an appointment.
    CreateTask {
        /// The appointment that the task is about.
        appointment_id: SmolStr,
        /// What is to be done.
        description: Private,
        /// When the task is due.
        due: Time,
    },
    /// Changes a task.
    UpdateTask {
        /// The task that is changed.
        task_id: SmolStr,
        /// Its new date.
        due: Time,
    },
    /// Reads a customer's messages.
    ReadThread {
        /// The customer whose messages are read.
        contact_card_id: SmolStr,
    },
}

/// Somebody who tries what must fail.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct IntruderPlan {
    /// `cell-0/tenant-1/intruder-0`
    pub name: String,
    /// The key of the client's random streams, made of the name.
    pub key: u64,
    /// `org_…`
    pub tenant_id: SmolStr,
    /// `user_…`
    pub user_id: SmolStr,
    /// `rep_…`: a rep without work.
    pub rep_id: SmolStr,
    /// What is tried, in order of time.
    pub probes: Vec<ProbePlan>,
}

/// A rep who does not work on the plan's date: nobody plays one, and no judge follows one's day. Clock-ins and clock-outs that
/// must be refused are aimed at them, so that a target that takes them disturbs nobody's day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OffDutyPlan {
    /// `cell-0/tenant-1/off-duty`
    pub name: String,
    /// `user_…`
    pub user_id: SmolStr,
    /// `rep_…`
    pub rep_id: SmolStr,
}

/// Something that is tried: a few requests, one after the other.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProbePlan {
    /// `cell-0/tenant-1/intruder-0/probe-12`
    pub name: String,
    /// When it is tried.
    pub at: Time,
    /// The requests of the probe, in order.
    pub steps: Vec<ProbeStep>,
}

/// One request of a probe.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProbeStep {
    /// The probe that the request belongs to.
    pub probe: Probe,
    /// What goes with it as proof of who asks.
    pub login: Login,
    /// The call that is sent.
    pub call: Call,
}

/// What an intruder shows as proof of who asks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    /// A good token, with this role.
    Good(Role),
    /// No credential is sent.
    None,
    /// One that does not verify.
    Forged,
    /// One that expired so long ago.
    Expired(Span),
    /// One that names no tenant.
    WithoutTenant,
    /// A good one under other names.
    Alias(TenantClaim, UserClaim, RoleClaim, SmolStr),
}

/// Somebody who reads back what should be there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AuditorPlan {
    /// `cell-0/tenant-1/auditor`
    pub name: String,
    /// The key of the client's random streams, made of the name.
    pub key: u64,
    /// `org_…`
    pub tenant_id: SmolStr,
    /// `user_…`: a manager's.
    pub user_id: SmolStr,
    /// The tenant's date.
    pub date: Date,
    /// The reps looked after, by rep id.
    pub reps: Vec<SmolStr>,
    /// When it is looked, each named `cell-0/tenant-1/auditor/round-1`.
    pub rounds: Vec<(String, Time)>,
}

/// The name of a row: a past or coming appointment, a task.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RowName {
    /// `cell-0/tenant-1/rep-07/task-2`
    pub name: String,
    /// `task_…`
    pub id: SmolStr,
}
