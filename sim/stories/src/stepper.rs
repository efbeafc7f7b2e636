//! Stepping through a day: events with a cursor on one of them, drawn on a screen of any size. What moves it and what
//! shows it is somebody else's: here is no terminal.

use crate::timeline::Told;
use fieldday_kernel::text::one_line;
use fieldday_paint::{Paint, Tone};

/// So many events at once.
const MANY: usize = 10;
/// What the keys do, on the last line.
const KEYS: &str = "n next  p previous  PgDn PgUp by ten  g first  G last  v next violation  q quit";
/// Where a violation's sentence begins: below what its event says.
const SENTENCE: usize = 24;
/// Where the second column of [`crate::moment::standing`] begins.
const SECOND_COLUMN: usize = 16;

/// A move of the cursor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Go {
    /// To the next event.
    Next,
    /// To the event before.
    Previous,
    /// Ten events further.
    TenNext,
    /// Ten events back.
    TenPrevious,
    /// To the first event.
    First,
    /// To the last event.
    Last,
    /// To the next at which something was broken; nowhere if there is none.
    NextViolation,
}

/// The events of a client, and a cursor.
#[derive(Clone, Debug)]
pub struct Stepper {
    client: String,
    told: Vec<Told>,
    cursor: usize,
}

impl Stepper {
    /// A stepper whose cursor is at the first event.
    pub fn new(client: impl Into<String>, told: Vec<Told>) -> Stepper {
        Stepper { client: client.into(), told, cursor: 0 }
    }
    /// The name in the plan of the client whose events are shown.
    pub fn client(&self) -> &str {
        &self.client
    }
    /// The event at the cursor; none only if there are no events.
    pub fn current(&self) -> Option<&Told> {
        self.told.get(self.cursor)
    }
    /// Moves the cursor. At the ends it stays.
    pub fn go(&mut self, go: Go) {
        let last = self.told.len().saturating_sub(1);
        self.cursor = match go {
            Go::Next => self.cursor + 1,
            Go::Previous => self.cursor.saturating_sub(1),
            Go::TenNext => self.cursor + MANY,
            Go::TenPrevious => self.cursor.saturating_sub(MANY),
            Go::First => 0,
            Go::Last => last,
            Go::NextViolation => self.broken().find(|place| *place > self.cursor).unwrap_or(self.cursor),
        }
        .min(last);
    }
    fn broken(&self) -> impl Iterator<Item = usize> + '_ {
        self.told.iter().enumerate().filter(|(_, told)| !told.broken.is_empty()).map(|(place, _)| place)
    }

    /// The screen: `height` lines of at most `width` characters, without a line break after the last. Below the events
    /// stands how things stood at the cursor's time, as [`crate::moment::standing`] says it without colour.
    pub fn draw(&self, standing: &str, (width, height): (usize, usize), paint: Paint) -> String {
        let body = height.saturating_sub(3);
        // What the cursor's line cuts is told whole, and the events around it make room for that.
        let full: Vec<String> = self.in_full(width).lines().flat_map(|line| fold(line, width)).collect();
        let left = body.saturating_sub(full.len() + standing.lines().count());
        let events = (body * 2 / 5).min(left.max(3)).max(1);
        let mut lines = vec![paint.on(Tone::Strong, &cut(&self.heading(), width))];
        lines.extend(self.window(events, width, paint));
        lines.push(paint.on(Tone::Strong, &cut(&self.as_of(width), width)));
        let room = body.saturating_sub(events + full.len());
        lines.extend(full);
        lines.extend(folded(standing, (width, room)));
        lines.resize(height.saturating_sub(1), String::new());
        lines.push(paint.on(Tone::Faint, &cut(KEYS, width)));
        lines.truncate(height);
        lines.join("\n")
    }
    fn heading(&self) -> String {
        let (at, of) = (self.cursor + 1, self.told.len());
        let (broken, further) = (self.broken().count(), self.broken().filter(|place| *place > self.cursor).count());
        let violations = match (broken, further) {
            (0, _) => "none with violations".to_owned(),
            (_, 0) => format!("{broken} with violations, none after this"),
            _ => format!("{broken} with violations, {further} after this"),
        };
        format!("{}  event {at} of {of}, {violations}", self.client)
    }
    /// What the cursor's line has no room for, to be folded with how things stood.
    fn in_full(&self, width: usize) -> String {
        let Some(told) = self.current() else { return String::new() };
        let says = (line_of(told, true).chars().count() > width).then_some(("event", &told.says));
        let broken = told.broken.iter().map(|sentence| ("broken", sentence));
        says.into_iter()
            .chain(broken)
            .map(|(what, text)| format!("  {what:<12}  {}\n", one_line(text).into_owned()))
            .collect()
    }
    fn as_of(&self, width: usize) -> String {
        let local = self.current().map_or("", |told| told.local.as_str());
        format!("{:─<width$}", format!("── state at {local} "))
    }
    /// As many lines of events as there is room for, the cursor's in the middle if it can be.
    fn window(&self, room: usize, width: usize, paint: Paint) -> Vec<String> {
        let mut lines = Vec::new();
        let mut cursor_at = 0;
        for (place, told) in self.told.iter().enumerate() {
            let here = place == self.cursor;
            if here {
                cursor_at = lines.len();
            }
            let tone = match (here, told.unseen) {
                (true, _) => Tone::Strong,
                (false, true) => Tone::Faint,
                (false, false) => Tone::Plain,
            };
            lines.push((tone, line_of(told, here)));
            lines.extend(told.broken.iter().map(|says| (Tone::Bad, format!("{:SENTENCE$}{says}", ""))));
        }
        let first = cursor_at.saturating_sub(room.saturating_sub(1) / 2).min(lines.len().saturating_sub(room));
        let mut shown: Vec<String> =
            lines.iter().skip(first).take(room).map(|(tone, line)| paint.on(*tone, &cut(line, width))).collect();
        shown.resize(room, String::new());
        shown
    }
}

/// An event's line, with the cursor or without.
fn line_of(told: &Told, here: bool) -> String {
    let mark = if here { ">" } else { " " };
    format!("{mark} {} {:>7}  {}", told.local, told.number, told.says)
}

/// Lines folded to the width: the first of each, then the second of each, as far as there is room; where more would
/// follow, "…".
fn folded(text: &str, (width, room): (usize, usize)) -> Vec<String> {
    let folded: Vec<Vec<String>> = text.lines().map(|line| fold(line, width)).collect();
    let longest = folded.iter().map(Vec::len).max().unwrap_or(0);
    let turns = (0..longest).flat_map(|turn| (0..folded.len()).map(move |row| (turn, row)));
    let mut given = vec![0; folded.len()];
    turns.filter(|(turn, row)| folded[*row].len() > *turn).take(room).for_each(|(_, row)| given[row] += 1);
    let mut out = Vec::new();
    for (mut lines, given) in folded.into_iter().zip(given) {
        let more = lines.len() > given;
        lines.truncate(given);
        if let (true, Some(last)) = (more, lines.last_mut()) {
            *last = cut(&format!("{last} …"), width);
        }
        out.append(&mut lines);
    }
    out
}

/// A line as several, broken between words, those after the first below its second column.
fn fold(line: &str, width: usize) -> Vec<String> {
    let indent = if width >= 2 * SECOND_COLUMN { SECOND_COLUMN } else { 0 };
    let mut lines = Vec::new();
    let mut rest: Vec<char> = line.chars().collect();
    while rest.len() > width && width > 0 {
        let from = if lines.is_empty() { SECOND_COLUMN } else { indent } + 1;
        let end = (from..=width).rev().find(|end| rest[*end] == ' ').unwrap_or(width);
        let tail: Vec<char> = rest.split_off(end);
        lines.push(rest.into_iter().collect());
        rest = std::iter::repeat_n(' ', indent).chain(tail.into_iter().skip_while(|c| *c == ' ')).collect();
    }
    lines.push(cut(&rest.into_iter().collect::<String>(), width));
    lines
}

/// At most so many characters, the last a "…" if there were more.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return one_line(text).into_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    one_line(&kept).into_owned() + if width > 0 { "…" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldday_kernel::time::{Date, TimeOfDay, Zone};

    const STANDING: &str =
        "  app           running, launch 1\n  appointments  a at 9: open; b at 10: open; c at 11: done\n";

    fn stepper(events: u64, broken: &[u64]) -> Stepper {
        let midnight = Zone::utc().at(Date::parse("2025-03-03").unwrap(), TimeOfDay::parse("00:00:00").unwrap());
        let told = |number| Told {
            number,
            at: midnight,
            local: format!("09:{number:02}:00.250"),
            says: format!("→ GET appointments  call {number} (screen) and more\nthan fits on a narrow one"),
            unseen: number % 5 == 0,
            broken: broken.iter().filter(|n| **n == number).map(|n| format!("✗ a.rule (§1): broken {n}")).collect(),
        };
        Stepper::new("cell-0/tenant-1/rep-07", (0..events).map(told).collect())
    }
    fn after(mut stepper: Stepper, moves: &[Go]) -> u64 {
        moves.iter().for_each(|go| stepper.go(*go));
        stepper.current().unwrap().number
    }

    #[test]
    fn the_cursor_moves_and_stays_at_the_ends() {
        let at = |moves: &[Go]| after(stepper(25, &[3, 12]), moves);
        assert_eq!(at(&[]), 0);
        assert_eq!(at(&[Go::Next, Go::Next, Go::Previous]), 1);
        assert_eq!(at(&[Go::Previous]), 0);
        assert_eq!(at(&[Go::TenNext]), 10);
        assert_eq!(at(&[Go::TenNext, Go::TenNext, Go::TenNext]), 24);
        assert_eq!(at(&[Go::Last]), 24);
        assert_eq!(at(&[Go::Last, Go::Next]), 24);
        assert_eq!(at(&[Go::Last, Go::TenPrevious]), 14);
        assert_eq!(at(&[Go::TenNext, Go::First]), 0);
        assert_eq!(at(&[Go::NextViolation]), 3);
        assert_eq!(at(&[Go::NextViolation, Go::NextViolation]), 12);
        assert_eq!(at(&[Go::Last, Go::NextViolation]), 24, "there is none further on");
    }

    #[test]
    fn without_events_there_is_nowhere_to_go() {
        let mut empty = stepper(0, &[]);
        for go in [Go::Next, Go::Previous, Go::TenNext, Go::TenPrevious, Go::First, Go::Last, Go::NextViolation] {
            empty.go(go);
            assert_eq!(empty.current(), None);
        }
        assert_eq!(empty.draw("", (40, 12), Paint::new(false)).split('\n').count(), 12);
    }

    #[test]
    fn a_screen_has_its_height_and_no_line_is_wider() {
        for at in [0, 1, 3, 12, 24] {
            let mut stepper = stepper(25, &[3, 12]);
            (0..at).for_each(|_| stepper.go(Go::Next));
            for (width, height) in (0..90).step_by(7).flat_map(|w| (1..60).step_by(3).map(move |h| (w, h))) {
                let screen = stepper.draw(STANDING, (width, height), Paint::new(false));
                assert_eq!(screen.split('\n').count(), height, "{width} x {height}");
                for line in screen.split('\n') {
                    assert!(line.chars().count() <= width, "{width} x {height}: {line:?}");
                }
                let cursor = screen.contains(&format!("> 09:{at:02}:00.250"));
                assert!(cursor || width < 15 || height < 3, "{width} x {height}: {screen}");
            }
        }
    }

    #[test]
    fn a_screen_can_be_read_without_colour() {
        let mut stepper = stepper(25, &[3, 12]);
        stepper.go(Go::NextViolation);
        let plain = stepper.draw(STANDING, (60, 16), Paint::new(false));
        let expected = [
            "cell-0/tenant-1/rep-07  event 4 of 25, 2 with violations, 1…",
            "  09:01:00.250       1  → GET appointments  call 1 (screen)…",
            "  09:02:00.250       2  → GET appointments  call 2 (screen)…",
            "> 09:03:00.250       3  → GET appointments  call 3 (screen)…",
            "                        ✗ a.rule (§1): broken 3",
            "  09:04:00.250       4  → GET appointments  call 4 (screen)…",
            "── state at 09:03:00.250 ───────────────────────────────────",
            "  event         → GET appointments  call 3 (screen) and more",
            "                than fits on a narrow one",
            "  broken        ✗ a.rule (§1): broken 3",
            "  app           running, launch 1",
            "  appointments  a at 9: open; b at 10: open; c at 11: done",
            "",
            "",
            "",
            "n next  p previous  PgDn PgUp by ten  g first  G last  v ne…",
        ];
        assert_eq!(plain.split('\n').collect::<Vec<_>>(), expected);
        let coloured = stepper.draw(STANDING, (60, 16), Paint::new(true));
        assert_eq!(coloured.split('\n').count(), 16);
        assert!(coloured.contains("\u{1b}["), "{coloured:?}");
    }

    #[test]
    fn the_events_around_make_room_for_what_was_broken() {
        let mut stepper = stepper(25, &[3]);
        stepper.told[3].broken[0] += &" and so on".repeat(30);
        stepper.go(Go::NextViolation);
        let screen = stepper.draw(&"  app  runs\n".repeat(12), (80, 24), Paint::new(false));
        let told: Vec<&str> = screen.split("state at").nth(1).unwrap().split_whitespace().collect();
        assert_eq!(told.iter().filter(|word| **word == "and").count(), 31, "{screen}");
        assert!(screen.contains("> 09:03:00.250"), "{screen}");
    }

    #[test]
    fn what_is_too_long_is_folded_as_far_as_there_is_room() {
        let whole = folded(STANDING, (40, 3));
        let expected = [
            "  app           running, launch 1",
            "  appointments  a at 9: open; b at 10:",
            "                open; c at 11: done",
        ];
        assert_eq!(whole, expected);
        assert_eq!(folded(STANDING, (40, 2)), [expected[0], "  appointments  a at 9: open; b at 10: …"]);
        assert_eq!(folded(STANDING, (40, 1)), [expected[0]]);
        assert_eq!(folded(STANDING, (40, 0)), [""; 0]);
    }
}
