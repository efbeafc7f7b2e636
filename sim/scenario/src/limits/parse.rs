//! Reads the text of a limit.

use super::{Clock, Limit, LimitError, Measure, Scope, Side};
use crate::words::nearest;
use fieldday_api::defaults::LONGEST_US;

/// Limits as they may be written.
pub(super) const EXAMPLES: [&str; 7] = [
    "p99 < 800 ms for PATCH appointments",
    "error rate < 0.5 %",
    "clock-in: 99.9 % within 2 s",
    "felt p95 < 3 s for recording",
    "requests >= 50 /s",
    "growth <= 20 % for reads",
    "p99 < 1 s for PATCH tasks, optional",
];
const MEASURES: [&str; 12] =
    ["p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99", "mean", "max", "error rate", "growth", "requests"];
const SHAPE: &str = "a measure (p50 to p99.99, mean, max, error rate, growth, requests) or a share such as 99.9 %";
const MILLION: u64 = 1_000_000;

impl Limit {
    /// Reads a limit as a scenario has it; an error says at which character it is wrong, and what belongs there.
    pub fn parse(text: &str) -> Result<Limit, LimitError> {
        let required = without_optional(text);
        let optional = required.len() < text.len();
        let (mut scope, mut from, mut until) = (None, 0, required.len());
        if let Some(colon) = text.find(':') {
            scope = Some(endpoints(text, 0, colon)?);
            from = colon + 1;
        }
        if let Some(place) = last_for(&text[from..until]) {
            let begins = from + place;
            if scope.is_some() {
                return Err(wrong(
                    text,
                    begins,
                    "endpoints are given twice",
                    "endpoints only once, at the start or at the end",
                ));
            }
            scope = Some(endpoints(text, begins + " for ".len(), until)?);
            until = begins;
        }
        let mut cursor = Cursor { text, at: from, until };
        let (clock, measure, side, bound) = condition(&mut cursor)?;
        cursor.end()?;
        let scope = scope.unwrap_or(Scope::All);
        Ok(Limit { text: text.to_owned(), clock, measure, side, bound, scope, optional })
    }
}

/// The text without the word that says that a run may leave it undecided.
fn without_optional(text: &str) -> &str {
    let trimmed = text.trim_end();
    let place = trimmed.len().saturating_sub("optional".len());
    match trimmed.get(place..) {
        Some(word) if word.eq_ignore_ascii_case("optional") && trimmed[..place].trim_end().ends_with(',') => {
            trimmed[..place].trim_end().trim_end_matches(',')
        }
        _ => text,
    }
}

fn condition(cursor: &mut Cursor<'_>) -> Result<(Clock, Measure, Side, u64), LimitError> {
    let begins = cursor.skip();
    let (mut clock, mut measure_at) = (None, begins);
    let mut word = cursor.next_word();
    if let Some(named) = Clock::ALL.into_iter().find(|clock| clock.as_str() == word) {
        clock = Some(named);
        measure_at = cursor.skip();
        word = cursor.next_word();
    }
    let of_a_latency = clock.unwrap_or_default();
    if word.is_empty() {
        let share = cursor.percent(SHAPE)?;
        if share == 0 {
            return Err(wrong(cursor.text, begins, "no run could tell this from nothing", "a share above 0 %"));
        }
        cursor.exactly("within", "`within` and a time: 99.9 % within 2 s")?;
        let within = cursor.duration()?;
        return Ok((of_a_latency, Measure::Within(within), Side::AtLeast, share));
    }
    let measure = match word.as_str() {
        "mean" => Measure::Mean,
        "max" => Measure::Max,
        "error" => {
            cursor.exactly("rate", "`error rate`: error rate < 0.5 %")?;
            Measure::ErrorRate
        }
        "growth" => Measure::Growth,
        "requests" => Measure::Requests,
        word => match word.strip_prefix('p').and_then(|digits| scaled(digits, 4)) {
            Some(millionths) if (1..MILLION).contains(&millionths) => Measure::Percentile(millionths as u32),
            Some(_) => {
                return Err(wrong(
                    cursor.text,
                    measure_at,
                    "there is no such percentile",
                    "one between p0 and p100: p99",
                ));
            }
            None => {
                let words = MEASURES.into_iter().chain(["error"]).chain(Clock::ALL.map(Clock::as_str));
                let suggestion = nearest(word, words).map(|word| if word == "error" { "error rate" } else { word });
                let suggestion = suggestion.map(str::to_owned);
                let error = wrong(cursor.text, measure_at, &format!("{word:?} is not a measure"), SHAPE);
                return Err(LimitError { suggestion, ..error });
            }
        },
    };
    let is_latency = matches!(measure, Measure::Percentile(_) | Measure::Mean | Measure::Max);
    if clock.is_some() && !is_latency {
        let expected = "`attempt`, `due`, `felt` or `wire` only before a latency: felt p99 < 3 s";
        return Err(wrong(cursor.text, begins, "this measure has no clock", expected));
    }
    let side_at = cursor.skip();
    let side = cursor.side(measure == Measure::Requests)?;
    let bound = match measure {
        Measure::ErrorRate => cursor.percent("a share in percent: error rate < 0.5 %")?,
        Measure::Growth => cursor.percent_up_to(100 * MILLION, "a share in percent: growth <= 20 %")?,
        Measure::Requests => cursor.rate()?,
        _ => cursor.duration()?,
    };
    if bound == 0 && side != Side::AtMost {
        return Err(wrong(cursor.text, side_at, "no run could tell this from nothing", "a bound above 0, or <= 0 %"));
    }
    Ok((of_a_latency, measure, side, bound))
}

/// Where the last ` for ` begins.
fn last_for(text: &str) -> Option<usize> {
    text.to_ascii_lowercase().rfind(" for ")
}

fn endpoints(text: &str, from: usize, until: usize) -> Result<Scope, LimitError> {
    let written = &text[from..until];
    let begins = from + (written.len() - written.trim_start().len());
    Scope::parse(written).ok_or_else(|| LimitError {
        suggestion: Scope::nearest(written),
        ..wrong(
            text,
            begins,
            &format!("there are no endpoints called {:?}", written.trim()),
            "an endpoint as the report's LIMITS name it (PATCH appointments/{id}), its word (clock-in), reads, updates, recording, health, uploads, or all",
        )
    })
}

fn wrong(text: &str, at: usize, message: &str, expected: &str) -> LimitError {
    let example = if expected.contains(':') { String::new() } else { format!(", as in {:?}", EXAMPLES[0]) };
    let at = text.get(..at).map_or(0, |before| before.chars().count());
    LimitError { at, message: message.to_owned(), expected: format!("{expected}{example}"), suggestion: None }
}

/// `99.9` times ten to the `places`, exactly; none if it is no such number or does not fit.
fn scaled(digits: &str, places: usize) -> Option<u64> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = !whole.is_empty() && whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
    if !is_number || fraction.len() > places || (fraction.is_empty() && digits.contains('.')) {
        return None;
    }
    format!("{whole}{fraction:0<places$}").parse().ok()
}

/// A place in the text.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
    until: usize,
}

impl Cursor<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..self.until).unwrap_or("")
    }
    /// Goes over blanks; gives where the next thing begins.
    fn skip(&mut self) -> usize {
        self.at += self.rest().len() - self.rest().trim_start().len();
        self.at
    }
    /// The next word in small letters, `p99.9` among them; empty if what comes is none.
    fn next_word(&mut self) -> String {
        self.skip();
        let rest = self.rest();
        if !rest.starts_with(char::is_alphabetic) {
            return String::new();
        }
        let ends = rest.find(|c: char| !(c.is_alphanumeric() || c == '.')).unwrap_or(rest.len());
        let word = rest[..ends].to_owned();
        self.at += ends;
        word.to_lowercase()
    }
    fn wrong<T>(&self, at: usize, expected: &str) -> Result<T, LimitError> {
        let found = self.text.get(at..self.until).unwrap_or("").trim();
        let message =
            if found.is_empty() { "the limit is incomplete".to_owned() } else { format!("unexpected {found:?}") };
        Err(wrong(self.text, at, &message, expected))
    }
    fn exactly(&mut self, word: &str, expected: &str) -> Result<(), LimitError> {
        let begins = self.skip();
        if self.next_word() == word { Ok(()) } else { self.wrong(begins, expected) }
    }
    fn side(&mut self, is_floor: bool) -> Result<Side, LimitError> {
        let begins = self.skip();
        let sides = [("<=", Side::AtMost), (">=", Side::AtLeast), ("<", Side::Below), (">", Side::Above)];
        match sides.into_iter().find(|(sign, _)| self.rest().starts_with(sign)) {
            Some((sign, side)) if side.is_upper() != is_floor => {
                self.at += sign.len();
                Ok(side)
            }
            _ if is_floor => self.wrong(begins, "> or >=: requests >= 50 /s"),
            _ => self.wrong(begins, "< or <=: p99 < 800 ms"),
        }
    }
    /// A number with so many places after the point at most.
    fn number(&mut self, places: usize, expected: &str) -> Result<u64, LimitError> {
        let begins = self.skip();
        let rest = self.rest();
        let ends = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        match scaled(&rest[..ends], places) {
            Some(number) => {
                self.at += ends;
                Ok(number)
            }
            None => self.wrong(begins, expected),
        }
    }
    /// Reads a percentage, as parts in a million.
    fn percent(&mut self, expected: &str) -> Result<u64, LimitError> {
        self.percent_up_to(MILLION, expected)
    }
    fn percent_up_to(&mut self, most: u64, expected: &str) -> Result<u64, LimitError> {
        let begins = self.skip();
        let share = self.number(4, expected)?;
        self.skip();
        if !self.rest().starts_with('%') {
            return self.wrong(self.at, "a percent sign: 99.9 %");
        }
        self.at += 1;
        match share <= most {
            true => Ok(share),
            false => self.wrong(begins, &format!("a share up to {} %: 99.9 %", most / 10_000)),
        }
    }
    /// Reads a time with its unit, as microseconds.
    fn duration(&mut self) -> Result<u64, LimitError> {
        const EXPECTED: &str = "a time in µs, ms, s or min, up to an hour: 800 ms";
        let begins = self.skip();
        let thousandths = self.number(3, EXPECTED)?;
        let unit_at = self.skip();
        let unit_us = match self.next_word().as_str() {
            "us" | "µs" | "μs" => 1,
            "ms" => 1_000,
            "s" | "sec" => MILLION,
            "min" => 60 * MILLION,
            _ => return self.wrong(unit_at, EXPECTED),
        };
        match thousandths.checked_mul(unit_us).map(|us| us / 1_000) {
            Some(us) if (1..=LONGEST_US).contains(&us) => Ok(us),
            _ => self.wrong(begins, EXPECTED),
        }
    }
    /// Reads a rate, as thousandths per second.
    fn rate(&mut self) -> Result<u64, LimitError> {
        const EXPECTED: &str = "a rate: requests >= 50 /s";
        let rate = self.number(3, EXPECTED)?;
        let begins = self.skip();
        if !self.rest().starts_with('/') {
            return self.wrong(begins, EXPECTED);
        }
        self.at += 1;
        if self.next_word() == "s" { Ok(rate) } else { self.wrong(begins, EXPECTED) }
    }
    fn end(&mut self) -> Result<(), LimitError> {
        let begins = self.skip();
        if self.rest().is_empty() {
            Ok(())
        } else {
            self.wrong(begins, "nothing more, or `for` and endpoints: for clock-in")
        }
    }
}
