//! What is said of planned disturbances before a target is called: their moments and commands, without passwords.

use crate::failure::Failure;
use crate::output;
use fieldday_api::redact::line_without_secrets;
use fieldday_scenario::Disturbance;

/// Says how the target will be disturbed, or that it will not. `counts` says from when the seconds of a disturbance count: "after the
/// window opens".
pub fn tell(planned: &[Disturbance], disturbs: bool, counts: &str) {
    for of in planned {
        let what = format!("disturbance {:?}, {} s {counts}", of.name, of.at_s);
        if !disturbs {
            output::note(&format!("{what}: left out without --disturb"));
            continue;
        }
        output::note(&format!("{what}, for {} s: {}", of.lasts_s, line_without_secrets(&of.run)));
        let undo = of.undo.as_deref().map_or("nothing; it ends by itself".to_owned(), line_without_secrets);
        output::note(&format!("  undone by: {undo}"));
    }
}

/// Refuses to disturb a target by a scenario that plans no disturbance.
pub fn check(planned: &[Disturbance], disturbs: bool) -> Result<(), Failure> {
    if disturbs && planned.is_empty() {
        return Err(Failure::NoEffect { option: "--disturb", with: "a scenario without [[live.disturb]]".to_owned() });
    }
    Ok(())
}
