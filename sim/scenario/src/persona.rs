//! What a rep is like: how full the day is, and the habits that make trouble for an app. The data are in
//! `fixtures/personas.toml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, LazyLock};

/// Minimum and maximum of a number that is drawn evenly between them, both inclusive.
pub type Bounds = (u32, u32);

/// A kind of rep. `ppm` is parts per million of days, visits or occasions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// `roof-inspector`
    pub name: String,
    /// What the persona is like, in a sentence.
    pub about: String,
    /// Number of visits a day.
    pub appointments: Bounds,
    /// Planned duration of a visit.
    pub visit_minutes: Bounds,
    /// By how much a visit runs over at most. A third of the visits end early instead, by half of that at most.
    pub overrun_minutes: u32,
    /// What is sold, in dollars.
    pub deal_dollars: Bounds,
    /// Share of held visits that are won.
    pub wins_ppm: u32,
    /// Share of days with a lunch break.
    pub lunch_ppm: u32,
    /// Duration of the lunch break.
    pub lunch_minutes: Bounds,
    /// The habits, which read as if they were the persona's own fields.
    pub habits: Habits,
}

impl std::ops::Deref for Persona {
    type Target = Habits;
    fn deref(&self) -> &Habits {
        &self.habits
    }
}

macro_rules! habits {
    ($($(#[doc = $doc:literal])+ $name:ident up to $most:literal;)+) => {
        /// What a person does to an app.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Habits { $($(#[doc = $doc])+ pub $name: u32,)+ }

        /// Habits of all reps, whatever their persona.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct HabitsForAll {
            $($(#[doc = $doc])+ #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schemars(range(min = 0, max = $most))] pub $name: Option<u32>,)+
        }

        impl HabitsForAll {
            /// The habits that come of it.
            pub fn over(&self, own: Habits) -> Habits {
                Habits { $($name: self.$name.unwrap_or(own.$name),)+ }
            }
            /// The name of each, and the most it may be.
            pub const ALL: &'static [(&'static str, u32)] = &[$((stringify!($name), $most)),+];
            /// Gives everybody the habit of that name; nothing if there is none such.
            pub fn give(&mut self, name: &str, value: u32) {
                match name {
                    $(stringify!($name) => self.$name = Some(value.min($most)),)+
                    _ => {}
                }
            }
            /// Each that is given: its name, its value, the most it may be.
            pub fn given(&self) -> impl Iterator<Item = (&'static str, u32, u32)> {
                [$((stringify!($name), self.$name, $most)),+].into_iter().filter_map(|(name, value, most)| Some((name, value?, most)))
            }
        }
        impl Habits {
            /// Each: its name, its value, the most it may be.
            pub fn all(&self) -> impl Iterator<Item = (&'static str, u32, u32)> {
                [$((stringify!($name), self.$name, $most)),+].into_iter()
            }
        }
    };
}

habits! {
    /// Share of days on which the rep goes home without clocking out.
    forgets_clock_out_ppm up to 1_000_000;
    /// Share of visits on which the recording starts minutes late.
    records_late_ppm up to 1_000_000;
    /// Share of taps that are double taps.
    double_taps_ppm up to 1_000_000;
    /// Share of uploads during which the rep closes the app.
    closes_app_while_uploading_ppm up to 1_000_000;
    /// Share of visits after which the rep creates a follow-up task.
    creates_task_ppm up to 1_000_000;
    /// Share of questions whether to send again that the rep confirms.
    says_yes_to_retry_ppm up to 1_000_000;
    /// Share of open tasks seen that the rep completes.
    completes_task_ppm up to 1_000_000;
    /// Share of open tasks seen that the rep postpones.
    postpones_task_ppm up to 1_000_000;
    /// Share of drives on which the rep reads messages.
    messages_at_red_lights_ppm up to 1_000_000;
    /// Share of visits before which the rep opens the appointment's details.
    opens_details_ppm up to 1_000_000;
    /// Share of lists on which the rep scrolls to further pages.
    scrolls_ppm up to 1_000_000;
    /// Share of recordings whose results the rep waits for.
    watches_results_ppm up to 1_000_000;
    /// Share of won visits that the rep posts to the wins feed.
    posts_win_ppm up to 1_000_000;
    /// Share of drives on which the rep asks Otto.
    asks_otto_ppm up to 1_000_000;
    /// Share of visits after which the rep writes notes.
    writes_notes_ppm up to 1_000_000;
    /// Share of mornings on which the rep reads past appointments.
    looks_back_ppm up to 1_000_000;
    /// Share of outcomes that the rep corrects later.
    corrects_outcome_ppm up to 1_000_000;
    /// Seconds after which the rep cancels a call that blocks the screen.
    patience_s up to 120;
    /// Minutes between looks at the dashboard while at work.
    looks_at_dashboard_every_minutes up to 600;
    /// How many seconds before an appointment the rep plans to arrive, on average.
    plans_to_be_early_s up to 3_600;
    /// How many seconds before or after the appointed time a rep who is there in time rings, at most.
    rings_within_s up to 900;
    /// How many seconds after ringing the rep starts the recording, on average.
    greets_for_s up to 600;
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    persona: Vec<Persona>,
}

static PERSONAS: LazyLock<Vec<Arc<Persona>>> = LazyLock::new(|| {
    let text = include_str!("../../../fixtures/personas.toml");
    // The fixture is part of the program: a test reads it, so it cannot be wrong in a build that passed.
    let file: File = toml::from_str(text).expect("fixtures/personas.toml is checked by a test");
    file.persona.into_iter().map(Arc::new).collect()
});

/// All personas, in the fixture's order.
pub fn personas() -> &'static [Arc<Persona>] {
    &PERSONAS
}

/// The persona of that name.
pub fn named(name: &str) -> Option<&'static Arc<Persona>> {
    PERSONAS.iter().find(|p| p.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_persona_is_possible() {
        assert!(personas().len() >= 4);
        for persona in personas() {
            assert!(named(&persona.name).is_some_and(|p| Arc::ptr_eq(p, persona)), "{} is there twice", persona.name);
            for (least, most) in
                [persona.appointments, persona.visit_minutes, persona.deal_dollars, persona.lunch_minutes]
            {
                assert!(least <= most && most > 0, "{}", persona.name);
            }
            for (habit, value, most) in persona.habits.all() {
                assert!(value <= most, "{}: {habit}", persona.name);
            }
        }
    }

    #[test]
    fn a_scenario_may_change_one_habit_and_leaves_the_others() {
        let own = personas()[0].habits;
        let changed = HabitsForAll { patience_s: Some(99), ..HabitsForAll::default() }.over(own);
        assert_eq!(changed, Habits { patience_s: 99, ..own });
        let mut given = HabitsForAll::default();
        given.give("patience_s", 99);
        given.give("no such habit", 1);
        assert_eq!(given.over(own), changed);
        given.give("patience_s", u32::MAX);
        assert_eq!(given.patience_s, Some(120));
    }
}
