//! The office: managers and CSRs at their desks, who move, cancel and reassign what reps have in hand.

use crate::browser::Browser;
use crate::station::Station;
use fieldday_api::call::Call;
use fieldday_api::defaults::FIRST_PAGE;
use fieldday_api::names::{AppointmentStatus, Assignee};
use fieldday_api::wire::Page;
use fieldday_api::wire::appointments::{AppointmentPatch, AppointmentQuery};
use fieldday_api::wire::tasks::{TaskCreate, TaskPatch};
use fieldday_history::event::Cause;
use fieldday_plan::{OfficeDeed, OfficePlan};

/// An office user at a desk.
pub struct Desk {
    browser: Browser,
    plan: OfficePlan,
}

impl Desk {
    /// An office user who has done nothing yet.
    pub fn new(station: Station, plan: OfficePlan) -> Desk {
        Desk { browser: Browser::new(station), plan }
    }
    /// Does what the plan says, when it says.
    pub async fn day(mut self) {
        for action in self.plan.actions {
            self.browser.station.sleep_until_in_day(action.at).await;
            self.browser.call(request(&action.what), Cause::Office).await;
        }
    }
}

/// The request that carries out an action of the office.
fn request(deed: &OfficeDeed) -> Call {
    let patch = |appointment_id: &fieldday_api::SmolStr, body| Call::UpdateAppointment {
        appointment_id: appointment_id.clone(),
        body,
    };
    match deed {
        OfficeDeed::Look { rep_id } => {
            Call::ListAppointments(AppointmentQuery { rep_id: Some(rep_id.clone()), ..Default::default() })
        }
        OfficeDeed::Move { appointment_id, start, end } => {
            let (scheduled_start, scheduled_end) = (Some(*start), Some(*end));
            patch(appointment_id, AppointmentPatch { scheduled_start, scheduled_end, ..Default::default() })
        }
        OfficeDeed::Cancel { appointment_id } => {
            let status = Some(AppointmentStatus::Cancelled);
            patch(appointment_id, AppointmentPatch { status, ..Default::default() })
        }
        OfficeDeed::Reassign { appointment_id, to_rep_id } => {
            let assigned_rep_id = Some(to_rep_id.clone());
            patch(appointment_id, AppointmentPatch { assigned_rep_id, ..Default::default() })
        }
        OfficeDeed::CreateTask { appointment_id, description, due } => Call::CreateTask(TaskCreate {
            description: description.clone(),
            assigned_to: Assignee::SalesRep,
            contact_card_id: None,
            lead_id: None,
            appointment_id: Some(appointment_id.clone()),
            call_id: None,
            due_at: Some(*due),
            priority: None,
            source: None,
        }),
        OfficeDeed::UpdateTask { task_id, due } => {
            Call::UpdateTask { task_id: task_id.clone(), body: TaskPatch { due_at: Some(*due), ..Default::default() } }
        }
        OfficeDeed::ReadThread { contact_card_id } => Call::GetThread {
            contact_card_id: contact_card_id.clone(),
            page: Page { limit: Some(FIRST_PAGE), offset: None },
        },
    }
}
