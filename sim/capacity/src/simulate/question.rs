//! What is asked: a scenario, a plant, how apps retry, which part of the day, and perhaps what if.

use super::{Calibration, SimulateError};
use fieldday_api::endpoint::Op;
use fieldday_api::mishap::MishapKind;
use fieldday_kernel::time::TimeOfDay;
use fieldday_rep::app::settings::Retrying;
use fieldday_scenario::plant::{Plant, PlantTrouble, PlantTroubleWord};
use fieldday_scenario::{Mishap, Outage, Scenario};
use std::sync::Arc;

/// So many reps at most live at once; of more, each simulated one stands for several.
pub const MOST_ALIVE: u64 = 250_000;

/// A question to the simulation: whose day, against which deployment, with which change.
#[derive(Clone, Debug)]
pub struct Question {
    /// The scenario whose day is simulated; its own plant is not looked at.
    pub scenario: Scenario,
    /// The seed of the plan and of all draws.
    pub seed: u64,
    /// The deployment that serves the requests.
    pub plant: Plant,
    /// Where its service times come from: for the report.
    pub service_source: String,
    /// Why they may not be trusted: for the report.
    pub service_warnings: Vec<String>,
    /// How the apps retry failed requests.
    pub retrying: Retrying,
    /// The part of the day that is measured, by the local time of the first territory; all of it if none. What lies before
    /// it is lived too, from the moment the first rep leaves home.
    pub window: Option<(TimeOfDay, TimeOfDay)>,
    /// A change whose effect is asked for, if one is.
    pub what_if: Option<WhatIf>,
    /// How many reps each simulated one stands for; if none, as many as are needed to hold the simulated ones in memory.
    pub each_for: Option<u32>,
    /// How many threads; 0 for as many as are worth it.
    pub threads: usize,
}

/// A named question, put on top of a scenario.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhatIf {
    /// Everybody starts within a quarter of an hour.
    MondayStorm,
    /// Every region loses its network at its noon, and has it back all at once an hour later.
    OutageEnds,
    /// All instances are restarted at noon, one after the other.
    Deployment,
    /// An instance is gone from ten o'clock on, for an hour.
    InstanceLost,
    /// Shunya takes ten times as long from ten to three, and what hands over to it twice as long.
    SlowShunya,
}

/// A row of the table of named questions.
pub struct WhatIfRow {
    /// The change that the row names.
    pub what_if: WhatIf,
    /// The name of the change on the command line.
    pub word: &'static str,
    /// The change in a phrase, for reports and for the help page.
    pub asks: &'static str,
}

/// All named questions, in the order in which help pages list them.
pub const WHAT_IFS: [WhatIfRow; 5] = [
    WhatIfRow {
        what_if: WhatIf::MondayStorm,
        word: "monday-storm",
        asks: "all reps leave home and clock in between 07:45 and 08:00 local time",
    },
    WhatIfRow {
        what_if: WhatIf::OutageEnds,
        word: "outage-ends",
        asks: "every region loses its network from 12:00 to 13:00 local time and regains it at once",
    },
    WhatIfRow { what_if: WhatIf::Deployment, word: "deployment", asks: "a rolling restart of all instances at 12:00" },
    WhatIfRow {
        what_if: WhatIf::InstanceLost,
        word: "instance-lost",
        asks: "one instance is lost at 10:00 and replaced at 11:00",
    },
    WhatIfRow {
        what_if: WhatIf::SlowShunya,
        word: "slow-shunya",
        asks: "Shunya takes 10 times as long from 10:00 to 15:00, and stop, upload and read of a recording twice as long",
    },
];

impl WhatIf {
    /// The name of the outage and of the mishap that a question adds to a scenario.
    pub(super) const ADDED: &'static str = "what-if";
    /// The name of the change on the command line.
    pub fn as_str(self) -> &'static str {
        WHAT_IFS.iter().find(|row| row.what_if == self).map_or("", |row| row.word)
    }
    /// The change of that name on the command line; none if there is none.
    pub fn named(word: &str) -> Option<WhatIf> {
        WHAT_IFS.iter().find(|row| row.word == word).map(|row| row.what_if)
    }

    pub(super) fn put_to(self, scenario: &mut Scenario, plant: &mut Plant) {
        let (ten, noon) = (TimeOfDay::hm(10, 0), TimeOfDay::hm(12, 0));
        let trouble =
            |kind, from, until| PlantTrouble { kind, from, until, percent: None, ops: Vec::new(), drain_s: None };
        match self {
            WhatIf::MondayStorm => scenario.day.leave_home = (TimeOfDay::hm(7, 45), TimeOfDay::hm(8, 0)),
            WhatIf::OutageEnds => scenario.outage.push(Outage {
                name: WhatIf::ADDED.to_owned(),
                from: noon,
                minutes: 60,
                percent: 100,
                tenants: Vec::new(),
            }),
            WhatIf::Deployment => {
                plant.trouble.push(trouble(PlantTroubleWord::Deployment, noon, TimeOfDay::hm(13, 0)));
            }
            WhatIf::InstanceLost => {
                plant.trouble.push(trouble(PlantTroubleWord::InstanceLost, ten, TimeOfDay::hm(11, 0)));
            }
            WhatIf::SlowShunya => {
                let until = TimeOfDay::hm(15, 0);
                let ops = vec![Op::StopRecording, Op::UploadAudio, Op::GetRecording];
                let slow = trouble(PlantTroubleWord::Slow, ten, until);
                plant.trouble.push(PlantTrouble { percent: Some(200), ops, ..slow });
                scenario.mishap.push(Mishap {
                    name: WhatIf::ADDED.to_owned(),
                    kind: MishapKind::ShunyaSlow,
                    from: ten,
                    until,
                    jitter_minutes: 0,
                    rate_ppm: 1_000_000,
                    ops: Vec::new(),
                    tenant: None,
                    status: None,
                    extra_ms: None,
                    retry_after_s: None,
                    factor: Some(10),
                });
            }
        }
    }
}

impl Question {
    /// A scenario as it is, against the plant that it describes.
    pub fn new(scenario: Scenario, seed: u64) -> Question {
        let plant = scenario.plant.clone();
        let source =
            if plant.service.is_some() { "the scenario's [plant.service]" } else { "the model backend's defaults" };
        Question {
            scenario,
            seed,
            plant,
            service_source: source.to_owned(),
            service_warnings: Vec::new(),
            retrying: Retrying::default(),
            window: None,
            what_if: None,
            each_for: None,
            threads: 0,
        }
    }

    /// The same of a plant like one that was measured. If its workers were fitted, it is one instance like that target.
    pub fn calibrated(mut self, by: Calibration) -> Question {
        by.put_to(&mut self.plant);
        (self.service_source, self.service_warnings) = (by.source, by.warnings);
        if by.workers.is_some() { self.with_instances(1) } else { self }
    }

    /// How many reps each simulated one stands for.
    pub fn stands_for(&self) -> u32 {
        let needed = self.scenario.people.reps.div_ceil(MOST_ALIVE).max(1);
        self.each_for.unwrap_or(u32::try_from(needed).unwrap_or(u32::MAX)).max(1)
    }

    /// The scenario and the plant that are simulated: of the first date, without what only tests a backend, and with what
    /// the question puts on top.
    pub(super) fn put(&self) -> Result<(Arc<Scenario>, Plant), SimulateError> {
        let (mut scenario, mut plant) = (self.scenario.clone(), self.plant.clone());
        let wrong = |key: &str, problem: &str| Err(SimulateError::Question(format!("`{key}` {problem}")));
        if scenario.people.reps == 0 {
            return wrong("reps", "is 0; use at least 1");
        }
        if let Some((from, until)) = self.window
            && from >= until
        {
            return wrong("window", &format!("ends at {until}, which is not after {from}; use [from, until]"));
        }
        if self.retrying.retries > 20 {
            return wrong("retries", &format!("is {}: at most 20", self.retrying.retries));
        }
        scenario.day.dates.truncate(1);
        scenario.with_reps(scenario.people.reps.div_ceil(u64::from(self.stands_for())));
        scenario.defects.clear();
        scenario.intruders.per_tenant = 0;
        scenario.proof.rounds = 0;
        scenario.proof.app = false;
        // What goes wrong with the backend is the plant's matter here; what Shunya does is not.
        scenario.mishap.retain(|mishap| matches!(mishap.kind, MishapKind::ShunyaSlow | MishapKind::ShunyaFails));
        if let Some(what_if) = self.what_if {
            what_if.put_to(&mut scenario, &mut plant);
        }
        Ok((Arc::new(scenario), plant))
    }
}
