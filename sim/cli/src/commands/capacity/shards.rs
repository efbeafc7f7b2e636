//! A search over shards: the first one decides what is measured and judges it, the others play their part of each level.

use super::args::CapacityArgs;
use super::asked::{Asked, asked};
use super::measure::{Bench, Measured, Played};
use super::start::Start;
use crate::failure::Failure;
use crate::meeting::{Heartbeat, LevelOrder, Meeting, Order};
use crate::{exit, interrupt, output};
use fieldday_capacity::journal::Header;
use fieldday_capacity::part::LevelPart;
use fieldday_kernel::fingerprint::Fingerprinter;
use fieldday_live::start::StartError;
use fieldday_paint::units::count;
use fieldday_plan::shard::Shard;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long a shard waits for the others.
const WITHIN: Duration = Duration::from_secs(600);
/// Beyond what a level lasts, the others have so long to prepare it and to leave what they measured.
const SPARE: Duration = Duration::from_secs(300);
/// A level of which a shard died is measured so many times.
const TRIES: u32 = 2;

/// The part of the command line that concerns the shards of a search.
pub struct Shards<'a> {
    pub shard: Shard,
    dir: &'a Path,
    within: Duration,
}

impl<'a> Shards<'a> {
    /// The shards of the search; none if one process makes it.
    pub fn of(args: &'a CapacityArgs) -> Option<Shards<'a>> {
        let (shard, dir) = (args.search.shard?, args.search.start_together.as_deref()?);
        Some(Shards { shard, dir, within: args.search.start_within.unwrap_or(WITHIN) })
    }
    fn start(&self, meeting: &Meeting, number: u64) -> Start {
        Start::Together { dir: meeting.level_dir(number), shard: self.shard, within: self.within }
    }
}

/// Shards play whole cells: of fewer reps than this, some would have none.
fn least_reps(header: &Header, shard: Shard) -> u64 {
    let scenario = &header.scenario;
    let reps_a_cell = u64::from(scenario.reps_per_tenant()) * u64::from(scenario.people.tenants_per_cell);
    u64::from(shard.of - 1) * reps_a_cell + 1
}

/// What must be the same for all shards: what decides levels.
fn digest(header: &Header) -> String {
    let decides = (&header.version, header.seed, &header.range, header.window, header.warm_up_s, &header.scenario);
    // Plain data of strings and numbers: it cannot fail.
    let mut digest = Fingerprinter::default();
    digest.add(&serde_json::to_string(&decides).unwrap_or_default());
    digest.finish().to_string()
}

/// Shard 0, which decides which levels are measured.
pub struct Leader<'a> {
    shards: Shards<'a>,
    meeting: Meeting,
    search: String,
    next: u64,
    _alive: Heartbeat,
}

impl<'a> Leader<'a> {
    pub fn new(shards: Shards<'a>, header: &Header) -> Result<Leader<'a>, Failure> {
        let meeting = Meeting::new(shards.dir, shards.shard)?;
        meeting.must_be_new()?;
        output::note(&format!(
            "levels below {} reps are played by shard 0 alone",
            count(least_reps(header, shards.shard))
        ));
        Ok(Leader { search: digest(header), next: 1, _alive: meeting.heartbeat()?, meeting, shards })
    }
    /// Measures a level with the others. If one of them dies it is measured again; none if it was interrupted.
    pub fn level(
        &mut self,
        bench: &Bench,
        header: &Header,
        per_rep: f64,
        (reps, for_s): (u64, f64),
        stop: &Arc<AtomicBool>,
    ) -> Result<Option<Measured>, Failure> {
        if reps < least_reps(header, self.shards.shard) {
            let played = bench.level(header, per_rep, reps, for_s, &Start::Alone, stop)?;
            return Ok(played.map(|played| played.level(&header.scenario.limits)));
        }
        for left in (0..TRIES).rev() {
            let number = self.next;
            self.next += 1;
            self.meeting.begins(number)?;
            let order = LevelOrder { number, reps, for_s, per_rep };
            self.meeting.put_order(number, &self.search, Some(order))?;
            let start = self.shards.start(&self.meeting, number);
            let lost = match bench.level(header, per_rep, reps, for_s, &start, stop) {
                Ok(None) => return Ok(None),
                Err(Failure::Start(StartError::Missing { missing, .. })) => missing,
                Err(failure) => return Err(failure),
                Ok(Some(mut played)) => {
                    let lasts = bench.lasts(header, for_s).duration();
                    match self.meeting.parts(number, lasts + SPARE, stop)? {
                        _ if stop.load(Ordering::Relaxed) => return Ok(None),
                        Ok(parts) => {
                            let part = &mut played.part;
                            parts.into_iter().for_each(|(index, other)| LevelPart::merge(part, index, other));
                            return Ok(Some(played.level(&header.scenario.limits)));
                        }
                        Err(lost) => lost,
                    }
                }
            };
            let lost = lost.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let next =
                if left > 0 { "the level is measured again, once all shards are there" } else { "the search ends" };
            output::note(&format!("warning: lost in the level: shard {lost}; {next}"));
        }
        Err(Failure::ShardsLost)
    }
}

impl Drop for Leader<'_> {
    /// However the search ends, the others end with it.
    fn drop(&mut self) {
        if let Err(error) = self.meeting.put_order(self.next, &self.search, None) {
            output::note(&format!("warning: the other shards cannot be told that the search is over: {error}"));
        }
    }
}

/// Any other shard: plays what the first one orders, until that says that the search is over.
pub fn follow(args: &CapacityArgs, shards: &Shards<'_>) -> Result<u8, Failure> {
    let stop = interrupt::flag();
    let Asked { header, .. } = asked(args, None, &stop)?;
    let (bench, search) = (Bench::new(args), digest(&header));
    let meeting = Meeting::new(shards.dir, shards.shard)?;
    let _alive = meeting.heartbeat()?;
    let mut next = meeting.next_order()?;
    output::note(&format!("shard {} follows shard 0 by way of {}", shards.shard, shards.dir.display()));
    if header.disturb {
        output::note("shard 0 alone disturbs the target");
    }
    loop {
        let Some(Order { level, .. }) = meeting.wait_for_order(next, &search, shards.within, &stop)? else {
            return Ok(exit::INTERRUPTED);
        };
        let Some(LevelOrder { number, reps, for_s, per_rep }) = level else {
            output::note("the search is over; shard 0 writes the report");
            return Ok(0);
        };
        meeting.begins(number)?;
        output::note(&format!("level {number}: a part of {} reps, for {for_s:.0} s", count(reps)));
        let start = shards.start(&meeting, number);
        match bench.level(&header, per_rep, reps, for_s, &start, &stop) {
            Ok(Some(Played { part, .. })) => meeting.put_part(number, &part)?,
            Ok(None) => return Ok(exit::INTERRUPTED),
            Err(Failure::Start(error @ StartError::Missing { .. })) => output::note(&format!("warning: {error}")),
            Err(failure) => return Err(failure),
        }
        next = number + 1;
    }
}
