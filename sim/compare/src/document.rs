//! A comparison as a document: what changed, what these runs cannot tell, and how that was judged.

use crate::links::to_page;
use crate::words::{SECTIONS, method, what};
use crate::{ChangeKind, Comparison, Direction, Outcome, PercentileChange, RunLine, Says};
use fieldday_folder::quoted;
use fieldday_folder::summary::{OutcomeClass, verdict_word};
use fieldday_paint::Tone;
use fieldday_paint::document::{
    Body, Cell, Document, Item, Mark, Number, On, Place, Row, Section, Table, Verdict, figures, words,
};
use fieldday_paint::frame::escaped;
use fieldday_paint::units::{count, counted, micros, share};
use std::fmt::Write as _;
use std::path::Path;

/// The picture of an interval shows a half to twice as much.
const WIDEST: f64 = std::f64::consts::LN_2;
/// What is what in that picture.
const LEGEND: &str = r#"<ul class="legend"><li><span class="key p95" aria-hidden="true"></span>interval of the change, from half to double</li><li><span class="key p50" aria-hidden="true" style="width:3px"></span>the change itself</li><li><span class="key max" aria-hidden="true"></span>no change</li></ul>"#;
/// Rows of a table that a page shows at once; a longer one is opened by whoever wants it.
const SHOWN: usize = 12;

impl Outcome {
    fn mark(self) -> Mark {
        match self {
            Outcome::NoWorse => Mark::GOOD,
            Outcome::Worse => Mark::BAD,
            Outcome::CannotTell => Mark::DOUBT,
        }
    }
}

impl Comparison {
    /// As a document. `at` is where its page will lie: links to reports go from there.
    pub fn document(&self, at: &Path) -> Document {
        let (new, baseline) = (what(&self.new), what(&self.baseline));
        let against = if new == baseline { String::new() } else { format!(" against {baseline}") };
        let runs = |of: &[RunLine]| counted(of.len() as u64, "run", "runs");
        let verdict = Verdict {
            mark: self.verdict.outcome.mark(),
            word: self.verdict.outcome.words().to_owned(),
            headline: self.sentence().to_owned(),
            reasons: self.verdict.reasons.clone(),
            about: format!("{new}{against}: {} against {}.", runs(&self.new), runs(&self.baseline)),
            place: Place::Last,
        };
        let mut lead = Section::default();
        lead.add(On::Text, "", Body::Pairs(vec![("new", new), ("baseline", baseline)]));
        let left_out = self.left_out.iter().map(|left| format!("not used: {}: {}", left.folder, left.why));
        let differences = self.differences.iter().map(|difference| format!("differs: {difference}"));
        let notes = left_out.chain(differences).map(|text| Item::marked(Mark::NOTE, text));
        lead.add(On::All, "", Body::List(notes.collect()));
        lead.add(On::Page, "In numbers", Body::Numbers(self.numbers()));
        let mut sections = vec![self.errors(), self.limits()];
        sections.extend(SECTIONS.iter().map(|section| self.lines(section)));
        sections.extend([self.otherwise(), self.how(), self.facts(at)]);
        let title = "Comparison of runs".to_owned();
        Document { kind: "Comparison", title, verdict: Some(verdict), lead: lead.blocks, sections }
    }

    /// The verdict in a sentence.
    fn sentence(&self) -> &'static str {
        match (self.verdict.outcome, self.new.len()) {
            (Outcome::NoWorse, 1) => "The new run is not worse than the baseline",
            (Outcome::NoWorse, _) => "The new runs are not worse than the baseline",
            (Outcome::Worse, 1) => "The new run is worse than the baseline",
            (Outcome::Worse, _) => "The new runs are worse than the baseline",
            (Outcome::CannotTell, 1) => "These runs cannot tell whether the new one is worse",
            (Outcome::CannotTell, _) => "These runs cannot tell whether the new ones are worse",
        }
    }

    /// How many percentiles have each answer.
    fn numbers(&self) -> Vec<Number> {
        let of = counted(self.lines.len() as u64, "percentile", "percentiles");
        let number = |(what, says): (&'static str, Says)| {
            let value = count(self.lines.iter().filter(|line| line.says == says).count() as u64);
            Number { what, value, note: format!("of {of}") }
        };
        let answers = [
            ("slower", Says::Slower),
            ("faster", Says::Faster),
            ("no relevant difference", Says::NoDifference),
            ("inconclusive", Says::CannotTell),
        ];
        answers.map(number).into()
    }

    fn limits(&self) -> Section {
        let mut table = Table { is_prose: true, ..Table::new([words("limit on change"), words("measured")]) };
        for limit in &self.limits {
            table.marked(limit.outcome.mark(), [limit.text.clone(), limit.says.clone()]);
        }
        let mut section = Section::new("limits", "Limits on change");
        section.add(On::All, "", Body::Table(table));
        section
    }

    fn errors(&self) -> Section {
        let columns = [words("endpoint"), words("failures"), figures("baseline"), figures("new"), figures("attempts")];
        let mut table = Table::new(columns);
        for change in &self.errors {
            let class = change.outcome.as_deref().and_then(OutcomeClass::named);
            let mark = if change.direction == Direction::Worse { Mark::BAD } else { Mark::GOOD };
            table.marked(
                mark,
                [
                    change.label.clone(),
                    class.map_or("of every kind", OutcomeClass::label).to_owned(),
                    share(change.baseline, change.baseline_attempts),
                    share(change.new, change.new_attempts),
                    format!("{} and {}", count(change.baseline_attempts), count(change.new_attempts)),
                ],
            );
        }
        let note = "changes in the share of failed attempts that are larger than chance; more failures are a regression, whatever the latencies";
        let mut section = Section { note: note.to_owned(), ..Section::new("errors", "Failures") };
        section.add(On::All, "", Body::Table(table));
        section
    }

    fn lines(&self, (id, title, say, note): &(&'static str, &'static str, &[Says], &'static str)) -> Section {
        let mut table = Table::new([
            words("endpoint"),
            words("percentile"),
            figures("baseline"),
            figures("new"),
            figures("change"),
            words("interval"),
            words("from half to double").on(On::Page),
            words("measured"),
        ]);
        table.rows = self.lines_that(say).into_iter().map(row).collect();
        // What did not change, or cannot be told, is opened by whoever wants it: it would push the rest out of sight.
        if !say.contains(&Says::Slower) && table.rows.len() > SHOWN {
            table.folded = Some(counted(table.rows.len() as u64, "percentile", "percentiles"));
        }
        let mut section = Section { note: (*note).to_owned(), ..Section::new(*id, *title) };
        if !table.rows.is_empty() {
            section.add(On::Page, "", Body::Chart(LEGEND.to_owned()));
        }
        section.add(On::All, "", Body::Table(table));
        section
    }

    fn otherwise(&self) -> Section {
        let mut table = Table::new([words("what"), words("kind"), words("baseline"), words("new")]);
        for change in &self.changes {
            let mark = match change.direction {
                Direction::Worse => Mark::BAD,
                Direction::Better => Mark::GOOD,
                Direction::Other => Mark::OPEN,
            };
            let kind = ChangeKind::words(change.kind).to_owned();
            table.marked(mark, [change.name.clone(), kind, change.baseline.clone(), change.new.clone()]);
        }
        let note = "rules, limits, contract findings, hazards and marks with a result that never occurred in the baseline, or without one that always did";
        let mut section = Section { note: note.to_owned(), ..Section::new("otherwise", "Changed results") };
        section.add(On::All, "", Body::Table(table));
        section
    }

    fn how(&self) -> Section {
        let mut section = Section::new("how", "Method");
        let said = method(self).into_iter().map(|text| Item { text, ..Item::default() });
        section.add(On::All, "", Body::List(said.collect()));
        let mut not = Table::new([words("endpoint"), words("percentile"), words("why")]);
        not.folded = Some(format!("Not compared: {}", self.not_compared.len()));
        self.not_compared.iter().for_each(|of| not.marked(Mark::OPEN, [&*of.label, &of.percentile, &of.why]));
        section.add(On::All, "Not compared", Body::Table(not));
        section
    }

    /// The runs, with their reports, and the line that compares them again.
    fn facts(&self, at: &Path) -> Section {
        let mut section = Section::new("facts", "Facts of the comparison");
        section.add(On::Page, "The same comparison again", Body::Paste("again", self.reproduce()));
        let mut runs = Table::new(["side", "run", "result", "seed", "target", "began"].map(words));
        for (side, lines) in [("new", &self.new), ("baseline", &self.baseline)] {
            for run in lines {
                let cells: [Cell; 6] = [
                    side.into(),
                    Cell { link: to_page(at, &run.folder, "report.html"), ..run.folder.as_str().into() },
                    verdict_word(run.outcome).into(),
                    run.seed.as_str().into(),
                    run.target.as_str().into(),
                    run.started_at.as_str().into(),
                ];
                runs.row(cells);
            }
        }
        section.add(On::Page, "Runs", Body::Table(runs));
        section.add(On::Page, "", Body::Pairs(vec![("Version", format!("fieldday {}", self.version))]));
        section
    }

    /// The line that compares the same runs again.
    fn reproduce(&self) -> String {
        let mut line = "fieldday compare".to_owned();
        self.new.iter().for_each(|run| line.extend([" ", &quoted(&run.folder)]));
        line.push_str(" --baseline");
        self.baseline.iter().for_each(|run| line.extend([" ", &quoted(&run.folder)]));
        self.limits.iter().for_each(|limit| line.extend([" --limit ", &quoted(&limit.text)]));
        line
    }
}

fn row(line: &PercentileChange) -> Row {
    let mark = match line.says {
        Says::Slower => Mark::BAD,
        Says::Faster => Mark::GOOD,
        Says::NoDifference => Mark::SAME,
        Says::CannotTell => Mark::DOUBT,
    };
    let p =
        if matches!(line.says, Says::Slower | Says::Faster) { format!(", {}", line.p_words()) } else { String::new() };
    let cells = vec![
        line.label.clone().into(),
        line.percentile.clone().into(),
        micros(line.baseline_us).into(),
        micros(line.new_us).into(),
        line.mid().into(),
        Cell { drawn: Some(format!("<span class=\"whole\">{}</span>", escaped(&line.ends()))), ..line.ends().into() },
        Cell { drawn: Some(interval(line)), ..Cell::default() },
        Cell::from(format!(
            "{}{p}{}",
            line.phrase(),
            if line.success_differs { ", of those that succeed" } else { "" }
        ))
        .tone(if line.says == Says::Slower { Tone::Bad } else { Tone::Plain }),
    ];
    Row { mark: Some(mark), cells }
}

/// An interval as a bar, from from half to double.
fn interval(line: &PercentileChange) -> String {
    let place = |ratio: f64| ((libm::log(ratio) / WIDEST + 1.0) / 2.0).clamp(0.0, 1.0) * 100.0;
    let mut out =
        r#"<div class="track" aria-hidden="true" style="min-width:8rem"><i class="max" style="left:50%"></i>"#
            .to_owned();
    if let Some([low, high]) = line.interval {
        let (from, until) = (place(low), place(high));
        let _ = write!(out, r#"<i class="p95" style="left:{from:.1}%;width:{:.1}%"></i>"#, until - from);
    }
    let _ = write!(out, r#"<i class="p50" style="left:{:.1}%"></i></div>"#, place(line.ratio));
    out
}
