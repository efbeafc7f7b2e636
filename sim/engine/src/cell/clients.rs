//! The clients of a cell at their stations, before anybody begins: the same for a cell in virtual time, for one on the wall
//! clock, and for one that is replayed.

use fieldday_api::SmolStr;
use fieldday_api::names::Role;
use fieldday_conform::{Actor, NoCast, Part};
use fieldday_history::EventKind;
use fieldday_history::event::{Client, ClientKind};
use fieldday_kernel::time::{Span, Zone};
use fieldday_plan::{AuditorPlan, IntruderPlan, OfficePlan, RepPlan, TenantPlan};
use fieldday_radio::link::Link;
use fieldday_radio::territory::Territory;
use fieldday_radio::track::Roads;
use fieldday_rep::app::settings::Settings;
use fieldday_rep::person::{Person, Town};
use fieldday_rep::phone::{Owner, Phone};
use fieldday_rep::station::{AccessLink, CellContext, DayClock, Occupant, Station};
use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

/// A client with its day before it.
pub struct Seat {
    /// The client's link, clock, random streams and transport.
    pub station: Station,
    /// The client as the history introduces it.
    pub client: Client,
    /// The plan of its day.
    pub day: Day,
}

/// A client's day before it begins.
pub enum Day {
    /// The day of a rep with a phone.
    Rep(RepDay),
    /// The day of somebody in the office.
    Desk(OfficePlan),
    /// The day of an auditor, who reads rows back.
    Auditor(AuditorPlan),
    /// The day of an intruder, who sends what must be refused.
    Intruder(IntruderPlan),
}

/// A rep's day before it begins.
pub struct RepDay {
    /// The visits, habits and mishaps of the day.
    pub plan: RepPlan,
    /// The territory that the rep drives in.
    pub town: Rc<Town>,
    /// The phone, which outlives the app that runs on it.
    pub phone: Rc<Phone>,
}

impl RepDay {
    /// The day as it is lived.
    pub fn lived(self) -> impl Future<Output = ()> {
        Person::new(self.phone, self.plan, self.town).day()
    }
}

/// How the clients of a cell are set up.
pub struct Furnishing<'a> {
    /// The executor, the recorder and the transport that all of them share.
    pub context: Rc<CellContext>,
    /// How the app on every phone is set up.
    pub app: &'a Settings,
    /// Whether phones have a mobile network: if not, their lines carry everything at once.
    pub mobile: bool,
    /// One way over an office's line.
    pub office_one_way: Span,
}

impl Furnishing<'_> {
    /// Seats the clients of the tenants, in the plan's order, and records who they are. `days` are the clocks of the tenants'
    /// days, in the same order.
    pub fn seat(&self, tenants: Vec<TenantPlan>, days: impl Iterator<Item = DayClock>) -> Vec<Seat> {
        let mut seats = Vec::new();
        for (mut tenant, day) in tenants.into_iter().zip(days) {
            let (reps, office) = (std::mem::take(&mut tenant.reps), std::mem::take(&mut tenant.office));
            let (auditor, intruders) = (tenant.auditor.take(), std::mem::take(&mut tenant.intruders));
            let at = Site { furnishing: self, zone: tenant.data.zone, territory: tenant.territory, day };
            let (visits, places, found) = (tenant.visits, tenant.places, tenant.found);
            let town = Rc::new(Town { visits, places, found, roads: Roads::default() });
            for plan in reps {
                let line = match self.mobile {
                    true => {
                        let (air, trace) = (tenant.air.clone(), plan.trace.clone());
                        let link = Link::with_trace(self.context.seed, plan.key, air, trace);
                        AccessLink::Mobile(Box::new(RefCell::new(link)))
                    }
                    false => AccessLink::direct(Span::ZERO),
                };
                let client = who(&plan.name, &plan.tenant_id, &plan.user_id, Some(&plan.rep_id), ClientKind::Phone);
                let station = at.station(seats.len(), plan.key, line, &client);
                let owner = Owner { rep_id: plan.rep_id.clone(), user_id: plan.user_id.clone() };
                let patience = Span::seconds(i64::from(plan.persona.patience_s));
                let phone = Phone::new(station.clone(), owner, Settings { patience, ..self.app.clone() });
                seats.push(Seat { station, client, day: Day::Rep(RepDay { plan, town: town.clone(), phone }) });
            }
            for plan in office {
                let role = plan.role;
                let client = Client { role, ..who(&plan.name, &plan.tenant_id, &plan.user_id, None, ClientKind::Desk) };
                let station = at.station(seats.len(), plan.key, AccessLink::direct(self.office_one_way), &client);
                seats.push(Seat { station, client, day: Day::Desk(plan) });
            }
            if let Some(plan) = auditor {
                let role = Role::Manager;
                let client =
                    Client { role, ..who(&plan.name, &plan.tenant_id, &plan.user_id, None, ClientKind::Auditor) };
                let station = at.station(seats.len(), plan.key, AccessLink::direct(self.office_one_way), &client);
                seats.push(Seat { station, client, day: Day::Auditor(plan) });
            }
            for plan in intruders {
                let client = who(&plan.name, &plan.tenant_id, &plan.user_id, Some(&plan.rep_id), ClientKind::Intruder);
                let station = at.station(seats.len(), plan.key, AccessLink::direct(self.office_one_way), &client);
                seats.push(Seat { station, client, day: Day::Intruder(plan) });
            }
        }
        seats
    }
    /// Seats those who take part in a conformance pass, in the order of their places, and records who they are.
    pub fn seat_conformers(&self, tenants: &[TenantPlan], days: &[DayClock]) -> Result<Vec<Actor>, NoCast> {
        let parts = fieldday_conform::cast(tenants)?;
        let seated = parts.into_iter().enumerate().map(|(number, Part { tenant, key, client })| {
            let (of, day) = (&tenants[tenant], days[tenant]);
            let site = Site { furnishing: self, zone: of.data.zone.clone(), territory: of.territory.clone(), day };
            let station = site.station(number, key, AccessLink::direct(self.office_one_way), &client);
            Actor::new(station, client)
        });
        Ok(seated.collect())
    }
}

/// Where a tenant's clients are.
struct Site<'a> {
    furnishing: &'a Furnishing<'a>,
    zone: Zone,
    territory: Arc<Territory>,
    day: DayClock,
}

impl Site<'_> {
    /// A station for the client of that number, which is recorded to be there.
    fn station(&self, number: usize, key: u64, line: AccessLink, client: &Client) -> Station {
        let occupant = Occupant {
            client: number as u32,
            key,
            tenant: client.tenant.clone(),
            user_id: client.user_id.clone(),
            role: client.role,
            line,
            day: self.day,
            zone: self.zone.clone(),
            territory: self.territory.clone(),
        };
        let station = Station::new(self.furnishing.context.clone(), occupant);
        station.record(EventKind::Client(Box::new(client.clone())));
        station
    }
}

/// A client with a rep's role.
fn who(name: &str, tenant: &SmolStr, user_id: &SmolStr, rep_id: Option<&SmolStr>, kind: ClientKind) -> Client {
    let (tenant, user_id, rep_id) = (tenant.clone(), user_id.clone(), rep_id.cloned());
    Client { name: name.into(), tenant, user_id, rep_id, role: Role::SalesRep, kind }
}
