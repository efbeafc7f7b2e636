//! What happens at a known time of the day, to the plant or to those who call it: what a reader looks for on a chart.

use super::{Happening, WhatIf};
use crate::plant::When;
use fieldday_kernel::time::{Span, TimeOfDay, Zone};
use fieldday_radio::territory;
use fieldday_scenario::Scenario;
use fieldday_scenario::plant::{Plant, PlantTroubleWord};
use fieldday_scenario::zones;

/// Everything that happens within the measured time, the first first. What happens by people's local time happens once in
/// each of their zones.
pub(super) fn of(what_if: Option<WhatIf>, scenario: &Scenario, plant: &Plant, when: &When) -> Vec<Happening> {
    let mut all = Vec::new();
    for trouble in &plant.trouble {
        let from = when.zone.at(when.date, trouble.from);
        let (what, until) = match trouble.kind {
            PlantTroubleWord::InstanceLost => ("instance lost", when.zone.at(when.date, trouble.until)),
            PlantTroubleWord::Slow => ("slow", when.zone.at(when.date, trouble.until)),
            // How long it takes depends on what the instances still have to do.
            PlantTroubleWord::Deployment => ("deployment", from),
        };
        all.push(Happening { what: what.to_owned(), from, until });
    }
    for zone in zones_of(scenario, when) {
        let mut add = |what: &str, from: TimeOfDay, until: Span| {
            let begins = zone.at(when.date, from);
            all.push(Happening { what: what.to_owned(), from: begins, until: begins + until });
        };
        for outage in &scenario.outage {
            let is_asked = outage.name == WhatIf::ADDED;
            let asked = what_if.filter(|_| is_asked).map(|what_if| what_if.as_str());
            add(asked.unwrap_or(&outage.name), outage.from, Span::minutes(i64::from(outage.minutes)));
        }
        if what_if == Some(WhatIf::MondayStorm) {
            let (from, until) = scenario.day.leave_home;
            add(WhatIf::MondayStorm.as_str(), from, Span::seconds(i64::from(until.seconds() - from.seconds())));
        }
    }
    all.retain(|one| one.until >= when.from && one.from < when.until);
    all.sort_by(|one, other| (one.from, &one.what).cmp(&(other.from, &other.what)));
    all
}

/// The zones in which people live, each once.
fn zones_of(scenario: &Scenario, when: &When) -> Vec<Zone> {
    let mut found: Vec<Zone> = Vec::new();
    let territories = scenario.people.territories.iter().filter_map(|name| territory::named(name));
    for zone in territories.filter_map(|territory| zones::zone(territory.zone(), when.start)) {
        if found.iter().all(|other| other.name != zone.name) {
            found.push(zone);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_kernel::time::{Date, Time};

    #[test]
    fn what_happens_by_local_time_happens_in_each_zone_and_what_happens_to_the_plant_once() {
        let mut scenario = Scenario::load("weekday").unwrap();
        let mut plant = scenario.plant.clone();
        let start = Time::parse("2026-06-10T04:00:00Z").unwrap();
        let zone = zones::zone("America/New_York", start).unwrap();
        let date = Date::parse("2026-06-10").unwrap();
        let when = When { start, date, zone: zone.clone(), from: start, until: start + Span::hours(24) };
        let mut asked = |what_if: WhatIf| {
            what_if.put_to(&mut scenario, &mut plant);
            let of = of(Some(what_if), &scenario, &plant, &when);
            let local = |at: Time| zone.time_of_day(at).to_string();
            of.iter().map(|one| format!("{} {} {}", one.what, local(one.from), local(one.until))).collect::<Vec<_>>()
        };
        // New York, Chicago, Denver, Seattle.
        let storms = ["07:45:00 08:00:00", "08:45:00 09:00:00", "09:45:00 10:00:00", "10:45:00 11:00:00"];
        assert_eq!(asked(WhatIf::MondayStorm), storms.map(|at| format!("monday-storm {at}")));
        assert_eq!(asked(WhatIf::InstanceLost), ["instance lost 10:00:00 11:00:00"]);
        let outages = asked(WhatIf::OutageEnds);
        assert_eq!(outages.len(), 5, "{outages:?}");
        assert!(outages.contains(&"outage-ends 15:00:00 16:00:00".to_owned()), "{outages:?}");
    }
}
