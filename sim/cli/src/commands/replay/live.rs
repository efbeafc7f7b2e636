//! `fieldday replay FOLDER` of a live run: what happened, from its history; and with `--rep`, that rep's app lived again on
//! the virtual clock with what came from outside, compared with the record byte for byte.

use super::args::ReplayArgs;
use super::show::{client, show};
use crate::failure::Failure;
use crate::{exit, output};
use fieldday_engine::replay::Replayed;
use fieldday_engine::{pass, setup};
use fieldday_folder::{HISTORY, RunFolder, bounded, cell_of};
use fieldday_history::event::{Client, ClientKind};
use fieldday_history::file::{HistoryLine, Reader};
use fieldday_history::{Event, EventKind};
use fieldday_kernel::fingerprint::Fingerprinter;
use fieldday_kernel::time::{Time, Zone};
use fieldday_live::plan::LivePlan;
use fieldday_live::replay::{Recorded, RepReplay, replay_rep};
use fieldday_plan::{CONFORMANCE_CELL, Plan, cell_name};
use fieldday_rules::Judges;
use std::sync::Arc;

pub fn replay(args: &ReplayArgs, kept: &RunFolder, plan: &Plan) -> Result<u8, Failure> {
    for (option, is_typed) in [("--at", args.at.is_some()), ("--step", args.step)] {
        if is_typed {
            return Err(Failure::NoEffect { option, with: format!("{}, a live run", kept.path.display()) });
        }
    }
    let cell = args.cell.or_else(|| args.rep.as_deref().and_then(cell_of)).unwrap_or(0);
    if cell >= plan.cells() && cell != CONFORMANCE_CELL {
        return Err(Failure::NoSuchCell { cell, cells: plan.cells() });
    }
    let day = recorded(kept, cell)?;
    let code = match &args.rep {
        None => 0,
        Some(rep) => {
            let number = client(&day, rep)?;
            let is_phone = day.clients.get(number as usize).is_some_and(|(of, _)| of.kind == ClientKind::Phone);
            if is_phone {
                said(rep, &replayed(kept, cell, &day, number)?)
            } else {
                output::note(&format!("{rep} is not a rep and has no app to re-run; its recorded events are shown"));
                0
            }
        }
    };
    show(args, &day, &kept.run.reproduce).map(|()| code)
}

/// Judges a recorded cell again, by its index.
pub fn recorded(kept: &RunFolder, index: u32) -> Result<Replayed, Failure> {
    let wanted = cell_name(index);
    let no = |why: String| Failure::NotRelived { path: kept.path.display().to_string(), why };
    let file = bounded::open(&kept.path.join(HISTORY)).map_err(|error| no(format!("{HISTORY}: {error}")))?;
    let mut reader = Reader::new(file).map_err(|error| no(format!("{HISTORY}: {error}")))?;
    let (mut current, mut begins, mut zones, mut events) = (false, None, None, Vec::new());
    while let Some(text) = reader.text().map_err(|error| no(format!("{HISTORY}: {error}")))? {
        match reader.parse(&text).map_err(|error| no(format!("{HISTORY}: {error}")))? {
            HistoryLine::Cell { cell, start, zones: of } => {
                current = cell == wanted;
                if current {
                    (begins, zones) = (Some(start), Some(of));
                }
            }
            HistoryLine::Event(event) if current => {
                if let Some(last) = events.last().filter(|last: &&Event| event.at < last.at) {
                    let (line, at, last) = (reader.line_number(), event.at, last.at);
                    return Err(no(format!("{HISTORY}: line {line}: expected a time from {last} on, found {at}")));
                }
                events.push(event);
            }
            HistoryLine::Event(_) | HistoryLine::Header(_) | HistoryLine::End { .. } => {}
        }
    }
    let (Some(start), Some(zones)) = (begins, zones) else {
        return Err(no(format!("{HISTORY} does not contain {wanted}")));
    };
    let scenario = pass::scenario_of(&wanted, &kept.run.scenario);
    let mut judges = Judges::new(Arc::new(setup::judges(&scenario, setup::pace(&scenario), start, zones.clone())));
    let mut print = Fingerprinter::default();
    events.iter().for_each(|event| {
        judges.on(event);
        print.add(event);
    });
    let zone = |client: &Client| zones.get(&client.tenant).cloned().unwrap_or_else(Zone::utc);
    let clients = events.iter().filter_map(|event| match &event.what {
        EventKind::Client(client) => Some((client.as_ref().clone(), zone(client))),
        _ => None,
    });
    let clients = clients.collect();
    let findings = judges.finish();
    Ok(Replayed {
        cell: wanted,
        start,
        events,
        clients,
        findings,
        fingerprint: print.finish(),
        complete: kept.run.complete,
    })
}

fn replayed(kept: &RunFolder, index: u32, day: &Replayed, client: u32) -> Result<RepReplay, Failure> {
    let no = |why: &str| Failure::NotRelived { path: kept.path.display().to_string(), why: why.to_owned() };
    let opens: Time = kept.run.opens.ok_or_else(|| no("its run.json does not say when the window opened"))?;
    let is_mock = kept.run.target == "mock";
    let live = LivePlan::new(Arc::new(kept.run.scenario.clone()), kept.seed, is_mock)
        .map_err(Failure::of(&kept.path.display().to_string()))?;
    let (plan, _) = live.cell(index)?;
    let began = |event: &Event| event.client == client && matches!(event.what, EventKind::Began);
    if !day.events.iter().any(began) {
        return Err(no("that client is not a rep who started"));
    }
    let (scenario, events) = (live.plan.scenario(), &day.events[..]);
    let recorded = Recorded { scenario, plan, opens, start: day.start, events, masks_private: !is_mock };
    Ok(replay_rep(&recorded, client))
}

fn said(rep: &str, lived: &RepReplay) -> u8 {
    match &lived.difference {
        None => {
            output::note(&format!(
                "{rep} re-run in virtual time: all {} events are identical to the recording",
                lived.events
            ));
            0
        }
        Some(difference) => {
            let (number, or) =
                (difference.number, |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned()));
            output::note(&format!(
                "warning: the re-run of {rep} differs from event {number} of {} on\n  recorded: {}\n  re-run:   {}",
                lived.events,
                or(&difference.recorded),
                or(&difference.lived)
            ));
            exit::INCONCLUSIVE
        }
    }
}
