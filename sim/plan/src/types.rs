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
use fieldday_radio::trace::Trace;
use fieldday_scenario::persona::Persona;
use indexmap::IndexMap;
use serde::Serialize;
use std::sync::Arc;

/// One backend with its tenants, for one day.
#[derive(Clone, Debug, Serialize)]
pub struct CellPlan {
    /// The name of the element: `cell-0`.
    pub name: String,
    /// The place of the cell in the plan, from 0.
    pub index: u32,
    /// The seed of everything that is drawn in it while it runs.
    pub seed: u64,
    /// The plan's date, on which the tenants have their day.
    pub date: Date,
    /// Before anybody gets up: the earliest local midnight.
    pub start: Time,
    /// The end of the cell, some hours after the last tenant's local midnight.
    pub end: Time,
    /// The organisations whose data the backend holds; two at least, so that they can be told apart.
    pub tenants: Vec<TenantPlan>,
    /// The planned troubles of the backend, from the scenario.
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

/// One organisation with its data, its people and the place where they work.
#[derive(Clone, Debug, Serialize)]
pub struct TenantPlan {
    /// The name of the element: `cell-0/tenant-1`.
    pub name: String,
    /// The local date of the tenant's day.
    pub date: Date,
    /// The rows that the backend's database holds before the first request.
    pub data: TenantData,
    /// The territory in which its addresses lie and its reps drive.
    pub territory: Arc<Territory>,
    /// The treatment of appointments that are not in the plan.
    #[serde(skip)]
    pub found: Arc<Found>,
    /// The mobile network of the territory.
    pub air: Arc<Air>,
    /// The places of the tenant's addresses, by which visits and geofences are judged.
    pub places: Places,
    /// The true course of each visit, by appointment id, whoever makes it.
    pub visits: IndexMap<SmolStr, VisitPlan>,
    /// The reps who work on the plan's date.
    pub reps: Vec<RepPlan>,
    /// The office's users, each with their actions of the day.
    pub office: Vec<OfficePlan>,
    /// The intruders, who send requests that the backend must refuse.
    pub intruders: Vec<IntruderPlan>,
    /// The rep without a working day at whom intruders aim what would disturb one, if there is one.
    pub off_duty: Option<OffDutyPlan>,
    /// The auditor, who reads back what should be there; none if the scenario has no rounds.
    pub auditor: Option<AuditorPlan>,
    /// The names of the rows that have one, in the order of their making.
    pub rows: Vec<RowName>,
}

/// Where addresses are: the geofence's truth, by an address's token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Places(Vec<(u64, Point)>);

impl Places {
    /// The places of addresses by token, in any order.
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
    /// The number of addresses whose place is known.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether no address has a known place.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The plan of one rep's day.
#[derive(Clone, Debug, Serialize)]
pub struct RepPlan {
    /// The name of the element: `cell-0/tenant-1/rep-07`.
    pub name: String,
    /// The key of the rep's random streams, made of the name.
    pub key: u64,
    /// The id of the tenant: `org_…`.
    pub tenant_id: SmolStr,
    /// The id of the rep: `rep_…`.
    pub rep_id: SmolStr,
    /// The id of the user, the subject of the token: `user_…`.
    pub user_id: SmolStr,
    /// The habits and abilities of the person, from which decisions are drawn.
    pub persona: Arc<Persona>,
    /// The measurements that the phone's network has; none if the network profile decides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Arc<Trace>>,
    /// The place at which the day begins and ends.
    pub home: Point,
    /// The moment at which the rep leaves home.
    pub leaves_home: Time,
    /// When the work is over at the latest.
    pub stops_work: Time,
    /// When and where to eat, if at all.
    pub lunch: Option<LunchPlan>,
    /// The moments at which the app is killed, in order of time.
    pub kills: Vec<KillPlan>,
    /// Whether the app reads back its day when that is over.
    pub reads_back: bool,
    /// The parts of the daily routine that this rep has.
    pub routine: Routine,
    /// Until when the phone is looked at: long enough for what is queued to go out.
    pub lives_until: Time,
}

/// What a person does every day, each an element of its own: `cell-0/tenant-1/rep-07/dashboard`. Everybody does all of
/// it; whoever looks for what a failure needs takes it out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Routine {
    /// Whether the rep clocks in and out.
    pub clock_in: bool,
    /// Whether the rep records visits.
    pub recordings: bool,
    /// Whether the rep opens the dashboard, whenever there is time.
    pub dashboard: bool,
    /// Looks at the shift, after clocking in and out.
    pub shift: bool,
    /// Goes through the open tasks, which are then done or put off.
    pub tasks: bool,
}

/// The lunch break of a rep.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct LunchPlan {
    /// The earliest beginning; the rep eats when the visit before is over.
    pub at: Time,
    /// The length of the break, in minutes.
    pub minutes: u32,
    /// The place at which the rep eats.
    pub place: Point,
}

/// The app is killed, as phones do for memory, or people with a swipe.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KillPlan {
    /// The name of the element: `cell-0/tenant-1/rep-07/kill-1`.
    pub name: String,
    /// The moment at which the app is killed, if it runs then.
    pub at: Time,
}

/// The true course of an appointment's visit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct VisitPlan {
    /// The name of the element: `cell-0/tenant-1/rep-07/visit-3`.
    pub name: String,
    /// The id of the appointment: `appt_…`.
    pub appointment_id: SmolStr,
    /// The place of the door, around which the geofence lies.
    pub place: Point,
    /// The planned beginning, which the appointment shows.
    pub start: Time,
    /// The planned end, which the appointment shows.
    pub end: Time,
    /// Whether the visit takes place, and with which outcome.
    pub fate: VisitFate,
    /// The mode in which the rep wants to record it.
    pub mode: RecordingMode,
    /// The bit rate of the recorded audio, in kbit/s.
    pub audio_kbit_s: u32,
    /// How much longer it lasts than planned; negative: shorter.
    pub overrun: Span,
}

/// What happens at the door.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitFate {
    /// The visit takes place.
    Held {
        /// The outcome that the rep reports.
        outcome: Outcome,
        /// The size of the deal; none unless it is won.
        deal_size: Option<Money>,
    },
    /// Nobody opens the door.
    NoShow,
    /// The customer opens and cancels the visit.
    CancelledAtTheDoor,
}

/// A user of the office with their actions of the day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OfficePlan {
    /// The name of the element: `cell-0/tenant-1/office/csr-1`.
    pub name: String,
    /// The key of the client's random streams, made of the name.
    pub key: u64,
    /// The id of the tenant: `org_…`.
    pub tenant_id: SmolStr,
    /// The id of the user: `user_…`.
    pub user_id: SmolStr,
    /// The role in the token: a manager or a CSR.
    pub role: Role,
    /// The actions of the day, in order of time.
    pub actions: Vec<OfficeAction>,
}

/// One action of an office user.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OfficeAction {
    /// The name of the element: `cell-0/tenant-1/office/csr-1/action-4`.
    pub name: String,
    /// The moment at which the user begins it.
    pub at: Time,
    /// The action with the element that it is about.
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
    /// Moves an appointment of today to another time.
    Move {
        /// The appointment that is moved.
        appointment_id: SmolStr,
        /// Its new beginning.
        start: Time,
        /// Its new end.
        end: Time,
    },
    /// Cancels an appointment of today.
    Cancel {
        /// The appointment that is cancelled.
        appointment_id: SmolStr,
    },
    /// Assigns an appointment of today to another rep.
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
        /// The description of the task.
        description: Private,
        /// The moment at which the task is due.
        due: Time,
    },
    /// Changes the due date of a task.
    UpdateTask {
        /// The task that is changed.
        task_id: SmolStr,
        /// The new moment at which the task is due.
        due: Time,
    },
    /// Reads the messages of a customer.
    ReadThread {
        /// The customer whose messages are read.
        contact_card_id: SmolStr,
    },
}

/// A client who sends requests that the backend must refuse or must not obey.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct IntruderPlan {
    /// The name of the element: `cell-0/tenant-1/intruder-0`.
    pub name: String,
    /// The key of the client's random streams, made of the name.
    pub key: u64,
    /// The id of the tenant: `org_…`.
    pub tenant_id: SmolStr,
    /// The id of the user: `user_…`.
    pub user_id: SmolStr,
    /// The id of the intruder's own rep, who has no work: `rep_…`.
    pub rep_id: SmolStr,
    /// The probes, in order of time.
    pub probes: Vec<ProbePlan>,
}

/// A rep who does not work on the plan's date: nobody plays one, and no judge follows one's day. Clock-ins and clock-outs that
/// must be refused are aimed at them, so that a target that takes them disturbs nobody's day.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OffDutyPlan {
    /// The name of the element: `cell-0/tenant-1/off-duty`.
    pub name: String,
    /// The id of the user: `user_…`.
    pub user_id: SmolStr,
    /// The id of the rep: `rep_…`.
    pub rep_id: SmolStr,
}

/// Something that is tried: a few requests, one after the other.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProbePlan {
    /// The name of the element: `cell-0/tenant-1/intruder-0/probe-12`.
    pub name: String,
    /// The moment at which the probe begins.
    pub at: Time,
    /// The requests of the probe, in order.
    pub steps: Vec<ProbeStep>,
}

/// One request of a probe, with the credential it carries.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProbeStep {
    /// The probe that the request belongs to.
    pub probe: Probe,
    /// The credential that the request carries.
    pub login: Login,
    /// The call that is sent.
    pub call: Call,
}

/// The credential of an intruder's request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    /// A valid token with this role.
    Good(Role),
    /// No credential is sent.
    None,
    /// A token whose signature does not verify.
    Forged,
    /// A valid token that expired so long ago.
    Expired(Span),
    /// A valid token without a claim for the tenant.
    WithoutTenant,
    /// A valid token that names the tenant, the user and the role in other claims; the text is the role there.
    Alias(TenantClaim, UserClaim, RoleClaim, SmolStr),
}

/// A client with a manager's login who reads back what should be there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AuditorPlan {
    /// The name of the element: `cell-0/tenant-1/auditor`.
    pub name: String,
    /// The key of the client's random streams, made of the name.
    pub key: u64,
    /// The id of the tenant: `org_…`.
    pub tenant_id: SmolStr,
    /// The id of the user, a manager: `user_…`.
    pub user_id: SmolStr,
    /// The local date of the tenant's day.
    pub date: Date,
    /// The ids of the reps whose data are read back.
    pub reps: Vec<SmolStr>,
    /// The moments at which a round begins, each with its name: `cell-0/tenant-1/auditor/round-1`.
    pub rounds: Vec<(String, Time)>,
}

/// The name of a row: a past or coming appointment, a task.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RowName {
    /// The name of the element: `cell-0/tenant-1/rep-07/task-2`.
    pub name: String,
    /// The id of the row: `task_…`.
    pub id: SmolStr,
}
