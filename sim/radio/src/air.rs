//! The network over one tenant's territory: the profile, what covers what, and what fails when. Everything has a name.

use crate::coverage::Region;
use crate::network::{Profile, Radio};
use crate::place::Point;
use crate::territory::Territory;
use fieldday_kernel::time::{Span, Time};
use serde::Serialize;
use std::sync::Arc;

/// The network over a territory.
#[derive(Clone, Debug, Serialize)]
pub struct Air {
    /// The properties of each radio: round trips, loss, bandwidth, bad seconds.
    pub profile: Arc<Profile>,
    /// The territory that the network covers.
    pub territory: Arc<Territory>,
    /// Where there is 5G; elsewhere there is LTE.
    pub fast: Vec<Fast>,
    /// The areas with less coverage than usual.
    pub holes: Vec<Hole>,
    /// Rooms and cafés, by place.
    pub spots: Vec<Spot>,
    /// The times in which a region has no network.
    pub outages: Vec<Outage>,
    /// The times in which a single phone has no network.
    pub gaps: Vec<Gap>,
}

/// An area in which phones find 5G.
#[derive(Clone, Debug, Serialize)]
pub struct Fast {
    /// `cell-0/tenant-1/fast/07030`
    pub name: String,
    /// The area in which phones find 5G.
    pub region: Region,
}

/// A valley, a stretch of road, the reach of an old mast.
#[derive(Clone, Debug, Serialize)]
pub struct Hole {
    /// `cell-0/tenant-1/hole/valley-2`
    pub name: String,
    /// The area of the hole.
    pub region: Region,
    /// What is left of the network: nothing, or 3G.
    pub left: Radio,
}

/// A place that has its own network, or none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Spot {
    /// `cell-0/tenant-1/rep-07/visit-3/basement`, `cell-0/tenant-1/rep-07/lunch/portal`
    pub name: String,
    /// There: for phones that stay.
    pub place: Point,
    /// What happens to the network there.
    pub kind: SpotKind,
}

/// What a spot does to a phone that stays there. Spans count from the beginning of the stay.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpotKind {
    /// No network for a while.
    Basement {
        /// How long after arrival the network is lost.
        after: Span,
        /// How long the network is lost.
        lasts: Span,
    },
    /// A Wi-Fi that answers everything with its own page until somebody accepts its terms.
    Portal {
        /// How long after arrival the portal is accepted.
        accepted_after: Span,
    },
}

/// A region loses the network.
#[derive(Clone, Debug, Serialize)]
pub struct Outage {
    /// `cell-0/tenant-1/outage/north`
    pub name: String,
    /// There; everywhere, if nowhere is named.
    pub region: Option<Region>,
    /// When the outage begins; inclusive.
    pub from: Time,
    /// When the outage ends; exclusive.
    pub until: Time,
}

/// A phone loses the network, wherever it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Gap {
    /// `cell-0/tenant-1/rep-07/gap`
    pub name: String,
    /// The key of the rep whose phone it is.
    pub phone: u64,
    /// When the gap begins; inclusive.
    pub from: Time,
    /// When the gap ends; exclusive.
    pub until: Time,
}

impl Air {
    /// A network with nothing wrong and LTE everywhere.
    pub fn plain(territory: Arc<Territory>, profile: Arc<Profile>) -> Air {
        let (fast, holes, spots) = (Vec::new(), Vec::new(), Vec::new());
        Air { profile, territory, fast, holes, spots, outages: Vec::new(), gaps: Vec::new() }
    }
    /// Puts the lists into the order that look-ups need. Whoever fills the lists calls it once.
    pub fn sort(&mut self) {
        self.spots.sort_by(|a, b| (a.place, &a.name).cmp(&(b.place, &b.name)));
        self.gaps.sort_by_key(|gap| (gap.phone, gap.from, gap.until));
    }
    /// The spots at that place.
    pub fn spots_at(&self, place: Point) -> &[Spot] {
        let first = self.spots.partition_point(|s| s.place < place);
        let count = self.spots[first..].iter().take_while(|s| s.place == place).count();
        &self.spots[first..first + count]
    }
    /// The gaps of that phone.
    pub fn gaps_of(&self, phone: u64) -> &[Gap] {
        let first = self.gaps.partition_point(|g| g.phone < phone);
        let count = self.gaps[first..].iter().take_while(|g| g.phone == phone).count();
        &self.gaps[first..first + count]
    }
    /// What the masts give at a place, outages aside.
    pub fn radio_at(&self, place: Point) -> Radio {
        let best = if self.fast.iter().any(|f| f.region.contains(place)) { Radio::FiveG } else { Radio::Lte };
        let holes = self.holes.iter().filter(|h| h.left < best && h.region.contains(place));
        holes.map(|h| h.left).min().unwrap_or(best)
    }
    /// The names of everything in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (fast, holes) = (self.fast.iter().map(|f| &f.name), self.holes.iter().map(|h| &h.name));
        let (spots, outages) = (self.spots.iter().map(|s| &s.name), self.outages.iter().map(|o| &o.name));
        fast.chain(holes).chain(spots).chain(outages).chain(self.gaps.iter().map(|g| &g.name)).map(String::as_str)
    }
}
