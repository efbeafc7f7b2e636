//! A sequence diagram as SVG: a lane each, a line a step, the time at the left, the broken rule at the end.

use super::sequence::{Lane, Look, Sequence};
use fieldday_folder::summary::Case;
use fieldday_kernel::time::Span;
use fieldday_paint::frame::escaped;
use std::fmt::Write as _;

const WIDTH: i64 = 880;
const LEFT: i64 = 84;
const TOP: i64 = 52;
const ROW: i64 = 34;
/// Letters that fit over an arrow; the whole text is in its title, and in the list of steps.
const LETTERS: usize = 58;

impl Sequence {
    /// The lanes from left to right, with their names.
    fn lanes(&self) -> Vec<(Lane, String)> {
        let fixed =
            [(Lane::Person, "Person"), (Lane::App, "App"), (Lane::Network, "Network"), (Lane::Backend, "Backend")];
        let others = self.others.iter().map(|(client, name)| (Lane::Other(*client), name.clone()));
        fixed.map(|(lane, name)| (lane, name.to_owned())).into_iter().chain(others).collect()
    }
    /// The steps as sentences: for who does not see the picture.
    pub fn sentences(&self) -> Vec<String> {
        let lanes = self.lanes();
        let name = |lane: Lane| lanes.iter().find(|(of, _)| *of == lane).map_or("", |(_, name)| name.as_str());
        let sentence = |step: &super::sequence::Step| {
            let when = before(step.at, self.ends);
            match step.look {
                Look::Happens => format!("{when} {}: {}", name(step.from), step.says),
                Look::Lost => format!("{when} {} to {}, lost: {}", name(step.from), name(step.to), step.says),
                _ => format!("{when} {} to {}: {}", name(step.from), name(step.to), step.says),
            }
        };
        self.steps.iter().map(sentence).collect()
    }
    /// The sequence diagram as a picture, with a lane for each client and one for the backend.
    pub fn svg(&self, case: &Case) -> String {
        let lanes = self.lanes();
        let x_of = |lane: Lane| {
            let place = lanes.iter().position(|(of, _)| *of == lane).unwrap_or(0) as i64;
            LEFT + 70 + place * (WIDTH - LEFT - 140) / (lanes.len() as i64 - 1).max(1)
        };
        let half = if lanes.len() > 5 { 60 } else { 66 };
        let height = TOP + ROW * (self.steps.len() as i64 + 2);
        let label = format!("Sequence diagram: how {} was broken; its steps are listed below", case.of);
        let mut out = format!(r#"<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{}">"#, escaped(&label));
        for (lane, name) in &lanes {
            let x = x_of(*lane);
            let _ = write!(
                out,
                r#"<path class="life" d="M{x} 34V{}"/><rect class="box" x="{}" y="8" width="{}" height="26" rx="5"/><text x="{x}" y="25" text-anchor="middle">{}</text>"#,
                height - ROW - 8,
                x - half,
                half * 2,
                escaped(&fitted(name, 19))
            );
        }
        for (row, step) in self.steps.iter().enumerate() {
            let y = TOP + ROW * (row as i64 + 1) - 8;
            let (from, to) = (x_of(step.from), x_of(step.to));
            let _ = write!(out, r#"<text class="when" x="0" y="{y}">{}</text>"#, escaped(&before(step.at, self.ends)));
            arrow(&mut out, step.look, from, to, y, &step.says);
        }
        let y = height - ROW - 4;
        let _ = write!(
            out,
            r#"<rect class="verdict-box" x="{LEFT}" y="{y}" width="{}" height="28" rx="5"/><text x="{}" y="{}" text-anchor="middle">{}</text></svg>"#,
            WIDTH - LEFT - 1,
            LEFT + (WIDTH - LEFT) / 2,
            y + 19,
            escaped(&format!("{} is broken", case.of))
        );
        out
    }
}

fn arrow(out: &mut String, look: Look, from: i64, to: i64, y: i64, says: &str) {
    let text = escaped(&fitted(says, LETTERS));
    let title = format!("<title>{}</title>", escaped(says));
    if look == Look::Happens {
        let _ = write!(
            out,
            r#"<g>{title}<circle class="tipmark" cx="{from}" cy="{}" r="3.5"/><text class="halo" x="{}" y="{y}">{text}</text></g>"#,
            y - 4,
            from + 10
        );
        return;
    }
    let (class, text_class) = match look {
        Look::Answers => ("msg back", "halo"),
        Look::Lost => ("msg back lost", "halo lost-text"),
        _ => ("msg", "halo"),
    };
    let way = if to > from { 1 } else { -1 };
    let (ends, middle) = (to - way * 2, (from + to) / 2);
    let _ = write!(out, r#"<g>{title}<path class="{class}" d="M{from} {y}H{ends}"/>"#);
    if look == Look::Lost {
        let x = to - way * 8;
        let _ = write!(out, r#"<path class="lost-mark" d="M{} {}l10 10m0 -10l-10 10"/>"#, x - 5, y - 5);
    } else {
        let _ = write!(out, r#"<path class="tipmark" d="M{to} {y}l{} -4v8z"/>"#, -way * 8);
    }
    let _ =
        write!(out, r#"<text class="{text_class}" x="{middle}" y="{}" text-anchor="middle">{text}</text></g>"#, y - 6);
}

/// How long before the rule was broken: `−1:04.250`, `−0.180 s`.
fn before(at: Span, ends: Span) -> String {
    let us = (ends - at).as_micros().max(0).unsigned_abs();
    if us < 500 { "then".to_owned() } else { format!("−{}", fieldday_paint::units::micros(us)) }
}

fn fitted(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters - 1).chain(['…']).collect()
}
