//! A rep's day: where it begins, the visits and the ways between them, lunch, and what happens to the phone.

use super::demo::demo;
use super::fate::{audio_kbit_s, fate, mode, overrun};
use super::tenant::{Here, KnownRep, KnownVisit, TenantMaker};
use super::{EVENING, KillPlan, LunchPlan, RepPlan, Routine, VisitPlan};
use crate::keys::{between, id, part, stream};
use crate::people;
use fieldday_api::SmolStr;
use fieldday_api::dataset::User;
use fieldday_api::names::Role;
use fieldday_kernel::random::{Stream, name_key};
use fieldday_kernel::time::{Span, Time, TimeOfDay};
use fieldday_radio::air::{Gap, Spot, SpotKind};
use fieldday_radio::place::Point;
use fieldday_radio::track::{Roads, expected_drive};
use fieldday_scenario::persona::Persona;
use std::sync::Arc;

/// Appointments begin on the quarter of an hour.
const QUARTER: i64 = 15 * 60 * 1_000_000;
/// No lunch break begins before this local time.
const LUNCH_FROM: TimeOfDay = TimeOfDay::hm(11, 30);

/// A rep while its rows and its day are made.
pub(super) struct RepMaker {
    pub number: usize,
    pub name: String,
    pub key: u64,
    pub rep_id: SmolStr,
    pub user_id: SmolStr,
    pub persona: Arc<Persona>,
    pub known: KnownRep,
}

/// The state of a rep's day while its visits are made.
struct Day {
    /// The index of the territory's area around which the visits lie.
    area: usize,
    lunch: Option<LunchPlan>,
    /// When and where the rep is free again.
    free: (Time, Point),
}

impl TenantMaker<'_> {
    /// Makes the rep of that number, with all its rows; none if it was taken out. One that does not work has rows alone.
    pub(super) fn rep(&mut self, number: usize, works: bool) -> Option<KnownRep> {
        let name = part(&self.site.name, "rep", number);
        if self.plan.removed.takes(&name) {
            return None;
        }
        let key = name_key(&name);
        let mut stream = stream(self.plan.seed, key);
        let persona = stream.weighted(self.plan.personas.iter().map(|(_, weight)| *weight));
        let (user_id, rep_id) = self.user(&mut stream, number, key);
        let known = KnownRep { rep_id: rep_id.clone(), visits: Vec::with_capacity(8), tasks: Vec::with_capacity(8) };
        let persona = self.plan.personas[persona].0.clone();
        let mut rep = RepMaker { number, name, key, rep_id, user_id, persona, known };
        if works {
            self.day(&mut rep, &mut stream);
        }
        self.other_rows(&mut rep, stream.bits());
        Some(rep.known)
    }

    /// A phone is looked at until then, and until some time after the network is back, should it be away at that time.
    fn network_back_by(&self, evening: Time) -> Time {
        // By the scenario's outages, also if one was taken out: nobody's day gets shorter by that.
        let times = self.plan.scenario.outage.iter().map(|outage| {
            let from = self.site.zone.at(self.site.date, outage.from);
            (from, from + Span::minutes(i64::from(outage.minutes)))
        });
        let away = times.filter(|(from, until)| *from < evening && *until + EVENING > evening);
        away.map(|(_, until)| until + Span::hours(1)).max().unwrap_or(evening).max(evening)
    }

    fn user(&mut self, stream: &mut Stream, number: usize, key: u64) -> (SmolStr, SmolStr) {
        let (first, last) = people::name(stream);
        let mut user = User {
            user_id: id("user_", key),
            rep_id: Some(id("rep_", key)),
            role: Role::SalesRep,
            name: format!("{} {}", first.expose(), last.expose()).into(),
            email: people::email(b'r', key),
        };
        if let Some(known) = demo().user(Role::SalesRep).filter(|_| self.site.demo && number == 0) {
            (user.user_id, user.name, user.email) = (known.user_id.clone(), known.name.clone(), known.email.clone());
        }
        let ids = (user.user_id.clone(), id("rep_", key));
        self.data.users.push(user);
        ids
    }

    fn day(&mut self, rep: &mut RepMaker, stream: &mut Stream) {
        let (territory, window) = (self.site.territory, self.plan.scenario.day.leave_home);
        let home_area = territory.any_area(stream);
        let home = territory.place_in(home_area, stream);
        // In microseconds: on whole seconds, thousands of reps would clock in at the same moments.
        let within = Span::seconds(i64::from(window.1.seconds()) - i64::from(window.0.seconds()));
        let after = Span::micros(stream.range(0..within.as_micros() + 1));
        let leaves_home = self.site.zone.at(self.site.date, window.0) + after;
        let eats = stream.bernoulli(rep.persona.lunch_ppm);
        let mut day = Day { area: territory.area_near(home_area, stream), lunch: None, free: (leaves_home, home) };
        let visits = between(stream, rep.persona.appointments);
        for number in 1..=visits as usize {
            let noon = self.site.zone.at(self.site.date, LUNCH_FROM);
            if eats && day.lunch.is_none() && number > 1 && day.free.0 >= noon {
                self.lunch(rep, &mut day);
            }
            if !self.visit(rep, number, &mut day) {
                break;
            }
        }
        let paperwork = Span::micros(stream.range(300_000_000..1_500_000_001));
        let lunch_name = format!("{}/lunch", rep.name);
        let routine = Routine::of(|what| !self.plan.removed.takes(&format!("{}/{what}", rep.name)));
        let stops_work = day.free.0 + expected_drive(day.free.1, home, &Roads::default()) + paperwork;
        self.gap(rep, leaves_home, stops_work);
        let plan = RepPlan {
            key: rep.key,
            tenant_id: self.id.clone(),
            rep_id: rep.rep_id.clone(),
            user_id: rep.user_id.clone(),
            trace: self.plan.traces.of(&rep.persona.name, self.site.territory.name()).cloned(),
            persona: rep.persona.clone(),
            home,
            leaves_home,
            stops_work,
            lunch: day.lunch.filter(|_| !self.plan.removed.takes(&lunch_name)),
            kills: self.kills(rep, leaves_home, stops_work),
            reads_back: self.plan.scenario.proof.app && !self.plan.removed.takes(&format!("{}/proof", rep.name)),
            routine,
            lives_until: self.network_back_by(stops_work + EVENING).min(self.site.ends),
            name: rep.name.clone(),
        };
        self.reps.push(plan);
    }

    /// Plans a visit; false if the day has no room for it.
    fn visit(&mut self, rep: &mut RepMaker, number: usize, day: &mut Day) -> bool {
        let name = part(&rep.name, "visit", number);
        let key = name_key(&name);
        let mut stream = stream(self.plan.seed, key);
        let territory = self.site.territory;
        let area = territory.area_near(day.area, &mut stream);
        let place = territory.place_in(area, &mut stream);
        // In quarters of an hour.
        let minutes = (between(&mut stream, rep.persona.visit_minutes) + 7) / 15 * 15;
        // The office reckons with the drive and a little; then the next quarter of an hour.
        let slack = Span::minutes(stream.range(3..9));
        let ready = day.free.0 + expected_drive(day.free.1, place, &Roads::default()) + slack;
        let start = Time::from_micros((ready.micros() + QUARTER - 1).div_euclid(QUARTER) * QUARTER);
        let end = start + Span::minutes(minutes);
        if end > self.site.zone.at(self.site.date, self.plan.scenario.day.latest) && number > 1 {
            return false;
        }
        day.free = (end, place);
        let visits = &self.plan.scenario.visits;
        let visit = VisitPlan {
            appointment_id: id("appt_", key),
            place,
            start,
            end,
            fate: fate(visits, &rep.persona, &mut stream),
            mode: mode(visits, &mut stream),
            audio_kbit_s: audio_kbit_s(visits, &mut stream),
            overrun: overrun(&rep.persona, &mut stream),
            name,
        };
        let here = !self.plan.removed.takes(&visit.name);
        rep.known.visits.push(KnownVisit {
            appointment_id: visit.appointment_id.clone(),
            contact_id: id("contact_", key),
            start,
            end,
            here,
        });
        // Drawn also for a visit that was taken out, whose basement goes with it: what is drawn next stays what it was.
        self.basement(&visit, end.since(start), &mut stream);
        self.visit_rows(rep, &visit, key, number, here, stream);
        if here {
            self.visits.insert(visit.appointment_id.clone(), visit);
        }
        true
    }

    /// Part of the talk may be where no network is.
    fn basement(&mut self, visit: &VisitPlan, length: Span, stream: &mut Stream) {
        let there = stream.bernoulli(self.plan.scenario.visits.basement_ppm);
        let (after, lasts) = (stream.range(0..40), stream.range(30..100));
        let name = format!("{}/basement", visit.name);
        if there && !self.plan.removed.takes(&name) {
            let share = |percent: i64| Span::micros(length.as_micros() / 100 * percent);
            let kind = SpotKind::Basement { after: share(after), lasts: share(lasts) };
            self.air.spots.push(Spot { name, place: visit.place, kind });
        }
    }

    fn lunch(&mut self, rep: &RepMaker, day: &mut Day) {
        let name = format!("{}/lunch", rep.name);
        let mut stream = stream(self.plan.seed, name_key(&name));
        let minutes = between(&mut stream, rep.persona.lunch_minutes);
        let offset = |stream: &mut Stream| stream.range(-120_000..120_001);
        let place = day.free.1.moved(offset(&mut stream), offset(&mut stream));
        let at = day.free.0;
        let portal = stream.bernoulli(self.plan.scenario.network.portal_ppm);
        let accepted_after = Span::seconds(stream.range(40..1200));
        let drive = expected_drive(day.free.1, place, &Roads::default());
        day.free = (day.free.0 + drive + Span::minutes(minutes), place);
        let portal_name = format!("{name}/portal");
        day.lunch = Some(LunchPlan { at, minutes: minutes as u32, place });
        if portal && !self.plan.removed.takes(&portal_name) {
            self.air.spots.push(Spot { name: portal_name, place, kind: SpotKind::Portal { accepted_after } });
        }
    }

    /// A phone may lose the network for long, wherever it is.
    fn gap(&mut self, rep: &RepMaker, from: Time, until: Time) {
        let name = format!("{}/gap", rep.name);
        let network = &self.plan.scenario.network;
        let mut stream = stream(self.plan.seed, name_key(&name));
        if stream.bernoulli(network.gap_ppm) && !self.plan.removed.takes(&name) {
            let from = from + Span::micros(stream.range(0..until.since(from).as_micros().max(1)));
            let until = from + Span::minutes(between(&mut stream, network.gap_minutes));
            self.air.gaps.push(Gap { name, phone: rep.key, from, until });
        }
    }

    fn kills(&self, rep: &RepMaker, from: Time, until: Time) -> Vec<KillPlan> {
        let scenario = self.plan.scenario.kills;
        let mut kills = Vec::new();
        for number in 1..=scenario.at_most as usize {
            let name = part(&rep.name, "kill", number);
            let mut stream = stream(self.plan.seed, name_key(&name));
            if !stream.bernoulli(scenario.ppm) || self.plan.removed.takes(&name) {
                continue;
            }
            // Half of them fall when the app has most to lose: in the minutes after a visit, while it uploads.
            let after_a_visit = stream.bernoulli(500_000);
            let any_time = from + Span::micros(stream.range(0..until.since(from).as_micros().max(1)));
            let soon = Span::micros(stream.range(0..180_000_000));
            let visit = stream.pick(&rep.known.visits).filter(|_| after_a_visit);
            kills.push(KillPlan { name, at: visit.map_or(any_time, |v| v.end + soon) });
        }
        kills.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
        kills
    }

    /// Notes the name of a row, and whether the row is there: every row has its name, and may be taken out by it.
    pub(super) fn named_row(&mut self, name: String, id: &SmolStr) -> Here {
        let here = !self.plan.removed.takes(&name);
        if here {
            self.rows.push(super::RowName { name, id: id.clone() });
        }
        here
    }
}
