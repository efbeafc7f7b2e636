//! Visits that no plan knows: appointments that a target had already, or made meanwhile. What happens at one follows from
//! the seed and the appointment's id alone, so a day on data as they were found is a real day, and the same one when it is
//! lived again.

use super::fate::{audio_kbit_s, fate, mode, overrun};
use super::{Places, VisitPlan};
use fieldday_api::SmolStr;
use fieldday_api::private::Private;
use fieldday_kernel::random::{Purpose, Stream, name_key};
use fieldday_kernel::time::Time;
use fieldday_radio::place::Point;
use fieldday_radio::territory::Territory;
use fieldday_scenario::persona::Persona;
use fieldday_scenario::{Scenario, Visits};
use std::sync::Arc;

/// The purpose of the draw of a place for an address whose place is not known.
const PLACE: Purpose = Purpose::new("world.found.place");
/// The purpose of the draws of a visit that no plan knows.
const VISIT: Purpose = Purpose::new("world.found.visit");

/// An appointment as a target's list shows it.
#[derive(Clone, Copy, Debug)]
pub struct FoundAppointment<'a> {
    /// The id of the appointment at the target.
    pub appointment_id: &'a SmolStr,
    /// The address of the visit, by which its place is looked up.
    pub address: &'a Private,
    /// The planned beginning of the visit.
    pub start: Time,
    /// The planned end of the visit.
    pub end: Time,
}

/// How a tenant's scenario treats appointments that its plan does not know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    seed: u64,
    territory: Arc<Territory>,
    visits: Arc<Visits>,
    places_unknown: bool,
}

/// Some place in the territory for an address or an id that nobody knows a place of: the same for the same key and seed.
///
/// All of them lie around the area where most people live, within a day's reach of one another: whoever has several of
/// them in a day can drive them.
pub fn place_for(territory: &Territory, key: u64, seed: u64) -> Point {
    let mut stream = Stream::new(seed, PLACE, key, 0, 0);
    let area = territory.area_near(territory.largest_area(), &mut stream);
    territory.place_in(area, &mut stream)
}

/// The visit at an appointment that the plan does not know, at `place`, if this rep makes it.
pub fn found_visit(
    seed: u64,
    visits: &Visits,
    persona: &Persona,
    place: Point,
    appointment: FoundAppointment<'_>,
) -> VisitPlan {
    let mut stream = Stream::new(seed, VISIT, name_key(appointment.appointment_id), 0, 0);
    VisitPlan {
        name: format!("found/{}", appointment.appointment_id),
        appointment_id: appointment.appointment_id.clone(),
        place,
        start: appointment.start,
        end: appointment.end,
        fate: fate(visits, persona, &mut stream),
        mode: mode(visits, &mut stream),
        audio_kbit_s: audio_kbit_s(visits, &mut stream),
        overrun: overrun(persona, &mut stream),
    }
}

impl Found {
    /// The treatment that the scenario gives a tenant in this territory.
    pub fn new(scenario: &Scenario, seed: u64, territory: Arc<Territory>) -> Found {
        let (visits, places_unknown) = (Arc::new(scenario.visits.clone()), scenario.data.place_unknown);
        Found { seed, territory, visits, places_unknown }
    }
    /// The visit behind an appointment that the plan does not know: at the place that its address is known to have, else at
    /// one that is made up, by the appointment's id; none if places are not to be made up.
    pub fn visit(&self, places: &Places, persona: &Persona, appointment: FoundAppointment<'_>) -> Option<VisitPlan> {
        let made_up = || self.made_up(appointment.appointment_id);
        let place = places.get(appointment.address).or_else(made_up)?;
        Some(found_visit(self.seed, &self.visits, persona, place, appointment))
    }
    /// Where a visit is made whose address nobody knows a place of; none if places are not to be made up.
    pub fn made_up(&self, appointment_id: &SmolStr) -> Option<Point> {
        self.places_unknown.then(|| place_for(&self.territory, name_key(appointment_id), self.seed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VisitFate;
    use fieldday_kernel::time::Span;
    use fieldday_radio::territory;
    use fieldday_scenario::persona;
    use std::collections::BTreeSet;

    fn appointment<'a>(id: &'a SmolStr, address: &'a Private) -> FoundAppointment<'a> {
        let start = Time::parse("2026-06-10T14:00:00Z").unwrap();
        FoundAppointment { appointment_id: id, address, start, end: start + Span::minutes(60) }
    }

    #[test]
    fn places_are_the_same_each_time_spread_out_and_within_a_days_reach() {
        for territory in territory::territories() {
            let places: Vec<Point> = (0..200).map(|key| place_for(territory, key, 7)).collect();
            let again: Vec<Point> = (0..200).map(|key| place_for(territory, key, 7)).collect();
            assert_eq!(places, again);
            assert!(places.iter().collect::<BTreeSet<_>>().len() > 190);
            assert!(places.iter().all(|place| place.distance_m(places[0]) < 42_000), "{}", territory.name());
            assert_ne!(places[0], place_for(territory, 0, 8));
        }
    }

    #[test]
    fn a_found_visit_follows_from_seed_and_id_and_all_fates_occur() {
        let scenario = Scenario::load("weekday").unwrap();
        let found = Found::new(&scenario, 1, territory::named("denver").unwrap().clone());
        let (persona, nowhere, address) = (&persona::personas()[0], Places::default(), Private::from("1 Elm Street"));
        let ids: Vec<SmolStr> = (0..300).map(|i| SmolStr::from(format!("apt-{i}"))).collect();
        let made = |id| found.visit(&nowhere, persona, appointment(id, &address)).unwrap();
        let visits: Vec<VisitPlan> = ids.iter().map(made).collect();
        assert_eq!(visits, ids.iter().map(made).collect::<Vec<_>>());
        assert_eq!(visits[3].name, "found/apt-3");
        let count = |holds: fn(&VisitPlan) -> bool| visits.iter().filter(|v| holds(v)).count();
        assert!(count(|v| v.fate == VisitFate::NoShow) > 3);
        assert!(count(|v| matches!(v.fate, VisitFate::Held { deal_size: Some(_), .. })) > 10);
        assert!(count(|v| v.mode == fieldday_api::names::RecordingMode::Ghost) > 5);
    }

    #[test]
    fn an_address_that_is_known_keeps_its_place_and_others_are_placed_if_asked() {
        let mut scenario = Scenario::load("weekday").unwrap();
        let denver = territory::named("denver").unwrap();
        let (known, other, id) = (Private::from("1 Elm Street"), Private::from("2 Elm Street"), SmolStr::from("a1"));
        let places = Places::new(vec![(known.token(), Point::metres(5, 6))]);
        let persona = &persona::personas()[0];
        let found = Found::new(&scenario, 1, denver.clone());
        let place = |found: &Found, address| found.visit(&places, persona, appointment(&id, address)).map(|v| v.place);
        assert_eq!(place(&found, &known), Some(Point::metres(5, 6)));
        assert_eq!(place(&found, &other), Some(place_for(denver, name_key("a1"), 1)));
        scenario.data.place_unknown = false;
        let found = Found::new(&scenario, 1, denver.clone());
        assert_eq!((place(&found, &known), place(&found, &other)), (Some(Point::metres(5, 6)), None));
    }
}
