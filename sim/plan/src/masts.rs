//! The network over a tenant's territory: where 5G, valleys, dead stretches of road and old masts are, and who loses the
//! network when.

use super::tenant::TenantMaker;
use crate::keys::{part, stream};
use fieldday_kernel::random::{Stream, name_key};
use fieldday_kernel::time::Span;
use fieldday_radio::air::{Fast, Hole, Outage};
use fieldday_radio::coverage::{Region, direction};
use fieldday_radio::network::Radio;
use fieldday_radio::territory::{Area, Urbanicity};

/// Which areas have 5G, in per cent, and how far it reaches. Ours: towns first.
fn five_g(area: &Area) -> (u64, f64) {
    match area.urbanicity {
        Urbanicity::Rural => (0, 0.0),
        Urbanicity::Suburban => (15, 2000.0),
        Urbanicity::Urban => (55, 2200.0),
        Urbanicity::DenseUrban => (90, 2500.0),
    }
}

impl TenantMaker<'_> {
    pub(super) fn masts(&mut self) {
        let network = &self.plan.scenario.network;
        self.fast(u64::from(network.five_g_percent));
        self.holes("valley", network.valleys, Self::valley);
        self.holes("road", network.dead_roads, Self::dead_road);
        self.holes("mast", network.old_masts, Self::old_mast);
        for outage in &self.plan.scenario.outage {
            if outage.tenants.is_empty() || outage.tenants.contains(&self.site.number) {
                self.outage(outage);
            }
        }
    }

    fn fast(&mut self, percent: u64) {
        let (mut name, stem) = (format!("{}/fast/", self.site.name), self.site.name.len() + 6);
        for area in self.site.territory.areas() {
            name.truncate(stem);
            name.push_str(&area.zip);
            let (chance, reach_m) = five_g(area);
            let there = stream(self.plan.seed, name_key(&name)).below(10_000) < chance * percent;
            if there && !self.plan.removed.takes(&name) {
                self.air.fast.push(Fast { name: name.clone(), region: Region::disc(area.centre, reach_m) });
            }
        }
    }

    fn holes(&mut self, word: &str, count: u32, shape: fn(&Self, &mut Stream) -> (Region, Radio)) {
        let stem = format!("{}/hole", self.site.name);
        for number in 1..=count {
            let name = part(&stem, word, number as usize);
            if !self.plan.removed.takes(&name) {
                let (region, left) = shape(self, &mut stream(self.plan.seed, name_key(&name)));
                self.air.holes.push(Hole { name, region, left });
            }
        }
    }

    /// Some kilometres long, some hundred metres wide, beside where people live.
    fn valley(&self, stream: &mut Stream) -> (Region, Radio) {
        let territory = self.site.territory;
        let area = territory.any_area(stream);
        let offset = |stream: &mut Stream| stream.range(-400_000..400_001);
        let centre = territory.place_in(area, stream).moved(offset(stream), offset(stream));
        let along = direction(centre, centre.moved(offset(stream), offset(stream)));
        let (length_m, width_m) = (stream.range(1200..4500), stream.range(400..1300));
        (Region::oval(centre, along, length_m as f64 / 2.0, width_m as f64 / 2.0), Radio::None)
    }

    /// A stretch on the way from one area to another.
    fn dead_road(&self, stream: &mut Stream) -> (Region, Radio) {
        let (territory, areas) = (self.site.territory, self.site.territory.areas());
        let from = territory.any_area(stream);
        let to = territory.area_near(from, stream);
        let (from, to) = (areas[from].centre, areas[to].centre);
        let share = stream.range(15..86);
        let along = |from: i32, to: i32| (i64::from(to) - i64::from(from)) * share / 100;
        let centre = from.moved(along(from.x_cm, to.x_cm), along(from.y_cm, to.y_cm));
        let (length_m, width_m) = (stream.range(600..2800), stream.range(300..800));
        (Region::oval(centre, direction(from, to), length_m as f64 / 2.0, width_m as f64 / 2.0), Radio::None)
    }

    /// The reach of a mast that nobody has replaced.
    fn old_mast(&self, stream: &mut Stream) -> (Region, Radio) {
        let territory = self.site.territory;
        let area = territory.any_area(stream);
        let centre = territory.place_in(area, stream);
        (Region::disc(centre, stream.range(1500..3500) as f64), Radio::ThreeG)
    }

    fn outage(&mut self, outage: &fieldday_scenario::Outage) {
        let name = format!("{}/outage/{}", self.site.name, outage.name);
        if self.plan.removed.takes(&name) {
            return;
        }
        let region = (outage.percent < 100).then(|| self.part_of_the_people(outage.percent, &name));
        let from = self.site.zone.at(self.site.date, outage.from);
        self.air.outages.push(Outage { name, region, from, until: from + Span::minutes(i64::from(outage.minutes)) });
    }

    /// Around some area, as far as it takes until that share of the people live in it.
    fn part_of_the_people(&self, percent: u32, name: &str) -> Region {
        let areas = self.site.territory.areas();
        let middle = self.site.territory.any_area(&mut stream(self.plan.seed, name_key(name)));
        let centre = areas[middle].centre;
        let mut by_distance: Vec<(i64, u64)> =
            areas.iter().map(|a| (a.centre.distance_m(centre), a.population)).collect();
        by_distance.sort_unstable();
        let all: u64 = by_distance.iter().map(|(_, people)| people).sum();
        let mut reached = 0;
        let edge = by_distance.iter().find(|(_, people)| {
            reached += people;
            reached * 100 >= all * u64::from(percent)
        });
        // A kilometre more than the last area's middle.
        Region::disc(centre, edge.map_or(0, |(distance, _)| *distance) as f64 + 1000.0)
    }
}
