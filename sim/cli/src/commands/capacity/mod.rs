//! `fieldday capacity --target mock|URL`: how many reps a target carries. The search says what to measure next, a level is a
//! live run, and everything measured is in the folder before the next level begins.

pub mod args;
mod asked;
mod measure;
mod overload;
mod phases;
mod place;
mod shards;
mod simulate;
pub mod simulate_args;
mod simulate_progress;
mod start;
mod steady;

use crate::args::Format;
use crate::failure::Failure;
use crate::{interrupt, output, planned, terminal};
use args::CapacityArgs;
use asked::{Asked, asked, within};
use fieldday_capacity::day::Day;
use fieldday_capacity::journal::{Header, Journal};
use fieldday_capacity::level::Level;
use fieldday_capacity::report::Report;
use fieldday_capacity::search::{Ending, Next, Range, Standing, Terms};
use fieldday_paint::Paint;
use fieldday_paint::units::{count, counted, lasts, micros, number};
use fieldday_rules::limits::allowed;
use fieldday_scenario::limits::Limit;
use measure::{Bench, Measured};
use phases::{NOTICES_S, PREPARES_FOR};
use place::Place;
use shards::{Leader, Shards};
use start::Start;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use steady::WARM_UPS_MOST;

/// The edge that a search is taken to have before anything is known of it, in reps.
const LIKELY_EDGE: u64 = 1_000;
/// So many warm-ups are expected at a level above the edge.
const WARM_UPS_ABOVE: u32 = 2;
/// A search ends when a disturbance decided nothing at so many levels in a row.
const UNDECIDED_MOST: u32 = 2;

pub fn capacity(args: &CapacityArgs) -> Result<u8, Failure> {
    if let Some(named) = &args.simulated.simulate {
        let named = Some(named.as_str()).filter(|named| !named.is_empty());
        return simulate::run(args, named.or(args.scenario.as_deref()).unwrap_or(simulate::SCENARIO));
    }
    let together = Shards::of(args);
    if let Some(shards) = together.as_ref().filter(|shards| shards.shard.index > 0) {
        return shards::follow(args, shards);
    }
    let stop = interrupt::flag();
    let before = args.resume.as_deref().map(Journal::read).transpose()?;
    let Asked { header, day, per_rep, prepared_per_rep } =
        asked(args, before.as_ref().map(|read| &read.header), &stop)?;
    let bench = Bench::new(args);
    // Whatever keeps the smallest level from being measured is told before there is a folder.
    let smallest = (header.range.from, header.range.shortest_s);
    let first = bench.schedule(&header, per_rep, smallest, None)?;
    bench.prepare(&header, &first, smallest, None)?;
    let (mut place, mut levels) = match &args.resume {
        Some(folder) => Place::resume(folder, &header)?,
        None => (Place::create(&args.search.out, &header)?, Vec::new()),
    };
    announce(&header, &place, levels.len(), per_rep);
    let mut leader = together.map(|shards| Leader::new(shards, &header)).transpose()?;
    let within = within(args, &header.range);
    let ends_by = within.map(|most| Instant::now() + most);
    bench.ends_by(ends_by);
    let terms = terms(&header, (per_rep, prepared_per_rep), leader.is_some());
    tell_price(&header, terms, &levels, within);
    let mut undecided = 0;
    let ending = loop {
        if stop.load(Ordering::Relaxed) {
            break Ending::Interrupted;
        }
        match header.range.next(&levels) {
            Next::Done(ending) => break ending,
            Next::Measure { reps, for_s, why } => {
                // At least: a level that takes longer to prepare ends itself in time.
                let takes = Duration::from_secs_f64(for_s + terms.warm_up_s + terms.notice_s);
                let left = ends_by.map(|ends_by| ends_by.saturating_duration_since(Instant::now()));
                if left.is_some_and(|left| takes > left) {
                    break Ending::OutOfTime;
                }
                tell_progress(&header, terms, &levels, left);
                let offers = number(per_rep * reps as f64 * f64::from(header.scenario.live.speed));
                output::note(&format!("{} reps, {offers} requests/s, for {for_s:.0} s ({why})", count(reps)));
                let measured = match &mut leader {
                    Some(leader) => leader.level(&bench, &header, per_rep, (reps, for_s), &stop),
                    None => bench
                        .level(&header, per_rep, reps, for_s, &Start::Alone, &stop)
                        .map(|played| played.map(|played| played.level(&header.scenario.limits))),
                };
                match measured {
                    Ok(Some(Measured { level, stays_disturbed })) => {
                        tell(&header.range, &level);
                        place.add(&level)?;
                        undecided = if level.is_undecided() { undecided + 1 } else { 0 };
                        levels.push(level);
                        // Levels of a target that stays disturbed would measure something else.
                        if stays_disturbed || undecided >= UNDECIDED_MOST {
                            break Ending::DisturbanceUndecided;
                        }
                    }
                    Ok(None) if stop.load(Ordering::Relaxed) => break Ending::Interrupted,
                    Ok(None) => break Ending::OutOfTime,
                    // What was measured before is a result, too.
                    Err(failure) if !levels.is_empty() => {
                        finish(args, &header, levels, Ending::Interrupted, day, &place)?;
                        return Err(failure);
                    }
                    Err(failure) => return Err(failure),
                }
            }
        }
    };
    finish(args, &header, levels, ending, day, &place)
}

/// The report, in the folder and on stdout.
fn finish(
    args: &CapacityArgs,
    header: &Header,
    levels: Vec<Level>,
    ending: Ending,
    day: Day,
    place: &Place,
) -> Result<u8, Failure> {
    let report = Report::new(header, levels, ending, day, None);
    let kept = place.put(&report);
    match args.format {
        Format::Json => output::print(&report.json())?,
        Format::Terminal => output::print(&report.terminal(Paint::new(terminal::stdout_has_colour())))?,
    };
    output::note(&format!("{}: capacity.html, capacity.md, capacity.json, capacity.jsonl", place.path().display()));
    kept?;
    Ok(report.exit_code())
}

/// The facts about levels that are known before the first one.
fn terms(header: &Header, (per_rep, prepared_per_rep): (f64, f64), is_sharded: bool) -> Terms {
    let allowed = header.scenario.limits.iter().map(allowed).filter(|share| *share > 0.0).fold(1.0, f64::min);
    let per_rep_per_s = per_rep * f64::from(header.scenario.live.speed);
    // Shards warm up for as long as any of them may have to.
    let (below, above) = if is_sharded { (WARM_UPS_MOST, WARM_UPS_MOST) } else { (1, WARM_UPS_ABOVE) };
    let [warm_up_s, warm_up_above_s] = [below, above].map(|n| f64::from(header.warm_up_s * n));
    let prepares_for_s = PREPARES_FOR.as_secs_f64();
    Terms { per_rep_per_s, prepared_per_rep, prepares_for_s, allowed, warm_up_s, warm_up_above_s, notice_s: NOTICES_S }
}

/// Prints the cost of what is left of the search, by where the edge may be.
fn tell_price(header: &Header, terms: Terms, levels: &[Level], within: Option<Duration>) {
    let range = &header.range;
    let mut edges = vec![range.likely_edge(levels, LIKELY_EDGE)];
    // Of a search that goes on, it may be known that the edge is lower.
    if range.edge(levels).1.is_none() && edges[0] < range.to {
        edges.push(range.to);
    }
    for edge in edges {
        let price = range.price(terms, levels, edge);
        if price.levels == 0 {
            continue;
        }
        output::note(&format!(
            "  if it carries {} reps: about {}, {}, {} requests{}",
            count(edge),
            counted(price.levels, "level", "levels"),
            lasts(price.seconds),
            count(price.requests as u64),
            match header.disturbances().len() as u64 * price.levels {
                0 => String::new(),
                times => format!(", {}", counted(times, "disturbance", "disturbances")),
            }
        ));
    }
    if let Some(most) = within {
        output::note(&format!("  it ends after {} at the latest (--within)", lasts(most.as_secs_f64())));
    }
}

/// Where the edge is by now, and how much time is left.
fn tell_progress(header: &Header, terms: Terms, levels: &[Level], most: Option<Duration>) {
    let range = &header.range;
    let (low, high) = range.edge(levels);
    let or_open = |reps: Option<u64>| reps.map_or("?".to_owned(), count);
    let edge = range.likely_edge(levels, LIKELY_EDGE);
    let left_s = range.price(terms, levels, edge).seconds;
    let left = match (most, high) {
        (Some(most), _) if most.as_secs_f64() <= left_s => format!("{} left at most", lasts(most.as_secs_f64())),
        (_, None) => format!("about {} left if it carries {}", lasts(left_s), counted(edge, "rep", "reps")),
        (_, Some(_)) => format!("about {} left", lasts(left_s)),
    };
    output::note(&format!(
        "level {}: so far {} reps hold, {} do not; {left}",
        levels.len() + 1,
        or_open(low),
        or_open(high)
    ));
}

fn announce(header: &Header, place: &Place, measured: usize, per_rep: f64) {
    let Range { from, to, .. } = header.range;
    let limits: Vec<&str> = header.scenario.limits.iter().map(Limit::text).collect();
    let (opens, closes) = header.window;
    output::note(&format!(
        "{}, seed {:#x}: capacity of {}, {} to {} reps, the load between {opens} and {closes} at speed {}\n  a rep offers {:.4} requests/s\n  limits: {}\n  {}",
        header.scenario.name,
        header.seed,
        header.target,
        count(from),
        count(to),
        header.scenario.live.speed,
        per_rep * f64::from(header.scenario.live.speed),
        limits.join("; "),
        place.path().display()
    ));
    planned::tell(&header.scenario.live.disturb, header.disturb, "into the measured part of each level");
    if let Some(of) = header.range.disturbing {
        output::note(&format!(
            "  each level is measured for {:.0} s more, and {:.0} s at least, since it is disturbed",
            of.takes_s, of.needs_s
        ));
    }
    if measured > 0 {
        output::note(&format!("  {measured} levels were measured before"));
    }
}

/// Prints the figures and the verdict of a level in a line.
fn tell(range: &Range, level: &Level) {
    let verdict = match (&level.invalid, range.standing(&[level])) {
        (Some(why), _) => format!("not valid: {why}"),
        (None, Standing::Held) => "holds".to_owned(),
        (None, Standing::LooksHeld) => "probably holds".to_owned(),
        (None, Standing::LooksBroken) => "probably exceeds a limit".to_owned(),
        (None, Standing::Broken) => level.suffered.clone().unwrap_or_else(|| "broken".to_owned()),
    };
    output::note(&format!(
        "  {} served/s, {} in flight, p95 {}, {} failed: {verdict}",
        number(level.served_per_s),
        number(level.in_flight),
        micros(level.latency.p95_us),
        count(level.errors)
    ));
    for of in &level.disturbances {
        output::note(&format!("  disturbance {:?}: {}", of.result.name, of.result.words()));
    }
}
