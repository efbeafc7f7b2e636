//! What `fieldday compare` and `fieldday trend` promise, tried on nights that are made up, of which it is known what changed.
//!
//!     cargo bench -p fieldday-report --bench compare            all tables, some minutes
//!     cargo bench -p fieldday-report --bench compare -- 200     of 200 trials a row instead of 1,000
//!
//! Nights are log-normal with 5 % from run to run, 18 endpoints with three percentiles each; or with heavier tails, with
//! endpoints that vary unlike, with a slow night that slows all.

mod intervals;
mod levels;
mod nights;
mod steps;

fn main() {
    let trials = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(1_000);
    println!("{trials} trials a row\n");
    levels::table(trials);
    intervals::table(trials);
    steps::table(trials);
}
