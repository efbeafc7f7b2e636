//! Swarms: each seed draws which of a scenario's features are there and how strong they are.
//!
//! A scenario that has a little of everything every day never sees what shows only with much of one thing and none of
//! another: a queue fills only where nothing drains it (Groce et al., Swarm Testing, ISSTA 2012). So most features are
//! left out of most days, and what is left is often strong. All that is drawn is within the specification: whatever
//! breaks then is a bug.

use super::{Deeds, Mishap, Modes, Outage, Scenario};
use crate::persona;
use crate::persona::{Bounds, HabitsForAll};
use fieldday_api::endpoint::Op;
use fieldday_api::mishap::MishapKind;
use fieldday_kernel::random::{Purpose, Stream, name_key};
use fieldday_kernel::time::{Date, TimeOfDay};
use fieldday_radio::network;
use fieldday_radio::territory;
use std::fmt;

/// What a swarm draws for.
const SWARM: Purpose = Purpose::new("swarm");

/// Days on which dates are easily got wrong: both changes of the clocks, the ends of a month, a year and a leap February.
const DATES: [&str; 6] = ["2026-03-08", "2026-11-01", "2026-01-31", "2026-12-31", "2028-02-29", "2026-08-14"];
/// Strengths of trouble that is there, in parts per million of the requests.
const RATES: [u32; 4] = [2_000, 10_000, 30_000, 100_000];
/// Habits, in parts per million of the occasions.
const SHARES: [u32; 4] = [0, 100_000, 500_000, 1_000_000];

/// One thing that a swarm drew.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawn {
    /// The key of the scenario that was set: `network.profile`.
    pub name: String,
    /// The value that it was set to.
    pub value: String,
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.name, self.value)
    }
}

impl Scenario {
    /// The scenario as `seed` draws it, and what was drawn. The same seed draws the same; each feature draws from a stream of
    /// its own. It demands no rules and sets no limits: a day without recordings cannot be held to exercise them, nor one of
    /// more trouble to the speed of another.
    pub fn swarm(&self, seed: u64) -> (Scenario, Vec<Drawn>) {
        let mut scenario = self.clone();
        scenario.must_exercise.clear();
        scenario.limits.clear();
        let mut swarm = Swarm { seed, scenario, drawn: Vec::new() };
        swarm.day();
        swarm.people();
        swarm.visits();
        swarm.office();
        swarm.network();
        swarm.kills();
        swarm.shunya();
        swarm.switches();
        swarm.outages();
        swarm.mishaps();
        (swarm.scenario, swarm.drawn)
    }
}

struct Swarm {
    seed: u64,
    scenario: Scenario,
    drawn: Vec<Drawn>,
}

impl Swarm {
    /// The stream of a feature.
    fn stream(&self, feature: &str) -> Stream {
        Stream::new(self.seed, SWARM, name_key(feature), 0, 0)
    }
    fn note(&mut self, name: impl Into<String>, value: impl fmt::Display) {
        self.drawn.push(Drawn { name: name.into(), value: value.to_string() });
    }

    fn day(&mut self) {
        let mut draw = self.stream("day");
        let (other, evening) = (draw.bernoulli(300_000), draw.bernoulli(200_000));
        let date = draw.pick(&DATES).and_then(|date| Date::parse(date));
        // A scenario that is about its dates keeps them.
        if let Some(date) = date.filter(|_| other && self.scenario.day.dates.len() == 1) {
            self.scenario.day.dates = vec![date];
            self.note("day.dates", date);
        }
        if evening {
            let day = &mut self.scenario.day;
            day.leave_home = (TimeOfDay::hm(13, 30), TimeOfDay::hm(17, 0));
            day.latest = TimeOfDay::hm(23, 30);
            self.note("day.leave_home", "13:30 to 17:00");
        }
    }

    fn people(&mut self) {
        let mut draw = self.stream("territories");
        let all = territory::territories();
        let start = draw.below(all.len() as u64) as usize;
        if !self.scenario.people.demo && draw.bernoulli(500_000) {
            let names: Vec<String> =
                all.iter().cycle().skip(start).take(4).map(|territory| territory.name().to_owned()).collect();
            self.note("people.territories", names.join(", "));
            self.scenario.people.territories = names;
        }
        let mut draw = self.stream("mix");
        let personas = persona::personas();
        let weights: Vec<u32> = personas.iter().map(|_| draw.below(6).saturating_sub(2) as u32).collect();
        if weights.iter().any(|weight| *weight > 0) {
            let mix = personas.iter().zip(&weights).filter(|(_, weight)| **weight > 0);
            let mix: Vec<(String, u32)> = mix.map(|(persona, weight)| (persona.name.clone(), *weight)).collect();
            let said: Vec<String> = mix.iter().map(|(name, weight)| format!("{weight} {name}")).collect();
            self.note("people.mix", said.join(", "));
            self.scenario.people.mix = mix.into_iter().collect();
            // A trace of a persona whom nobody has any longer would be refused.
            let people = &self.scenario.people;
            self.scenario.network.personas.retain(|name, _| people.mix.contains_key(name));
        }
        for (habit, most) in HabitsForAll::ALL {
            let mut draw = self.stream(habit);
            if !draw.bernoulli(400_000) {
                continue;
            }
            let value = match *habit {
                "patience_s" => draw.range(1..60) as u32,
                "looks_at_dashboard_every_minutes" => draw.range(5..240) as u32,
                "plans_to_be_early_s" => draw.range(0..1_800) as u32,
                "rings_within_s" => draw.range(0..900) as u32,
                "greets_for_s" => draw.range(0..600) as u32,
                _ => one_of(&mut draw, &SHARES),
            };
            self.scenario.people.habits.give(habit, value.min(*most));
            self.note(format!("people.habits.{habit}"), value.min(*most));
        }
    }

    fn visits(&mut self) {
        let mut draw = self.stream("visits");
        let visits = &mut self.scenario.visits;
        visits.no_show_ppm = one_of(&mut draw, &[0, 60_000, 300_000]);
        visits.cancelled_ppm = one_of(&mut draw, &[0, 25_000, 200_000]);
        visits.basement_ppm = one_of(&mut draw, &[0, 80_000, 500_000]);
        let mut weight = || one_of(&mut draw, &[0, 0, 1, 3]);
        let modes = Modes { full: weight(), ghost: weight(), ephemeral: weight() };
        if modes.full + modes.ghost + modes.ephemeral > 0 {
            visits.modes = modes;
        }
        let super::Visits { no_show_ppm, cancelled_ppm, basement_ppm, modes, .. } = *visits;
        self.note("visits.no_show_ppm", no_show_ppm);
        self.note("visits.cancelled_ppm", cancelled_ppm);
        self.note("visits.basement_ppm", basement_ppm);
        let Modes { full, ghost, ephemeral } = modes;
        self.note("visits.modes", format!("{full} full, {ghost} ghost, {ephemeral} ephemeral"));
        let mut draw = self.stream("audio");
        if draw.bernoulli(300_000) {
            let rate = one_of(&mut draw, &[8, 32, 128, 320]);
            self.scenario.visits.audio_kbit_s = vec![rate];
            self.note("visits.audio_kbit_s", rate);
        }
    }

    fn office(&mut self) {
        let mut draw = self.stream("office");
        let office = &mut self.scenario.office;
        office.reps_per_csr = one_of(&mut draw, &[0, 5, 25]);
        office.reps_per_manager = one_of(&mut draw, &[0, 5, 50]);
        office.actions_per_rep = (0, one_of(&mut draw, &[1, 3, 10]));
        let mut weight = || one_of(&mut draw, &[0, 0, 1, 3]);
        let deeds = Deeds {
            look: weight(),
            move_: weight(),
            cancel: weight(),
            reassign: weight(),
            create_task: weight(),
            update_task: weight(),
            read_thread: weight(),
        };
        let named = [
            ("look", deeds.look),
            ("move", deeds.move_),
            ("cancel", deeds.cancel),
            ("reassign", deeds.reassign),
            ("create_task", deeds.create_task),
            ("update_task", deeds.update_task),
            ("read_thread", deeds.read_thread),
        ];
        let said: Vec<String> =
            named.iter().filter(|(_, weight)| *weight > 0).map(|(deed, weight)| format!("{weight} {deed}")).collect();
        if !said.is_empty() {
            office.deeds = deeds;
        }
        let super::Office { reps_per_csr, reps_per_manager, actions_per_rep: (_, most), .. } = *office;
        self.note("office.reps_per_csr", reps_per_csr);
        self.note("office.reps_per_manager", reps_per_manager);
        self.note("office.actions_per_rep", format!("0 to {most}"));
        if !said.is_empty() {
            self.note("office.deeds", said.join(", "));
        }
    }

    fn network(&mut self) {
        let mut draw = self.stream("network");
        let network = &mut self.scenario.network;
        // Tools' presets have no bad seconds and lose nothing: what they show, the measured ones show as well.
        let measured: Vec<_> = network::profiles().iter().filter(|profile| profile.preset_of.is_none()).collect();
        if let Some(profile) = draw.pick(&measured) {
            network.profile.clone_from(&profile.name);
        }
        network.five_g_percent = one_of(&mut draw, &[0, 50, 100]);
        network.valleys = one_of(&mut draw, &[0, 5, 60]);
        network.dead_roads = one_of(&mut draw, &[0, 8, 60]);
        network.old_masts = one_of(&mut draw, &[0, 4, 30]);
        network.gap_ppm = one_of(&mut draw, &[0, 200_000, 1_000_000]);
        network.gap_minutes = span(&mut draw, &[2, 10, 45]);
        network.portal_ppm = one_of(&mut draw, &[0, 150_000, 1_000_000]);
        let drawn = network.clone();
        self.note("network.profile", drawn.profile);
        self.note("network.five_g_percent", drawn.five_g_percent);
        self.note("network.valleys", drawn.valleys);
        self.note("network.dead_roads", drawn.dead_roads);
        self.note("network.old_masts", drawn.old_masts);
        self.note("network.gap_ppm", drawn.gap_ppm);
        self.note("network.gap_minutes", format!("{} to {}", drawn.gap_minutes.0, drawn.gap_minutes.1));
        self.note("network.portal_ppm", drawn.portal_ppm);
    }

    fn kills(&mut self) {
        let mut draw = self.stream("kills");
        let (ppm, at_most) = (one_of(&mut draw, &[0, 200_000, 600_000, 1_000_000]), draw.range(1..9) as u32);
        self.scenario.kills = super::Kills { ppm, at_most };
        self.note("kills", format!("{ppm} ppm, {at_most} at most"));
    }

    fn shunya(&mut self) {
        let mut draw = self.stream("shunya");
        let shunya = super::Shunya {
            transcription_s: span(&mut draw, &[1, 15, 300]),
            analysis_s: span(&mut draw, &[1, 10, 300]),
            fails_ppm: one_of(&mut draw, &[0, 10_000, 300_000]),
            nulls_ppm: one_of(&mut draw, &[0, 30_000, 500_000]),
        };
        self.scenario.shunya = shunya;
        let (transcription, analysis) = (shunya.transcription_s, shunya.analysis_s);
        self.note("shunya.transcription_s", format!("{} to {}", transcription.0, transcription.1));
        self.note("shunya.analysis_s", format!("{} to {}", analysis.0, analysis.1));
        self.note("shunya.fails_ppm", shunya.fails_ppm);
        self.note("shunya.nulls_ppm", shunya.nulls_ppm);
    }

    /// What a deployment may well choose. Which reading of the spec holds is the scenario's to say.
    fn switches(&mut self) {
        let mut draw = self.stream("switches");
        let switches = &mut self.scenario.switches;
        switches.optional_endpoints = draw.bernoulli(500_000);
        switches.token_life_s = one_of(&mut draw, &[60, 60, 300, 3_600]);
        switches.url_life_minutes = one_of(&mut draw, &[2, 15, 15, 60]);
        let (optional, token, url) = (switches.optional_endpoints, switches.token_life_s, switches.url_life_minutes);
        self.note("switches.optional_endpoints", optional);
        self.note("switches.token_life_s", token);
        self.note("switches.url_life_minutes", url);
        let geofence_m = one_of(&mut self.stream("geofence"), &[50, 150, 150, 500]);
        let leeway_s = one_of(&mut self.stream("leeway"), &[0, 60, 60, 300]);
        (self.scenario.switches.geofence_m, self.scenario.switches.leeway_s) = (geofence_m, leeway_s);
        self.note("switches.geofence_m", geofence_m);
        self.note("switches.leeway_s", leeway_s);
    }

    fn outages(&mut self) {
        let mut kept = Vec::new();
        for outage in std::mem::take(&mut self.scenario.outage) {
            if self.stream(&format!("outage {}", outage.name)).bernoulli(500_000) {
                self.note("outage", &outage.name);
                kept.push(outage);
            }
        }
        let mut draw = self.stream("another outage");
        let is_on = draw.bernoulli(300_000);
        let from = TimeOfDay::hm(draw.range(7..19) as u32, draw.range(0..60) as u32);
        let (minutes, percent) = (one_of(&mut draw, &[3, 15, 60, 120]), one_of(&mut draw, &[25, 50, 100]));
        let name = "swarm".to_owned();
        if is_on && kept.iter().all(|outage| outage.name != name) {
            let tenants = if self.stream("outage of one tenant").bernoulli(300_000) { vec![0] } else { Vec::new() };
            let of = if tenants.is_empty() { "" } else { ", of tenant 0" };
            self.note("outage", format!("{name}, from {from}, {minutes} minutes, {percent} %{of}"));
            kept.push(Outage { name, from, minutes, percent, tenants });
        }
        self.scenario.outage = kept;
    }

    /// Each of the scenario's own is there or not, weaker or as it is; of every kind that it lacks, one may come in.
    fn mishaps(&mut self) {
        let mut kept = Vec::new();
        for mut mishap in std::mem::take(&mut self.scenario.mishap) {
            let mut draw = self.stream(&format!("mishap {}", mishap.name));
            if !draw.bernoulli(500_000) {
                continue;
            }
            mishap.rate_ppm = (mishap.rate_ppm / one_of(&mut draw, &[1, 1, 4])).max(1);
            self.note("mishap", format!("{}, {} ppm", mishap.name, mishap.rate_ppm));
            kept.push(mishap);
        }
        for (kind, name) in KINDS {
            let mut draw = self.stream(name);
            let is_on = draw.bernoulli(350_000);
            let mishap = another(kind, name, &mut draw);
            if !is_on || kept.iter().any(|own| own.kind == kind || own.name == name) {
                continue;
            }
            let on = mishap.ops.first().map_or(String::new(), |op| format!(" on {}", op.label()));
            self.note("mishap", format!("{name}, {} ppm{on}", mishap.rate_ppm));
            kept.push(mishap);
        }
        self.scenario.mishap = kept;
    }
}

const KINDS: [(MishapKind, &str); 8] = [
    (MishapKind::ErrorBeforeCommit, "swarm-error-before-commit"),
    (MishapKind::ErrorAfterCommit, "swarm-error-after-commit"),
    (MishapKind::LostAnswer, "swarm-lost-answer"),
    (MishapKind::Slow, "swarm-slow"),
    (MishapKind::RateLimit, "swarm-rate-limit"),
    (MishapKind::Restart, "swarm-restart"),
    (MishapKind::ShunyaSlow, "swarm-shunya-slow"),
    (MishapKind::ShunyaFails, "swarm-shunya-fails"),
];

/// A mishap of that kind, as strong as drawn. A third of those that meet requests meet one operation alone, the harder.
fn another(kind: MishapKind, name: &str, draw: &mut Stream) -> Mishap {
    let rate_ppm = one_of(draw, &RATES);
    let meets_requests =
        !matches!(kind, MishapKind::Restart | MishapKind::ShunyaSlow | MishapKind::ShunyaFails | MishapKind::Slow);
    let is_one_op = draw.bernoulli(330_000) && meets_requests;
    let op = draw.pick(Op::ALL).copied();
    let (status, retry_after_s) = (one_of(draw, &[500, 502, 503, 504]), one_of(draw, &[1, 6, 30]));
    let (extra_ms, factor) = (draw.range(200..1_500) as u32, draw.range(2..20) as u32);
    let hour = draw.range(7..18) as u32;
    let is_error = matches!(kind, MishapKind::ErrorBeforeCommit | MishapKind::ErrorAfterCommit);
    let is_restart = kind == MishapKind::Restart;
    Mishap {
        name: name.to_owned(),
        kind,
        from: if is_restart { TimeOfDay::hm(hour, 0) } else { super::trouble::midnight() },
        until: if is_restart { TimeOfDay::hm(hour, 2) } else { super::trouble::end_of_day() },
        jitter_minutes: if is_restart { 60 } else { 0 },
        rate_ppm: match kind {
            MishapKind::Restart => super::trouble::always(),
            MishapKind::ShunyaSlow | MishapKind::ShunyaFails => 300_000,
            _ if is_one_op => rate_ppm * 3,
            _ => rate_ppm,
        },
        ops: if is_one_op { op.into_iter().collect() } else { Vec::new() },
        tenant: None,
        status: is_error.then_some(status),
        extra_ms: (kind == MishapKind::Slow).then_some(extra_ms),
        retry_after_s: (kind == MishapKind::RateLimit).then_some(retry_after_s),
        factor: (kind == MishapKind::ShunyaSlow).then_some(factor),
    }
}

fn one_of<T: Copy + Default>(draw: &mut Stream, of: &[T]) -> T {
    draw.pick(of).copied().unwrap_or_default()
}

/// Least and most: two of the ascending lengths.
fn span(draw: &mut Stream, lengths: &[u32]) -> Bounds {
    let (one, other) = (one_of(draw, lengths), one_of(draw, lengths));
    (one.min(other), one.max(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TraceFiles, keys};
    use std::collections::BTreeSet;

    #[test]
    fn whatever_is_drawn_is_a_scenario_that_a_file_could_hold() {
        for name in Scenario::builtin_names() {
            let base = Scenario::load(name).unwrap();
            for seed in 0..60 {
                let (scenario, drawn) = base.swarm(seed);
                let text = scenario.to_toml().unwrap();
                assert_eq!(Scenario::parse(&text, "swarm.toml").as_ref(), Ok(&scenario), "{name}, seed {seed}\n{text}");
                assert!(drawn.len() > 10, "{drawn:?}");
            }
        }
    }

    #[test]
    fn traces_of_personas_whom_a_drawn_mix_leaves_out_are_left_out_too() {
        let mut base = Scenario::load("weekday").unwrap();
        let all = persona::personas().iter().map(|persona| persona.name.clone());
        let files = TraceFiles { trace: "own.csv".to_owned(), trace_down: None };
        base.network.personas = all.map(|name| (name, files.clone())).collect();
        let mut left_out = 0;
        for seed in 0..60 {
            let (scenario, _) = base.swarm(seed);
            let text = scenario.to_toml().unwrap();
            assert_eq!(Scenario::parse(&text, "swarm.toml").as_ref(), Ok(&scenario), "seed {seed}\n{text}");
            left_out += base.network.personas.len() - scenario.network.personas.len();
        }
        assert!(left_out > 0);
    }

    const NOT_DRAWN: &[(&str, &str)] = &[
        ("name", "no day depends on it"),
        ("about", "no day depends on it"),
        ("defects", "what a swarm finds is to be a bug, not a defect that was asked for"),
        ("remove", "it is for failures that are made small"),
        ("people.reps", "how large the day is, is for whoever starts it to say"),
        ("people.tenants", "how large the day is, is for whoever starts it to say"),
        ("people.tenants_per_cell", "how large the day is, is for whoever starts it to say"),
        ("people.reps_per_tenant", "how large the day is, is for whoever starts it to say"),
        ("people.demo", "the demo organisation has a day of its own"),
        ("intruders", "what must fail is tried on every day"),
        ("proof", "what was written is read back on every day: else what is lost does not show"),
        ("switches.start_queued", "which reading of the specification holds is the scenario's to say"),
        ("switches.audio_put_30s", "which reading of the specification holds is the scenario's to say"),
        ("switches.send_bare_clock_in", "which reading of the specification holds is the scenario's to say"),
        ("switches.accept_422", "which reading of the specification holds is the scenario's to say"),
        ("switches.page_default", "which reading of the specification holds is the scenario's to say"),
        ("switches.page_beyond", "which reading of the specification holds is the scenario's to say"),
        ("switches.appointments_page", "which reading of the specification holds is the scenario's to say"),
        ("switches.clock_in_repeat", "which reading of the specification holds is the scenario's to say"),
        ("switches.health_path", "a path is as good as another"),
        ("network.trace", "whose measurements are used is the scenario's to say"),
        ("network.trace_down", "whose measurements are used is the scenario's to say"),
        ("network.personas", "whose measurements are used is the scenario's to say"),
        ("network.territories", "whose measurements are used is the scenario's to say"),
        ("live", "swarms live their days on the virtual clock"),
        ("plant", "it serves capacity simulations alone"),
        ("dialect", "it matters for HTTP targets alone"),
        ("contract", "it matters for HTTP targets alone"),
        ("rules", "what breaks a run is the scenario's to say"),
        ("data", "it matters for HTTP targets alone"),
        ("tokens", "it matters for HTTP targets alone"),
    ];

    #[test]
    fn every_key_of_a_scenario_is_drawn_or_left_alone_for_a_reason() {
        let mut drawn = BTreeSet::new();
        for name in Scenario::builtin_names() {
            let base = Scenario::load(name).unwrap();
            (0..60).for_each(|seed| drawn.extend(keys::changed(&base, &base.swarm(seed).0)));
        }
        assert_eq!(keys::uncovered(&drawn, NOT_DRAWN), Vec::<String>::new());
    }

    #[test]
    fn the_same_seed_draws_the_same_and_others_draw_others() {
        let base = Scenario::load("rough").unwrap();
        assert_eq!(base.swarm(7), base.swarm(7));
        let (one, other) = (base.swarm(7).0, base.swarm(8).0);
        assert_ne!(one, other);
        assert_eq!((one.people.reps, one.people.tenants), (base.people.reps, base.people.tenants));
    }

    #[test]
    fn a_feature_draws_the_same_whatever_else_the_scenario_has() {
        let (rough, weekday) = (Scenario::load("rough").unwrap(), Scenario::load("weekday").unwrap());
        for seed in 0..20 {
            let (one, other) = (rough.swarm(seed).0, weekday.swarm(seed).0);
            assert_eq!((one.network, one.kills, one.shunya), (other.network, other.kills, other.shunya));
        }
    }

    #[test]
    fn over_many_seeds_each_feature_is_there_and_is_missing() {
        let base = Scenario::load("rough").unwrap();
        let swarms: Vec<Scenario> = (0..200).map(|seed| base.swarm(seed).0).collect();
        let some_and_not_all = |what: &str, is: &dyn Fn(&Scenario) -> bool| {
            let with = swarms.iter().filter(|scenario| is(scenario)).count();
            assert!((5..195).contains(&with), "{what}: {with} of 200");
        };
        some_and_not_all("kills", &|s| s.kills.ppm > 0);
        some_and_not_all("ghosts", &|s| s.visits.modes.ghost > 0);
        some_and_not_all("an office that moves", &|s| s.office.deeds.move_ > 0);
        some_and_not_all("an outage", &|s| !s.outage.is_empty());
        some_and_not_all("evenings", &|s| s.day.latest == TimeOfDay::hm(23, 30));
        for (kind, name) in KINDS {
            some_and_not_all(name, &|s| s.mishap.iter().any(|mishap| mishap.kind == kind));
        }
        for own in &base.mishap {
            some_and_not_all(&own.name, &|s| s.mishap.iter().any(|mishap| mishap.name == own.name));
        }
    }
}
