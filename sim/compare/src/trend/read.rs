//! From the nights of a place to their trend.

use super::{
    ChangePoint, Group, LimitRow, NightLine, RuleRow, SCHEMA, SeriesLine, SkippedLine, StepLine, Trend, capacity,
};
use crate::judge::LEVEL;
use crate::lines::Key;
use crate::stats::steps::{Series, steps};
use fieldday_folder::nights::{Night, Nights};
use fieldday_folder::summary::RuleVerdict;
use fieldday_rules::limit_result::LimitVerdict;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Which of a place's nights to read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Asked {
    /// Only those of this scenario.
    pub scenario: Option<String>,
    /// Of each group, only the last so many.
    pub last: Option<usize>,
}

/// Reads the nights of a place.
pub fn trend(place: &Path, asked: &Asked) -> io::Result<Trend> {
    let mut all = Nights::read(place)?;
    let is_wanted = |scenario: &str| asked.scenario.as_ref().is_none_or(|wanted| wanted == scenario);
    all.nights.retain(|night| is_wanted(&night.run.scenario.name));
    let mut skipped: Vec<SkippedLine> = Vec::new();
    for one in all.skipped {
        skipped.push(SkippedLine { folder: one.path.display().to_string(), why: one.why });
    }
    let mut searches = Vec::new();
    for folder in folders_with(place, capacity::FILE)? {
        match capacity::read(&folder) {
            Ok(line) if is_wanted(&line.scenario) => searches.push(line),
            Ok(_) => {}
            Err(why) => skipped.push(SkippedLine { folder: folder.display().to_string(), why }),
        }
    }
    searches.sort_by(|a, b| (&a.began, &a.folder).cmp(&(&b.began, &b.folder)));
    Ok(Trend {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        place: place.display().to_string(),
        groups: grouped(&all.nights).into_iter().map(|nights| group(nights, asked.last)).collect(),
        capacity: searches,
        skipped,
    })
}

fn folders_with(place: &Path, file: &str) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(place)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.join(file).is_file());
    paths.sort();
    Ok(paths)
}

/// Nights that are alike, by kinds in the order of their scenarios' names.
fn grouped(nights: &[Night]) -> Vec<Vec<&Night>> {
    let mut groups: Vec<Vec<&Night>> = Vec::new();
    for night in nights {
        let of = |group: &&mut Vec<&Night>| group[0].kind() == night.kind() && group[0].is_like(night);
        match groups.iter_mut().find(of) {
            Some(group) => group.push(night),
            None => groups.push(vec![night]),
        }
    }
    groups.sort_by(|a, b| (&a[0].run.scenario.name, a[0].kind()).cmp(&(&b[0].run.scenario.name, b[0].kind())));
    groups
}

fn group(mut nights: Vec<&Night>, last: Option<usize>) -> Group {
    let from = nights.len().saturating_sub(last.unwrap_or(usize::MAX));
    nights.drain(..from);
    let first = nights[0];
    let (scenario, is_live) = (&first.run.scenario, first.kind().is_live());
    let speed = if is_live { format!(", speed {}", scenario.live.speed) } else { String::new() };
    let used: Vec<bool> = nights.iter().map(|night| night.unusable().is_none()).collect();
    let keys = Key::all(nights.iter().zip(&used).filter(|(_, used)| **used).map(|(night, _)| *night));
    let series: Vec<SeriesLine> = keys.iter().map(|key| of_key(key, &nights, &used)).collect();
    let began: Vec<String> = nights.iter().map(|night| night.run.started_at.to_string()).collect();
    let changes = changes(&keys, &series, &nights, &used);
    Group {
        outliers: super::outliers::outliers(&series, &changes, &began),
        scenario: scenario.name.clone(),
        target: first.kind().words(),
        shape: format!("{} reps{speed}", scenario.people.reps),
        clock: if is_live { "wire" } else { "attempt" }.to_owned(),
        changes,
        rules: rules(&nights),
        limits: limits(&nights),
        nights: nights.iter().map(|night| line(night)).collect(),
        series,
    }
}

fn of_key(key: &Key, nights: &[&Night], used: &[bool]) -> SeriesLine {
    let value = |(night, used): (&&Night, &bool)| used.then(|| key.value_us(night)).flatten();
    SeriesLine {
        op: key.op.clone(),
        label: key.label.clone(),
        percentile: key.as_str().to_owned(),
        limit_us: nights.iter().find_map(|night| key.limit_us(night)),
        values_us: nights.iter().zip(used).map(value).collect(),
    }
}

/// Steps are looked for among the nights that are used: one that is not cannot stand between two that are.
fn changes(keys: &[Key], series: &[SeriesLine], nights: &[&Night], used: &[bool]) -> Vec<ChangePoint> {
    let rows: Vec<usize> = (0..nights.len()).filter(|row| used[*row]).collect();
    let column = |(key, line): (&Key, &SeriesLine)| -> Series {
        (rows.iter().map(|row| line.values_us[*row].map(|us| libm::log(us as f64))).collect(), key.percentile)
    };
    let columns: Vec<Series> = keys.iter().zip(series).map(column).collect();
    let point = |step: crate::stats::steps::Step| ChangePoint {
        night: rows[step.row] as u64,
        started_at: nights[rows[step.row]].run.started_at.to_string(),
        p: step.p,
        lines: step
            .columns
            .iter()
            .map(|(column, by)| StepLine {
                series: *column as u64,
                label: keys[*column].label.clone(),
                percentile: keys[*column].as_str().to_owned(),
                ratio: libm::exp(*by),
            })
            .collect(),
    };
    steps(&columns, LEVEL).into_iter().map(point).collect()
}

fn line(night: &Night) -> NightLine {
    let summary = &night.summary;
    let broken = summary.rules.iter().filter(|line| line.verdict == RuleVerdict::Broken);
    let exceeded = summary.scenario_limits.iter().filter(|limit| limit.verdict == LimitVerdict::Exceeded);
    NightLine {
        folder: night.path.display().to_string(),
        has_report: night.path.join("report.html").is_file(),
        started_at: night.run.started_at.to_string(),
        seed: night.run.seed.clone(),
        outcome: summary.verdict.outcome,
        reasons: summary.verdict.reasons.clone(),
        not_used: night.unusable(),
        requests: summary.totals.requests,
        reached: summary.limits.iter().map(|line| line.outcomes.reached()).sum(),
        errors: summary.limits.iter().map(|line| line.outcomes.errors()).sum(),
        rules_broken: broken.map(|line| line.rule.clone()).collect(),
        limits_exceeded: exceeded.map(|limit| limit.text.clone()).collect(),
        target: night.run.target.clone(),
    }
}

fn verdict_name(verdict: RuleVerdict) -> &'static str {
    match verdict {
        RuleVerdict::Held => "held",
        RuleVerdict::Broken => "broken",
        RuleVerdict::Finding => "finding",
        RuleVerdict::Off => "off",
        RuleVerdict::Inconclusive => "inconclusive",
        RuleVerdict::NotExercised => "not-exercised",
    }
}

/// The rules that came out differently, or were broken, in any night.
fn rules(nights: &[&Night]) -> Vec<RuleRow> {
    let mut names: Vec<&str> = Vec::new();
    for rule in nights.iter().flat_map(|night| &night.summary.rules) {
        if !names.contains(&rule.rule.as_str()) {
            names.push(&rule.rule);
        }
    }
    let row = |name: &str| {
        let of = |night: &&Night| {
            let line = night.summary.rules.iter().find(|line| line.rule == name);
            line.map_or("not-judged", |line| verdict_name(line.verdict)).to_owned()
        };
        RuleRow { rule: name.to_owned(), verdicts: nights.iter().map(of).collect() }
    };
    let tells = |row: &RuleRow| row.verdicts.iter().any(|verdict| verdict == "broken" || *verdict != row.verdicts[0]);
    names.into_iter().map(row).filter(tells).collect()
}

fn limits(nights: &[&Night]) -> Vec<LimitRow> {
    let mut rows: Vec<LimitRow> = Vec::new();
    for (place, night) in nights.iter().enumerate() {
        for limit in &night.summary.scenario_limits {
            let at = rows.iter().position(|row| row.text == limit.text).unwrap_or_else(|| {
                rows.push(LimitRow {
                    text: limit.text.clone(),
                    unit: limit.unit,
                    bound: limit.bound,
                    values: vec![None; nights.len()],
                    verdicts: vec![None; nights.len()],
                });
                rows.len() - 1
            });
            rows[at].values[place] = limit.actual;
            rows[at].verdicts[place] = Some(limit.verdict);
        }
    }
    rows
}
