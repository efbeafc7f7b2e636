//! A run while it goes on, drawn at several widths.

use fieldday_documents::view::{Gauge, Nearness, Queues, Slow, View};
use fieldday_paint::Paint;

const WIDTHS: [usize; 4] = [40, 60, 80, 120];

fn slow(of: &str, p99_us: u64, limit_us: u64, count: u64) -> Slow {
    Slow { of: of.into(), measured: Nearness::P99 { p99_us, limit_us }, count }
}

fn gauge(of: &'static str, value: &str, limit: &str, is_beyond: bool) -> Gauge {
    Gauge { of, value: value.into(), limit: limit.into(), is_beyond }
}

fn busy() -> View {
    View {
        title: "nightly, seed 0x5eed, https://staging.example.com".into(),
        elapsed_s: 751,
        done_permille: Some(417),
        left_s: Some(1_049),
        states: vec![
            ("waiting", 210),
            ("driving", 640),
            ("at work", 522),
            ("recording", 380),
            ("offline", 31),
            ("flushing", 12),
            ("done", 205),
        ],
        requests: 123_456,
        requests_per_s: Some(152.3),
        errors: Some(12),
        queues: Some(Queues { waiting: 31, longest: 4 }),
        slowest: vec![
            slow("PATCH appointments/{id}", 5_100_000, 5_000_000, 1_160),
            slow("GET appointments", 1_280_000, 10_000_000, 21_338),
            slow("POST recording/start", 588_000, 30_000_000, 1_679),
        ],
        broken: vec![("shift.clock-in.once", 2), ("tenancy.isolated", 1)],
        generator: vec![
            gauge("sent late p99", "3 ms", "100 ms", false),
            gauge("stalled p99", "120 ms", "100 ms", true),
            gauge("processors", "31 %", "85 %", false),
        ],
        budget: vec![gauge("requests", "123,456", "1,000,000", false), gauge("errors", "12", "100", false)],
        stopping: false,
    }
}

#[test]
fn a_live_run_is_drawn_within_any_width() {
    let pictures: Vec<String> = WIDTHS
        .iter()
        .map(|width| {
            let picture = busy().draw(Paint::new(false).within(*width));
            let widest = picture.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= *width, "{widest} on a page of {width}:\n{picture}");
            format!("-- {width}\n{picture}\n")
        })
        .collect();
    insta::assert_snapshot!(pictures.concat());
}

#[test]
fn nothing_is_said_by_colour_alone() {
    let (plain, coloured) = (busy().draw(Paint::new(false)), busy().draw(Paint::new(true)));
    assert!(coloured.contains("\u{1b}["));
    let mut stripped = String::new();
    let mut inside = false;
    for c in coloured.chars() {
        match c {
            '\u{1b}' => inside = true,
            'm' if inside => inside = false,
            _ if !inside => stripped.push(c),
            _ => {}
        }
    }
    assert_eq!(stripped, plain);
}

#[test]
fn a_simulated_run_shows_what_is_known_of_it_and_nothing_else() {
    let late = Nearness::Late { late: 31, allowed_ppm: 10_000 };
    let view = View {
        title: "weekday, seed 0x1".into(),
        elapsed_s: 7,
        done_permille: Some(999),
        states: vec![("waiting", 0), ("living", 200), ("done", 19_800)],
        requests: 2_339_456,
        slowest: vec![Slow { of: "read".into(), measured: late, count: 1_238 }],
        stopping: true,
        ..View::default()
    };
    insta::assert_snapshot!(view.draw(Paint::new(false).within(80)));
    assert_eq!(
        view.line(),
        "  0:07  200 living, 19,800 done; 2,339,456 requests; read 2.50 % late, 1.00 % allowed; no rule broken"
    );
}

#[test]
fn a_line_tells_the_same_where_there_is_no_terminal() {
    let line = busy().line();
    for expected in ["12:31", "380 recording", "152 a second", "12 errors", "31 actions queued", "2 rules broken"] {
        assert!(line.contains(expected), "{expected}: {line}");
    }
    assert!(line.contains("generator: stalled p99 120 ms (limit 100 ms)") && !line.contains("sent late"), "{line}");
}
