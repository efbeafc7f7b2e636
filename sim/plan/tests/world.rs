//! The page that says what is published and what is assumed has what the program has.

use fieldday_radio::network::{Radio, named, profiles};
use fieldday_scenario::persona::personas;
use fieldday_scenario::{Network, Scenario};

const PAGE: &str = include_str!("../../../docs/world.md");

#[test]
fn the_page_lists_every_persona_with_its_punctuality() {
    for persona in personas() {
        let (early, within, greets) = (persona.plans_to_be_early_s, persona.rings_within_s, persona.greets_for_s);
        let row = format!("| `{}` | {early} s | {within} s | {greets} s |", persona.name);
        assert!(PAGE.contains(&row), "docs/world.md lacks:\n{row}");
    }
}

#[test]
fn the_page_lists_every_profile_with_its_medians() {
    for profile in profiles() {
        assert!(PAGE.contains(&format!("| `{}` |", profile.name)), "docs/world.md lacks {}", profile.name);
    }
    let of = |radio, moving| named("us-2024").unwrap().bearer(radio, moving);
    for (word, radio, moving) in
        [("5G driving", Radio::FiveG, true), ("5G standing", Radio::FiveG, false), ("LTE driving", Radio::Lte, true)]
    {
        let bearer = of(radio, moving);
        let median = f64::from(bearer.uplink_kbit_s as i32) / 1000.0;
        let uplink = PAGE.lines().find(|line| line.starts_with(&format!("| {word}, uplink"))).unwrap();
        assert!(uplink.contains(&format!(", {median}, ")), "{median} Mbit/s is not in {uplink}");
        let (p50, p90) = (bearer.rtt(500_000).as_millis(), bearer.rtt(900_000).as_millis());
        let trip = PAGE.lines().find(|line| line.starts_with(&format!("| {word}, round trip"))).unwrap();
        assert!(trip.contains(&format!("| {p50}, {p90} ms |")), "{p50} and {p90} ms are not in {trip}");
    }
}

#[test]
fn the_default_is_the_network_of_today_and_only_those_that_say_so_have_another() {
    assert_eq!(Network::default().profile, "us-2024");
    let other: Vec<_> = Scenario::builtin_names()
        .into_iter()
        .filter(|name| Scenario::load(name).unwrap().network.profile != "us-2024")
        .collect();
    assert_eq!(other, ["dead-zones", "rough"], "they are about thin uplinks");
}
