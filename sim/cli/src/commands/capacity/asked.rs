//! What a search is asked: the options, over the scenario, over the search that is resumed; and what is known of its load before
//! the first level.

use super::args::CapacityArgs;
use super::phases::{NOTICES_S, seconds};
use crate::again::typed;
use crate::failure::Failure;
use crate::{choice, machine, planned};
use fieldday_capacity::day::{Counter, Day};
use fieldday_capacity::disturbed::{Disturbing, needs_s, too_early};
use fieldday_capacity::excerpt::Cast;
use fieldday_capacity::journal::{FORMAT, Header, MockTerms};
use fieldday_capacity::search::{Range, WrongRange};
use fieldday_engine::cell::Keep;
use fieldday_engine::run::{Options, run};
use fieldday_kernel::time::Span;
use fieldday_live::clock::utc_now;
use fieldday_live::prepare::PrepareError;
use fieldday_live::run::window;
use fieldday_live::target::Target;
use fieldday_paint::units::lasts;
use fieldday_plan::shard::Shard;
use fieldday_scenario::Scenario;
use fieldday_scenario::limits::{Limit, Measure as Limited};
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The scenario of a search for which none is named.
const SCENARIO: &str = "peak";
/// Over so many seconds reps come to work before a level is measured.
const WARM_UP_S: u32 = 20;
/// A search takes no longer than this if nobody says otherwise.
const WITHIN: Duration = Duration::from_secs(15 * 60);
/// Levels are short enough that so many fit into the time that there is.
const LEVELS_WITHIN: f64 = 15.0;
/// The length of levels is chosen as if each took so many times its warm-up beside the measured part: preparing, warm-up, cool-down.
const OVERHEAD: f64 = 1.6;
/// Levels longer than this do not widen the window that is looked for.
const LONGEST_PART_S: f64 = 120.0;
/// So many reps' days are lived on the virtual clock, to see what a rep asks over the day.
const DAY_REPS: u64 = 200;

/// The search that the command line asks for, with what is known before the first level.
pub struct Asked {
    pub header: Header,
    pub day: Day,
    /// Requests a second of the day that a rep offers in the window.
    pub per_rep: f64,
    /// Requests that a rep sends before a level begins.
    pub prepared_per_rep: f64,
}

/// What the command line asks for; the answer is the same in all shards of a search.
pub fn asked(args: &CapacityArgs, before: Option<&Header>, stop: &AtomicBool) -> Result<Asked, Failure> {
    let mut header = header(args, before)?;
    if args.search.shard.is_some() && header.target == "mock" {
        let with = "--target mock: each shard would have a mock of its own".to_owned();
        return Err(Failure::NoEffect { option: "--shard", with });
    }
    header.range.check()?;
    disturbances_fit(&header, &of(args), args)?;
    let (day, cast) = lived(&header, &of(args), DAY_REPS, None, stop)?;
    if let Some(most) = within(args, &header.range) {
        header.range.within(most.as_secs_f64(), LEVELS_WITHIN, OVERHEAD * f64::from(header.warm_up_s));
    }
    header.window = match before {
        Some(before) => before.window,
        None => day.busiest(plays(&header), window(&header.scenario)),
    };
    fits(&mut header, &of(args))?;
    if let Some(most) = within(args, &header.range) {
        one_level_fits(&header, most)?;
    }
    let per_rep = cast.asks(header.window).iter().map(|of| of.requests_per_s).sum();
    let part = seconds(header.range.shortest_s);
    let before = cast.schedule(header.window, header.scenario.live.speed, part, per_rep).before();
    let prepared_per_rep = before as f64 / DAY_REPS as f64;
    Ok(Asked { header, day, per_rep, prepared_per_rep })
}

/// What is asked, by the command line, and where it is silent by the search that is gone on with.
fn header(args: &CapacityArgs, before: Option<&Header>) -> Result<Header, Failure> {
    let target = args.target.clone().or(before.map(|of| of.target.clone())).unwrap_or_default();
    let is_mock = target == "mock";
    if !is_mock {
        // Before anything is said or kept of it: it may hold a password.
        Target::parse(&target).map_err(PrepareError::from)?;
    }
    let scenario = match (&args.scenario, before) {
        (None, Some(before)) => before.scenario.clone(),
        (named, _) => settled(choice::load(named.as_deref().unwrap_or(SCENARIO))?, is_mock, args),
    };
    let scenario = with_options(scenario, args)?;
    planned::check(&scenario.live.disturb, args.search.disturb)?;
    let mock = match before {
        Some(before) if args.workers.is_none() && args.delay_us.is_none() => before.mock,
        _ => is_mock.then_some(MockTerms {
            workers: args.workers,
            delay_us: args.delay_us,
            exponential: args.exponential,
        }),
    };
    let of_mock = [("--workers", args.workers.is_some()), ("--delay-us", args.delay_us.is_some())];
    if let Some((option, _)) = of_mock.into_iter().find(|(_, is_typed)| *is_typed && !is_mock) {
        return Err(Failure::NoEffect { option, with: format!("a search of --target {target}") });
    }
    // Where the command line is silent, as before.
    let base = before.map_or_else(Range::default, |of| of.range.clone());
    let shortest_s = args.search.level.unwrap_or(base.shortest_s);
    let disturbing = Disturbing::of(&scenario.live.disturb).filter(|_| args.search.disturb);
    let least_s = disturbing.map_or(shortest_s, |of| of.lengthened(shortest_s));
    let range = Range {
        from: args.search.from.unwrap_or(base.from),
        to: args.search.to.unwrap_or(base.to),
        step: args.search.step.unwrap_or(base.step),
        resolution: args.search.resolution.unwrap_or(base.resolution),
        repeats: args.search.repeats.unwrap_or(base.repeats),
        confidence: args.search.confidence.unwrap_or(base.confidence),
        shortest_s,
        longest_s: args.search.longest.unwrap_or(base.longest_s.max(least_s)),
        disturbing,
        // No model is fitted to levels that were disturbed: none needs more of them.
        levels: if disturbing.is_some() { 1 } else { base.levels },
    };
    Ok(Header {
        fieldday_capacity: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        target,
        mock,
        seed: args.seed.seed.or(before.map(|of| of.seed)).unwrap_or(1),
        range,
        window: window(&scenario),
        disturb: args.search.disturb,
        warm_up_s: args.search.warm_up.or(before.map(|of| of.warm_up_s)).unwrap_or(WARM_UP_S),
        reproduce: before.map_or_else(again, |of| of.reproduce.clone()),
        began: machine::now(),
        host: machine::host(),
        scenario,
    })
}

/// A scenario as a search lives it: one day of it, and nothing that must be exercised.
fn settled(mut scenario: Scenario, is_mock: bool, args: &CapacityArgs) -> Scenario {
    scenario.day.dates.truncate(1);
    if let Some(date) = args.search.date {
        scenario.day.dates = vec![date];
    } else if !is_mock {
        scenario.day.dates = vec![scenario.today(utc_now())];
    }
    scenario.must_exercise.clear();
    // A target is asked for what it carries: failures that the tool's own mock is told to make are no limit of it.
    scenario.mishap.clear();
    // Who tries what must fail, and who reads back what should be there, is no load that anybody plans for.
    (scenario.live.intruders, scenario.live.auditors) = (false, false);
    scenario
}

/// The scenario with the command line's options in it.
fn with_options(mut scenario: Scenario, args: &CapacityArgs) -> Result<Scenario, Failure> {
    args.search.drive.over(&mut scenario.live)?;
    if !args.search.limit.is_empty() {
        scenario.limits.clone_from(&args.search.limit);
    }
    // More reps bring more requests a second: a limit on them is held by more, not by fewer.
    scenario.limits.retain(|limit| limit.measure != Limited::Requests);
    if scenario.limits.is_empty() {
        return Err(Failure::NoLimits { scenario: scenario.name });
    }
    Ok(scenario)
}

/// How long a search may take; none if as long as it needs. Levels that are disturbed are longer, and so is the search if nobody
/// bounds it.
pub fn within(args: &CapacityArgs, range: &Range) -> Option<Duration> {
    let asked_for_levels = args.search.level.is_some() || args.search.longest.is_some() || args.resume.is_some();
    let longer_s = range.disturbing.map_or(0.0, |of| of.needs_s * LEVELS_WITHIN);
    args.search.within.or((!asked_for_levels).then_some(WITHIN + Duration::from_secs_f64(longer_s)))
}

/// Refuses disturbances that no level could judge, by what was asked for.
fn disturbances_fit(header: &Header, of: &str, args: &CapacityArgs) -> Result<(), Failure> {
    let planned = header.disturbances();
    let wrong = |place: usize, key: &'static str, why: String, instead: String| {
        Err(Failure::Disturbance { of: of.to_owned(), place, key, why, instead })
    };
    let (limits, built_in) = (&header.scenario.limits, Limit::built_in(&header.scenario.limits));
    for (place, disturbance) in planned.iter().enumerate() {
        let is_limit = |text: &str| limits.iter().chain(&built_in).any(|limit| limit.text() == text);
        // A search drops limits on requests a second, which no disturbance is judged by.
        let is_judged = |limit: &&Limit| limit.measure != Limited::Requests;
        if let Some(limit) = disturbance.may_break.iter().filter(is_judged).find(|limit| !is_limit(limit.text())) {
            let why = format!("{:?} is no limit of this search: --limit replaces those of the scenario", limit.text());
            let texts: Vec<&str> = limits.iter().chain(&built_in).map(Limit::text).collect();
            return wrong(place, "may_break", why, format!("name some of: {}", texts.join("; ")));
        }
    }
    if let Some((first, second)) = too_early(planned) {
        let why = format!(
            "{:?} begins before it can be seen whether the limits hold again after {:?}",
            planned[second].name, planned[first].name
        );
        return wrong(second, "at_s", why, "let 5 s at least pass between the two".to_owned());
    }
    fits_in(header, of, header.range.longest_s, "--longest")?;
    let overhead_s = OVERHEAD * f64::from(header.warm_up_s);
    if let Some(within) = args.search.within {
        fits_in(header, of, within.as_secs_f64() - overhead_s, "--within, less the warm-up")?;
    }
    Ok(())
}

/// Refuses a disturbance that takes longer than a level may, which `by` bounds.
fn fits_in(header: &Header, of: &str, most_s: f64, by: &str) -> Result<(), Failure> {
    let mut planned = header.disturbances().iter().enumerate();
    let Some((place, disturbance)) = planned.find(|(_, disturbance)| needs_s(disturbance) > most_s) else {
        return Ok(());
    };
    let needs = needs_s(disturbance);
    let why = format!(
        "a level must be measured for {needs:.0} s until its recovery is judged (at_s, lasts_s, holds_again_within_s and 10 s), and is for {:.0} s at most ({by})",
        most_s.max(0.0)
    );
    let instead =
        "use a smaller at_s, or allow longer levels: a higher --longest or --within, a lower --speed, a longer window";
    Err(Failure::Disturbance { of: of.to_owned(), place, key: "at_s", why, instead: instead.to_owned() })
}

/// How much of the day levels play parts of: twice what the longest one plays, and an hour at least.
fn plays(header: &Header) -> Span {
    let needs_s = header.range.disturbing.map_or(0.0, |of| of.needs_s);
    let longest_s = header.range.longest_s.min(LONGEST_PART_S).max(needs_s) + 4.0 * f64::from(header.warm_up_s);
    Span::seconds(((longest_s * f64::from(header.scenario.live.speed) * 2.0) as i64).max(3_600))
}

/// A level must fit into the window; the longest one is as long as that allows.
fn fits(header: &mut Header, of: &str) -> Result<(), Failure> {
    let speed = header.scenario.live.speed;
    let (from, until) = header.window;
    let warm_up_s = i64::from(header.warm_up_s) * 4;
    let has_s = i64::from(until.seconds().saturating_sub(from.seconds())) / i64::from(speed.max(1)) - warm_up_s;
    let needed_s = header.range.shortest_s.ceil() as i64;
    if has_s < needed_s {
        return Err(Failure::ShortWindow { needed_s: needed_s + warm_up_s, has_s: has_s + warm_up_s, speed });
    }
    fits_in(header, of, has_s as f64, "the window at this speed")?;
    header.range.longest_s = header.range.longest_s.min(has_s as f64);
    Ok(())
}

/// Refuses a time in which no level can be measured.
fn one_level_fits(header: &Header, within: Duration) -> Result<(), Failure> {
    let least_s = header.range.shortest_s + f64::from(header.warm_up_s) + NOTICES_S;
    if within.as_secs_f64() >= least_s {
        return Ok(());
    }
    let what = format!(
        "--within {}: a level takes {} at least: {} s of warm-up (--warm-up), {:.0} s that are measured, and {NOTICES_S:.0} s around them",
        lasts(within.as_secs_f64()),
        lasts(least_s),
        header.warm_up_s,
        header.range.shortest_s
    );
    Err(WrongRange { what, instead: "allow more time, or a shorter --warm-up or --level".to_owned() }.into())
}

/// The command line as it was typed.
fn again() -> String {
    typed(std::env::args().skip(1))
}

/// The scenario as the user named it, or the folder of the resumed search.
fn of(args: &CapacityArgs) -> String {
    let folder = args.resume.as_ref().map(|folder| folder.display().to_string());
    args.scenario.clone().or(folder).unwrap_or_else(|| SCENARIO.to_owned())
}

/// The days of so many reps, on the virtual clock: what one asks over the day, and what levels play parts of.
pub fn lived(
    header: &Header,
    of: &str,
    reps: u64,
    shard: Option<Shard>,
    stop: &AtomicBool,
) -> Result<(Day, Cast), Failure> {
    let mut scenario = header.scenario.clone();
    scenario.with_reps(reps);
    let plan = choice::planned(of, scenario, header.seed)?.of_shard(shard);
    let plan = plan.map_err(|source| Failure::Plan { of: of.to_owned(), source })?;
    let office = header.scenario.live.office;
    let (mut counter, mut cast) = (Counter::new(office), Cast::new(office));
    let options = Options { threads: 0, keep: Keep { events: true, history: false }, stop };
    run(&plan, &options, |cell| {
        let of = plan.cell(cell.index);
        if let (Some(events), Some(tenant)) = (&cell.kept, of.tenants.first()) {
            counter.add(events, of.start, &tenant.data.zone, cell.rep_days);
            cast.add(cell.index, events, of.start, &tenant.data.zone, cell.rep_days);
        }
        ControlFlow::Continue(())
    })?;
    Ok((counter.day(), cast))
}
