//! The Prometheus text format, version 0.0.4, read strictly: one line that is none of it, and the page is no page of metrics.
//! OpenMetrics is read as well, as far as the two are alike: exemplars and the end mark are passed over.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// What a `# TYPE` line says of a metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It only grows, until its process starts again.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// A histogram, a summary, or untyped.
    Other,
}

/// A line of a page: a series and its value.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample<'a> {
    /// The name of the metric.
    pub name: &'a str,
    /// The labels of the series, in the page's order.
    pub labels: Vec<(&'a str, Cow<'a, str>)>,
    /// The value; it may be infinite or no number.
    pub value: f64,
}

/// The content of one answer of an exporter.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Page<'a> {
    /// What is said of the kinds of metrics.
    pub kinds: BTreeMap<&'a str, Kind>,
    /// The samples, in the page's order.
    pub samples: Vec<Sample<'a>>,
}

/// A text that is no page of metrics. It does not quote the text, which may be private.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotMetrics {
    /// The number of the first line that is wrong, from 1.
    pub line: usize,
}

impl Page<'_> {
    /// Whether a metric only grows: by its type, and where nothing is said of that, by the name that counters have.
    pub fn is_counter(&self, name: &str) -> bool {
        match self.kinds.get(name) {
            Some(kind) => *kind == Kind::Counter,
            // OpenMetrics gives the type of `x_total` under `x`.
            None => name.ends_with("_total"),
        }
    }
}

/// Parses a page in the Prometheus text format; an error names the first line that is none.
pub fn read(text: &str) -> Result<Page<'_>, NotMetrics> {
    let mut page = Page::default();
    for (place, line) in text.split('\n').enumerate() {
        let line = line.trim_matches([' ', '\t', '\r']);
        let wrong = || NotMetrics { line: place + 1 };
        match line.strip_prefix('#') {
            Some(comment) => {
                let mut words = comment.split_ascii_whitespace();
                if let (Some("TYPE"), Some(name), Some(kind)) = (words.next(), words.next(), words.next()) {
                    page.kinds.insert(name, kind_named(kind));
                }
            }
            None if line.is_empty() => {}
            None => page.samples.push(sample(line).ok_or_else(wrong)?),
        }
    }
    Ok(page)
}

fn kind_named(word: &str) -> Kind {
    match word {
        "counter" => Kind::Counter,
        "gauge" => Kind::Gauge,
        _ => Kind::Other,
    }
}

/// `name{label="value"} 1.5 1765432100000`
fn sample(line: &str) -> Option<Sample<'_>> {
    let (name, rest) = word(line, true)?;
    let (labels, rest) = match rest.trim_start().strip_prefix('{') {
        Some(inside) => labels(inside)?,
        None => (Vec::new(), rest),
    };
    // What follows a `#` is an exemplar.
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    let mut words = rest.split_ascii_whitespace();
    let value = number(words.next()?)?;
    let is_time = |time: &str| time.parse::<f64>().is_ok_and(f64::is_finite);
    (words.next().is_none_or(is_time) && words.next().is_none()).then_some(Sample { name, labels, value })
}

/// A number as Go writes it. What Rust takes beside that, such as `infinity`, is none.
fn number(word: &str) -> Option<f64> {
    let is_plain = word.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    (is_plain || ["NaN", "Inf", "+Inf", "-Inf"].contains(&word)).then(|| word.parse().ok()).flatten()
}

/// A name at the beginning of a text, and what follows. Names of metrics may hold colons.
fn word(text: &str, with_colons: bool) -> Option<(&str, &str)> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || (with_colons && c == ':');
    let ends = text.find(|c| !is_of_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(ends);
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some((name, rest))
}

type Labels<'a> = Vec<(&'a str, Cow<'a, str>)>;

/// What stands behind `{`, up to its end, and what follows that.
fn labels(mut rest: &str) -> Option<(Labels<'_>, &str)> {
    let mut labels = Labels::new();
    loop {
        rest = rest.trim_start();
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, after) = word(rest, false)?;
        let value = after.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
        let (value, after) = quoted(value)?;
        labels.push((name, value));
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(rest) => rest,
            None if after.starts_with('}') => after,
            None => return None,
        };
    }
}

/// A text up to the quotation mark that ends it, and what follows.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let ends = text.find(['"', '\\'])?;
    if text[ends..].starts_with('"') {
        return Some((Cow::Borrowed(&text[..ends]), &text[ends + 1..]));
    }
    let mut value = text[..ends].to_owned();
    let mut letters = text[ends..].char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((Cow::Owned(value), &text[ends + at + 1..])),
            '\\' => match letters.next()?.1 {
                'n' => value.push('\n'),
                same @ ('\\' | '"') => value.push(same),
                // As Prometheus reads it: what needs no backslash keeps it.
                other => value.extend(['\\', other]),
            },
            other => value.push(other),
        }
    }
    None
}
