//! From a data set to rows and their indices.

use crate::Backend;
use crate::config::Config;
use crate::defects::Defects;
use crate::memory::Memory;
use crate::mishaps::Mishaps;
use crate::pipeline::ShunyaTables;
use crate::state::{
    Agenda, AppointmentRow, At, Calendar, ContactRow, Ids, Kind, LeadRow, RepRow, SessionRow, TaskRow, Tenant, Uploads,
    UserRow, agenda_key,
};
use crate::times::ServiceTables;
use fieldday_api::SmolStr;
use fieldday_api::dataset::{OwnedTask, TenantData, Thread, User};
use fieldday_api::names::TaskStatus;
use fieldday_api::private::Private;
use fieldday_api::wire::appointments::{Appointment, Contact, Lead};
use fieldday_api::wire::recordings::RecordingSession;
use fieldday_kernel::random::name_key;
use fieldday_kernel::time::Time;

/// What is wrong with a data set.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DataError {
    /// Two rows have one id.
    #[error("two rows have the id {id:?}: ids are unique over all tenants of a backend")]
    Twice {
        /// The id that two rows have.
        id: SmolStr,
    },
    /// A row names another that is not there.
    #[error("{row:?} names {names:?}, which tenant {tenant:?} does not have")]
    Dangling {
        /// The id of the row with the reference.
        row: SmolStr,
        /// The id that no row has.
        names: SmolStr,
        /// The id of the tenant that the row belongs to.
        tenant: SmolStr,
    },
}

impl Backend {
    /// A backend that holds these tenants from `start` on.
    ///
    /// # Panics
    /// If the data set is broken: if [`Backend::try_new`] would refuse it.
    pub fn new(config: Config, seed: u64, start: Time, tenants: Vec<TenantData>) -> Backend {
        match Backend::try_new(config, seed, start, tenants) {
            Ok(backend) => backend,
            Err(error) => panic!("{error}"),
        }
    }

    /// A backend with these rows; an error if the data set is broken.
    pub fn try_new(config: Config, seed: u64, start: Time, tenants: Vec<TenantData>) -> Result<Backend, DataError> {
        let mut ids = Ids::with_capacity_and_hasher(
            tenants.iter().map(TenantData::rows).sum::<usize>() * 2,
            foldhash::fast::FixedState::default(),
        );
        let mut loaded = Vec::with_capacity(tenants.len());
        for (index, data) in tenants.into_iter().enumerate() {
            let load = Load { ids: &mut ids, tenant: index as u16, id: data.id.clone() };
            loaded.push(load.tenant(data)?);
        }
        Ok(Backend {
            defects: Defects::new(&config.defects),
            mishaps: Mishaps::new(seed, &config.mishaps),
            service: ServiceTables::new(&config.service),
            shunya: ShunyaTables::new(&config.shunya),
            config,
            seed,
            start,
            ids,
            uploads: Uploads::default(),
            memory: Memory::default(),
            tenants: loaded,
        })
    }
}

struct Load<'a> {
    ids: &'a mut Ids,
    tenant: u16,
    id: SmolStr,
}

impl Load<'_> {
    fn tenant(mut self, data: TenantData) -> Result<Tenant, DataError> {
        self.name(&data.id, Kind::Tenant, 0)?;
        let mut tenant = Tenant {
            id: data.id,
            zone: data.zone,
            policy: data.policy,
            users: Vec::new(),
            reps: Vec::new(),
            contacts: Vec::with_capacity(data.contacts.len()),
            leads: Vec::with_capacity(data.leads.len()),
            appointments: Vec::with_capacity(data.appointments.len()),
            tasks: Vec::with_capacity(data.tasks.len()),
            sessions: Vec::new(),
            shifts: Vec::new(),
            wins: Vec::new(),
            calendar: Calendar::default(),
            agenda: Agenda::default(),
        };
        data.users.into_iter().try_for_each(|user| self.user(&mut tenant, user))?;
        data.contacts.into_iter().try_for_each(|contact| self.contact(&mut tenant, contact))?;
        data.leads.into_iter().try_for_each(|lead| self.lead(&mut tenant, lead))?;
        data.appointments.into_iter().try_for_each(|appointment| self.appointment(&mut tenant, appointment))?;
        data.tasks.into_iter().try_for_each(|task| self.task(&mut tenant, task))?;
        data.sessions.into_iter().try_for_each(|session| self.session(&mut tenant, session))?;
        data.threads.into_iter().try_for_each(|thread| self.thread(&mut tenant, thread))?;
        Ok(tenant)
    }

    fn name(&mut self, id: &SmolStr, kind: Kind, row: usize) -> Result<(), DataError> {
        let at = At { tenant: self.tenant, row: row as u32 };
        match self.ids.insert(id.clone(), (kind, at)) {
            None => Ok(()),
            Some(_) => Err(DataError::Twice { id: id.clone() }),
        }
    }

    /// The row of one of `kinds` that `row` names.
    fn named(&self, row: &SmolStr, names: &SmolStr, kinds: &[Kind]) -> Result<(Kind, usize), DataError> {
        match self.ids.get(names) {
            Some((kind, at)) if kinds.contains(kind) && at.tenant == self.tenant => Ok((*kind, at.row as usize)),
            _ => Err(DataError::Dangling { row: row.clone(), names: names.clone(), tenant: self.id.clone() }),
        }
    }

    /// The rep that `row` names by its rep id or its user id.
    fn rep(&self, tenant: &Tenant, row: &SmolStr, names: Option<&SmolStr>) -> Result<Option<u32>, DataError> {
        let Some(names) = names else { return Ok(None) };
        let rep = match self.named(row, names, &[Kind::Rep, Kind::User])? {
            (Kind::User, user) => tenant.users[user].rep,
            (_, rep) => Some(rep as u32),
        };
        rep.map(Some).ok_or_else(|| self.dangling(row, names))
    }

    fn dangling(&self, row: &SmolStr, names: &SmolStr) -> DataError {
        DataError::Dangling { row: row.clone(), names: names.clone(), tenant: self.id.clone() }
    }

    fn user(&mut self, tenant: &mut Tenant, user: User) -> Result<(), DataError> {
        let rep = match user.rep_id {
            None => None,
            Some(rep_id) => {
                let row = tenant.reps.len();
                self.name(&rep_id, Kind::Rep, row)?;
                tenant.reps.push(RepRow {
                    rep_id,
                    calendar: Calendar::default(),
                    agenda: Agenda::default(),
                    shifts: Vec::new(),
                });
                Some(row as u32)
            }
        };
        self.name(&user.user_id, Kind::User, tenant.users.len())?;
        tenant.users.push(UserRow { rep });
        Ok(())
    }

    fn contact(&mut self, tenant: &mut Tenant, contact: Contact) -> Result<(), DataError> {
        self.name(&contact.id, Kind::Contact, tenant.contacts.len())?;
        let full_name = format!("{} {}", contact.first_name.expose(), contact.last_name.expose());
        let full_name = Private::from(full_name);
        tenant.contacts.push(ContactRow { contact, full_name, messages: Vec::new() });
        Ok(())
    }

    fn lead(&mut self, tenant: &mut Tenant, lead: Lead) -> Result<(), DataError> {
        self.name(&lead.id, Kind::Lead, tenant.leads.len())?;
        tenant.leads.push(LeadRow { lead, appointments: Vec::new() });
        Ok(())
    }

    fn appointment(&mut self, tenant: &mut Tenant, mut appointment: Appointment) -> Result<(), DataError> {
        let row = tenant.appointments.len() as u32;
        self.name(&appointment.id, Kind::Appointment, row as usize)?;
        let (_, lead) = self.named(&appointment.id, &appointment.lead_id, &[Kind::Lead])?;
        let (_, contact) = self.named(&appointment.id, &appointment.contact_card_id, &[Kind::Contact])?;
        let rep = self.rep(tenant, &appointment.id, appointment.assigned_rep_id.as_ref())?;
        appointment.assigned_rep_id = rep.map(|rep| tenant.reps[rep as usize].rep_id.clone());
        tenant.leads[lead].appointments.push(row);
        tenant.appointments.push(AppointmentRow {
            appointment,
            rep,
            former_rep: None,
            lead: lead as u32,
            contact: contact as u32,
            pending_tasks: 0,
            last_session: None,
            before: None,
        });
        tenant.schedule(row);
        Ok(())
    }

    fn task(&mut self, tenant: &mut Tenant, owned: OwnedTask) -> Result<(), DataError> {
        let OwnedTask { rep_id, mut task } = owned;
        let row = tenant.tasks.len() as u32;
        self.name(&task.id, Kind::Task, row as usize)?;
        let rep = self.rep(tenant, &task.id, rep_id.as_ref())?;
        if task.status == TaskStatus::Overdue {
            task.status = TaskStatus::Open;
        }
        let appointment = match &task.appointment_id {
            Some(id) => Some(self.named(&task.id, id, &[Kind::Appointment])?.1 as u32),
            None => None,
        };
        if let Some(appointment) = appointment
            && task.status == TaskStatus::Open
        {
            tenant.appointments[appointment as usize].pending_tasks += 1;
        }
        let key = agenda_key(&task);
        tenant.tasks.push(TaskRow { task, rep, appointment, before: None });
        tenant.agenda_insert(key, row);
        Ok(())
    }

    fn session(&mut self, tenant: &mut Tenant, mut session: RecordingSession) -> Result<(), DataError> {
        let row = tenant.sessions.len() as u32;
        self.name(&session.id, Kind::Session, row as usize)?;
        let (_, appointment) = self.named(&session.id, &session.appointment_id, &[Kind::Appointment])?;
        let rep = self.rep(tenant, &session.id, Some(&session.rep_id))?;
        if let Some(rep) = rep {
            session.rep_id = tenant.reps[rep as usize].rep_id.clone();
        }
        tenant.appointments[appointment].last_session = Some(row);
        tenant.sessions.push(SessionRow {
            key: name_key(&session.id),
            reported: session.audio_url.clone(),
            session,
            rep,
            place: None,
            pipeline: None,
            next_change: Time::from_micros(i64::MAX),
            answer: None,
        });
        Ok(())
    }

    fn thread(&mut self, tenant: &mut Tenant, thread: Thread) -> Result<(), DataError> {
        let (_, contact) = self.named(&thread.contact_card_id, &thread.contact_card_id, &[Kind::Contact])?;
        let messages = &mut tenant.contacts[contact].messages;
        for message in thread.messages {
            self.name(&message.id, Kind::Message, messages.len())?;
            messages.push(message);
        }
        messages.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(())
    }
}

impl Tenant {
    /// Puts an appointment in the calendars of the office and of its rep.
    pub(crate) fn schedule(&mut self, row: u32) {
        let AppointmentRow { appointment, rep, .. } = &self.appointments[row as usize];
        let key = (self.zone.date(appointment.scheduled_start), appointment.scheduled_start);
        let id = |row: u32| &self.appointments[row as usize].appointment.id;
        self.calendar.insert(key, row, id);
        if let Some(rep) = rep {
            self.reps[*rep as usize].calendar.insert(key, row, id);
        }
    }

    /// Takes it out again, before its start or its rep changes.
    pub(crate) fn unschedule(&mut self, row: u32) {
        let AppointmentRow { appointment, rep, .. } = &self.appointments[row as usize];
        let key = (self.zone.date(appointment.scheduled_start), appointment.scheduled_start);
        self.calendar.remove(key, row);
        if let Some(rep) = rep {
            self.reps[*rep as usize].calendar.remove(key, row);
        }
    }

    /// Puts a task in the agendas of the office and of its rep.
    pub(crate) fn agenda_insert(&mut self, key: (Time, Time), row: u32) {
        let id = |row: u32| &self.tasks[row as usize].task.id;
        self.agenda.insert(key, row, id);
        if let Some(rep) = self.tasks[row as usize].rep {
            self.reps[rep as usize].agenda.insert(key, row, id);
        }
    }

    /// Takes it out again, before its due date or its rep changes.
    pub(crate) fn agenda_remove(&mut self, key: (Time, Time), row: u32) {
        self.agenda.remove(key, row);
        if let Some(rep) = self.tasks[row as usize].rep {
            self.reps[rep as usize].agenda.remove(key, row);
        }
    }
}
