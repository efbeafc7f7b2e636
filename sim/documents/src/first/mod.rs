//! The answer: what somebody who opens a report wants to know first. Terminal, `summary.md`, `junit.xml` and the page have
//! it before anything else, in the same order: the verdict in a sentence; each broken rule with whose it is, how often, and
//! one example; limits that were exceeded or left undecided; what was not exercised; how the target failed; four numbers.

mod items;
mod numbers;
mod owner;
mod stories;
mod why;

pub(crate) use items::spec_limit;
pub(crate) use stories::StoryPaths;

use crate::{conformance, shards};
use fieldday_folder::ON_THE_VIRTUAL_CLOCK;
use fieldday_folder::summary::*;
use fieldday_paint::document::{self, Block, Body, Document, Mark, On};
use fieldday_paint::{Paint, line, wrapped};
use items::{broken, disturbances, failures, limits, not_exercised};
use numbers::numbers;
use std::fmt::Write as _;
use why::why;

/// Whether real requests were sent, so that there is a wire.
pub(crate) fn is_live(summary: &Summary) -> bool {
    summary.ran.target != ON_THE_VIRTUAL_CLOCK || summary.limits.iter().any(|of| of.wire.is_some())
}

/// The verdict of a run as it stands at the top of a document, with what follows from it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The sign that stands for the verdict, with its colour.
    pub mark: Mark,
    /// The verdict in a word.
    pub word: &'static str,
    /// The reasons on one line, without the word.
    pub why: String,
    blocks: Vec<Block>,
}

impl Answer {
    pub fn new(summary: &Summary, stories: &StoryPaths) -> Answer {
        let outcome = summary.verdict.outcome;
        let mark = match outcome {
            Outcome::Held => Mark::GOOD,
            Outcome::Broken => Mark::BAD,
            Outcome::Invalid | Outcome::Interrupted => Mark::DOUBT,
        };
        let lists = [
            ("Broken", broken(summary, stories)),
            ("Limits", limits(summary)),
            ("Shards", shards::items(summary)),
            ("Conformance pass", conformance::problems(summary)),
            ("Disturbances", disturbances(summary)),
            ("Not exercised", not_exercised(summary)),
            ("The target's failures", failures(summary)),
        ];
        let mut blocks: Vec<Block> = Vec::new();
        for (title, items) in lists {
            if !items.is_empty() {
                blocks.push(Block { on: On::All, title: title.to_owned(), body: Body::List(items) });
            }
        }
        if summary.totals.attempts > 0 {
            let numbers = Body::Numbers(numbers(summary).into());
            blocks.push(Block { on: On::All, title: "In numbers".to_owned(), body: numbers });
        }
        Answer { mark, word: verdict_word(outcome), why: why(summary), blocks }
    }
    /// The verdict in a sentence: `Broken: 2 of 58 exercised rules are broken`.
    pub fn sentence(&self) -> String {
        let mut letters = self.word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        format!("{}{}: {}", first.map(String::from).unwrap_or_default(), letters.as_str(), self.why)
    }
    /// The verdict on a terminal, in a line unless the page is too narrow.
    pub fn verdict(&self, out: &mut String, paint: Paint) {
        let width = self.word.len() + 4;
        let gap = format!("\n{}", " ".repeat(width));
        let why = wrapped(&self.why, paint.prose(width)).join(&gap);
        line!(out, "{}  {why}", paint.on(self.mark.tone, &format!("{} {}", self.mark.sign, self.word)));
    }
    /// What stands below the verdict, for a terminal.
    pub fn terminal(&self, paint: Paint) -> String {
        self.document().terminal(paint)
    }
    /// What stands below the verdict, as Markdown.
    pub fn markdown(&self) -> String {
        self.document().markdown()
    }
    /// What stands below the verdict, as HTML.
    pub fn html(&self) -> String {
        document::html(&self.blocks, "h2", "The answer")
    }
    fn document(&self) -> Document {
        Document { lead: self.blocks.clone(), ..Document::default() }
    }
}
