//! What `-v` and `FIELDDAY_LOG` show of a live run.

use crate::common::{fieldday, read_output, said};
use fieldday_api::private::scan;

/// A moment of a day against the mock.
const RUN: [&str; 8] = ["run", "demo", "--target", "mock", "--speed", "8000", "--no-out", "--max-requests=30"];

/// The lines of the log among those on stderr.
fn lines(stderr: &str) -> Vec<&str> {
    stderr.lines().filter(|line| line.contains(" fieldday_")).collect()
}

#[test]
fn a_live_run_says_what_it_does_where_it_is_asked_to_and_nothing_private() {
    let (_, _, silent) = said(&RUN);
    assert_eq!(lines(&silent), [""; 0]);
    let (_, _, coarse) = said(&[&RUN[..], &["-v"]].concat());
    let coarse = lines(&coarse);
    assert!(coarse.iter().all(|line| line.contains(" INFO ")), "{coarse:#?}");
    assert!(coarse[0].ends_with("fieldday_live::preflight: the target answers status=200"), "{coarse:#?}");
    let (_, _, fine) = said(&[&["-vvv"], &RUN[..]].concat());
    let shown = |part: &str| lines(&fine).iter().filter(|line| line.contains(part)).count();
    for part in ["connection opened host=\"127.0.0.1\"", "token fetched user=", "answer read status=200"] {
        assert_ne!(shown(part), 0, "{part}: {fine}");
    }
    assert_ne!(shown("endpoint=\"POST clock-in\" status=200"), 0, "{fine}");
    // Other crates' lines have headers in them, and so tokens.
    assert_eq!(fine.matches("TRACE ").count(), lines(&fine).iter().filter(|line| line.contains("TRACE ")).count());
    for line in lines(&fine) {
        assert!(scan(line).is_none() && !line.contains("eyJ") && !line.contains("Bearer"), "{line}");
    }
}

#[test]
fn the_variable_is_a_filter_and_one_that_is_none_is_refused() {
    let with = |filter: &str| read_output(&fieldday().env("FIELDDAY_LOG", filter).args(RUN).output().unwrap());
    let (_, _, stderr) = with("fieldday_live::preflight=info,h2=trace,hyper=trace");
    assert_ne!(lines(&stderr).len(), 0, "{stderr}");
    assert!(lines(&stderr).iter().all(|line| line.contains("fieldday_live::preflight")), "{stderr}");
    let (code, stdout, stderr) = with("fieldday_live=loud");
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(stderr.contains("FIELDDAY_LOG=\"fieldday_live=loud\" is not a valid filter"), "{stderr}");
}
