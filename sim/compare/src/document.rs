//! A comparison as a document: what changed, what these runs cannot tell, and how that was judged.

use crate::words::{SECTIONS, method, what};
use crate::{ChangeKind, Comparison, Direction, Outcome, PercentileChange, Says};
use fieldday_folder::summary::OutcomeClass;
use fieldday_paint::Tone;
use fieldday_paint::document::{
    Body, Cell, Document, Item, Mark, On, Place, Row, Section, Table, Verdict, figures, words,
};
use fieldday_paint::units::{count, micros, share};
use std::fmt::Write as _;

/// The picture of an interval shows a half to twice as much.
const WIDEST: f64 = std::f64::consts::LN_2;

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
    /// As a document.
    pub fn document(&self) -> Document {
        let (new, baseline) = (what(&self.new), what(&self.baseline));
        let against = if new == baseline { String::new() } else { format!(" against {baseline}") };
        let verdict = Verdict {
            mark: self.verdict.outcome.mark(),
            word: self.verdict.outcome.words().to_owned(),
            headline: format!("{new}{against}: {} against {} runs", self.new.len(), self.baseline.len()),
            reasons: self.verdict.reasons.clone(),
            about: String::new(),
            place: Place::Last,
        };
        let mut lead = Section::default();
        lead.add(On::Text, "", Body::Pairs(vec![("new", new), ("baseline", baseline)]));
        let left_out = self.left_out.iter().map(|left| format!("not used: {}: {}", left.folder, left.why));
        let differences = self.differences.iter().map(|difference| format!("differs: {difference}"));
        let notes = left_out.chain(differences).map(|text| Item::marked(Mark::NOTE, text));
        lead.add(On::All, "", Body::List(notes.collect()));
        let mut sections = vec![self.errors(), self.limits()];
        sections.extend(SECTIONS.iter().map(|section| self.lines(section)));
        sections.extend([self.otherwise(), self.how()]);
        let title = "Comparison of runs".to_owned();
        Document { kind: "Comparison", title, verdict: Some(verdict), lead: lead.blocks, sections }
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
        let mut section = Section { note: (*note).to_owned(), ..Section::new(*id, *title) };
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
        let mut runs = Table::new(["side", "folder", "seed", "target", "began"].map(words));
        runs.folded = Some("Runs".to_owned());
        for (side, lines) in [("new", &self.new), ("baseline", &self.baseline)] {
            for run in lines {
                runs.row([side, &run.folder, &run.seed, &run.target, &run.started_at]);
            }
        }
        section.add(On::Page, "", Body::Table(runs));
        let mut not = Table::new([words("endpoint"), words("percentile"), words("why")]);
        not.folded = Some(format!("Not compared: {}", self.not_compared.len()));
        self.not_compared.iter().for_each(|of| not.marked(Mark::OPEN, [&*of.label, &of.percentile, &of.why]));
        section.add(On::All, "Not compared", Body::Table(not));
        section
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
        line.ends().into(),
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
        r#"<div class="track" aria-hidden="true" style="min-width:12rem"><i class="max" style="left:50%"></i>"#
            .to_owned();
    if let Some([low, high]) = line.interval {
        let (from, until) = (place(low), place(high));
        let _ = write!(out, r#"<i class="p95" style="left:{from:.1}%;width:{:.1}%"></i>"#, until - from);
    }
    let _ = write!(out, r#"<i class="p50" style="left:{:.1}%"></i></div>"#, place(line.ratio));
    out
}
