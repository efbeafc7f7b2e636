//! A run while it goes on: the numbers that a person watches, drawn for a terminal of any width, or said in a line.

use fieldday_paint::units::{count, counted, limit, micros, number, share};
use fieldday_paint::{Paint, Tone};
use fieldday_paint::{Table, figure, shortened, words};

/// What the terminal shows of a run in progress.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct View {
    /// The scenario, seed and target of the run.
    pub title: String,
    /// The time since the run began, in seconds of the wall's clock.
    pub elapsed_s: u64,
    /// How far it is, in thousandths, if anybody can say.
    pub done_permille: Option<u64>,
    /// How long it still takes, in seconds, if anybody can say.
    pub left_s: Option<u64>,
    /// The number of reps in each state.
    pub states: Vec<(&'static str, u64)>,
    /// Requests that the target, or the model, was done with.
    pub requests: u64,
    /// Requests in the last second; none before there was one.
    pub requests_per_s: Option<f64>,
    /// Attempts that reached the target and were not answered as expected; none where nobody counts them before the end.
    pub errors: Option<u64>,
    /// Actions that wait in reps' queues; none where queues are not watched.
    pub queues: Option<Queues>,
    /// Endpoints, or classes of them, that are nearest to their limit, the nearest first. What is beyond it is doubtful, not
    /// yet broken: it may have been the network, and it may have been few.
    pub slowest: Vec<Slow>,
    /// Rules that are broken, with their cases.
    pub broken: Vec<(&'static str, u64)>,
    /// How the generator fares; none of a simulated run, which has no clock to miss.
    pub generator: Vec<Gauge>,
    /// How much of the run's budget is spent.
    pub budget: Vec<Gauge>,
    /// Whether everybody is being called home.
    pub stopping: bool,
}

/// The offline queues of all reps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Queues {
    /// Actions that wait, over all reps.
    pub waiting: u64,
    /// The number of actions in the longest queue.
    pub longest: u64,
}

/// How near something is to its limit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slow {
    /// An endpoint in its short form, or a class of them.
    pub of: String,
    /// How near the latency is to its limit.
    pub measured: Nearness,
    /// The number of attempts so far.
    pub count: u64,
}

/// How near something is to its limit, by what is known before the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nearness {
    /// The 99th percentile so far, against the limit.
    P99 {
        /// The 99th percentile of the latency so far, in microseconds.
        p99_us: u64,
        /// The limit of the class, in microseconds.
        limit_us: u64,
    },
    /// Attempts beyond the limit, against how many may be.
    Late {
        /// The number of attempts that were slower than the limit.
        late: u64,
        /// How many attempts in a million may be slower than the limit.
        allowed_ppm: u64,
    },
}

impl Slow {
    fn is_beyond(&self) -> bool {
        match self.measured {
            Nearness::P99 { p99_us, limit_us } => p99_us >= limit_us,
            Nearness::Late { late, allowed_ppm } => late * 1_000_000 > allowed_ppm * self.count,
        }
    }
    fn figures(&self) -> String {
        match self.measured {
            // What was given up at the limit would have taken longer.
            Nearness::P99 { p99_us, limit_us } if p99_us >= limit_us => format!("p99 ≥{0} of {0}", limit(limit_us)),
            Nearness::P99 { p99_us, limit_us } => format!("p99 {} of {}", micros(p99_us), limit(limit_us)),
            Nearness::Late { late, allowed_ppm } => {
                format!("{} late, {} allowed", share(late, self.count), share(allowed_ppm, 1_000_000))
            }
        }
    }
}

/// A value against its limit.
#[derive(Clone, PartialEq, Debug)]
pub struct Gauge {
    /// The name of the gauge.
    pub of: &'static str,
    /// The value, with its unit.
    pub value: String,
    /// The limit of the value, with its unit.
    pub limit: String,
    /// Whether it is beyond it.
    pub is_beyond: bool,
}

/// The width of the words that begin a line, in characters.
const TITLES: usize = 11;
/// Broken rules that are named; the others are counted.
const NAMED: usize = 4;

impl View {
    /// The lines of a picture, none of them longer than the page is wide.
    pub fn draw(&self, paint: Paint) -> String {
        let mut lines = vec![self.headline(paint), self.bar(paint)];
        let states = self.states.iter().map(|(state, reps)| Item::plain(format!("{state} {}", count(*reps))));
        lines.extend(titled_list("reps", states.collect(), paint));
        lines.extend(titled_list("requests", self.traffic(), paint));
        if let Some(queues) = self.queues {
            let (waiting, longest) = (counted(queues.waiting, "action", "actions"), count(queues.longest));
            lines.extend(titled_list(
                "queues",
                vec![Item::plain(format!("{waiting} waiting, longest {longest}"))],
                paint,
            ));
        }
        lines.extend(self.limits(paint));
        lines.extend(titled_list("broken", self.violations(), paint));
        lines.extend(titled_list("generator", gauges(&self.generator), paint));
        lines.extend(titled_list("budget", gauges(&self.budget), paint));
        lines.join("\n")
    }

    fn headline(&self, paint: Paint) -> String {
        let mut time = clock(self.elapsed_s);
        let left = self.left_s.filter(|_| !self.stopping);
        time.push_str(&left.map_or(String::new(), |left| format!(", {} left", clock(left))));
        let stopping = if self.stopping { "stopping  " } else { "" };
        let room = paint.width().saturating_sub(time.len() + stopping.len() + 2);
        let title = shortened(&self.title, room);
        let gap = " ".repeat(room + 2 - title.chars().count().min(room));
        format!("{}{gap}{}{time}", paint.on(Tone::Strong, &title), paint.on(Tone::Doubt, stopping))
    }
    fn bar(&self, paint: Paint) -> String {
        let Some(permille) = self.done_permille.map(|done| done.min(1_000) as usize) else { return String::new() };
        let room = paint.width().saturating_sub(6);
        let full = room * permille / 1_000;
        let (full, empty) = ("━".repeat(full), "┄".repeat(room - full));
        format!("{full}{} {:>3} %", paint.on(Tone::Faint, &empty), permille / 10)
    }
    fn traffic(&self) -> Vec<Item> {
        let mut items = vec![Item::plain(count(self.requests))];
        items.extend(self.requests_per_s.map(|rate| Item::plain(format!("{} a second", number(rate)))));
        if let Some(errors) = self.errors {
            let errors = format!("{} ({})", counted(errors, "error", "errors"), share(errors, self.requests));
            items.push(Item::plain(errors));
        }
        items
    }
    fn limits(&self, paint: Paint) -> Vec<String> {
        let mut table = Table::default();
        for (number, slow) in self.slowest.iter().enumerate() {
            let (mark, tone) = if slow.is_beyond() { ("!", Tone::Doubt) } else { (" ", Tone::Plain) };
            table.row([
                words(format!("{:<w$}{mark} {}", if number == 0 { "limits" } else { "" }, slow.of, w = TITLES))
                    .tone(tone),
                words(slow.figures()).tone(tone),
                figure(format!("n {}", count(slow.count))).tone(Tone::Faint),
            ]);
        }
        table.render_within(paint, 0, &[2]).lines().map(str::to_owned).collect()
    }
    fn violations(&self) -> Vec<Item> {
        if self.broken.is_empty() {
            return vec![Item::plain("✓ no rule so far".to_owned())];
        }
        let bad = |text| Item { text, tone: Tone::Bad };
        let named = self.broken.iter().take(NAMED);
        let mut items: Vec<Item> = named.map(|(rule, cases)| bad(format!("✗ {rule} {}", count(*cases)))).collect();
        if let Some(more) = self.broken.len().checked_sub(NAMED + 1) {
            items.push(bad(format!("and {}", counted(more as u64 + 1, "rule more", "rules more"))));
        }
        items
    }

    /// The view in one line, for output that is no terminal.
    pub fn line(&self) -> String {
        let states = self.states.iter().filter(|(_, reps)| *reps > 0);
        let states: Vec<String> = states.map(|(state, reps)| format!("{} {state}", count(*reps))).collect();
        let mut parts = vec![if states.is_empty() { "no rep".to_owned() } else { states.join(", ") }];
        let mut traffic = counted(self.requests, "request", "requests");
        traffic.push_str(&self.requests_per_s.map_or(String::new(), |rate| format!(" ({} a second)", number(rate))));
        traffic.push_str(&self.errors.map_or(String::new(), |n| format!(", {}", counted(n, "error", "errors"))));
        parts.push(traffic);
        parts.extend(self.queues.map(|queues| format!("{} queued", counted(queues.waiting, "action", "actions"))));
        parts.extend(self.slowest.first().map(|slow| format!("{} {}", slow.of, slow.figures())));
        parts.push(match self.broken.len() as u64 {
            0 => "no rule broken".to_owned(),
            rules => format!("{} broken", counted(rules, "rule", "rules")),
        });
        let beyond = self.generator.iter().filter(|gauge| gauge.is_beyond);
        parts.extend(beyond.map(|gauge| format!("generator: {} {} (limit {})", gauge.of, gauge.value, gauge.limit)));
        format!("{:>6}  {}", clock(self.elapsed_s), parts.join("; "))
    }
}

/// A piece of a line that is not broken.
struct Item {
    text: String,
    tone: Tone,
}

impl Item {
    fn plain(text: String) -> Item {
        Item { text, tone: Tone::Plain }
    }
}

fn gauges(gauges: &[Gauge]) -> Vec<Item> {
    let item = |gauge: &Gauge| {
        let (mark, tone) = if gauge.is_beyond { ("✗ ", Tone::Bad) } else { ("", Tone::Plain) };
        Item { text: format!("{mark}{} {} of {}", gauge.of, gauge.value, gauge.limit), tone }
    };
    gauges.iter().map(item).collect()
}

/// Items after their title, as many on a line as there is room for; nothing if there are none.
fn titled_list(title: &str, items: Vec<Item>, paint: Paint) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut room = 0;
    for item in items {
        let text = shortened(&item.text, paint.width().saturating_sub(TITLES));
        let length = text.chars().count();
        let text = paint.on(item.tone, &text);
        match lines.last_mut() {
            Some(line) if room >= length + 2 => {
                line.push_str("  ");
                line.push_str(&text);
                room -= length + 2;
            }
            _ => {
                let title = if lines.is_empty() { title } else { "" };
                lines.push(format!("{title:<TITLES$}{text}"));
                room = paint.width().saturating_sub(TITLES + length);
            }
        }
    }
    lines
}

/// `0:07`, `12:31`, `1:02:03`
fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}
