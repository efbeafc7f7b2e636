//! Each bug of the app does what it is said to do, with the scripted backend: what a judge is to see happens.

mod client;
mod queue;
mod screens;

use crate::harness::*;
use fieldday_rep::app::defects::{AppDefect, Defects};

/// A phone whose app has that bug.
fn with(defect: AppDefect) -> Bench {
    bench_with(|settings| settings.defects = Defects::new(&[defect]))
}
/// The same without a network from one moment to another, in milliseconds.
fn offline_with(gaps: &[(i64, i64)], defect: AppDefect) -> Bench {
    bench_offline(gaps, |settings| settings.defects = Defects::new(&[defect]))
}

#[test]
fn a_healed_app_has_its_bugs_no_more() {
    let bench = with(AppDefect::RetriesAtOnce);
    bench.phone.healed.set(true);
    bench.always(fieldday_api::endpoint::Op::UpdateTask, fails(500));
    client::updates(&bench);
    assert_eq!(bench.waits(fieldday_api::endpoint::Op::UpdateTask), [1_100, 2_100, 4_100]);
}
