//! What `fieldday compare` and `fieldday trend` promise, tried on nights that are made up, of which it is known what changed.
//!
//!     cargo bench -p fieldday-compare --bench compare                    all tables: an hour of one core
//!     cargo bench -p fieldday-compare --bench compare -- levels "5 against 5"
//!     cargo bench -p fieldday-compare --bench compare -- steps 200       of 200 trials a row instead of 1,000
//!
//! Nights are log-normal with 5 % from run to run, 18 endpoints with three percentiles each; or with heavier tails, with
//! endpoints that vary unlike, with a slow night that slows all.

mod intervals;
mod levels;
mod nights;
mod steps;

/// Prints a table: of so many trials a row, only of the rows that begin so.
type Print = fn(usize, &str);

const TABLES: [(&str, Print); 3] =
    [("levels", levels::table), ("intervals", intervals::table), ("steps", steps::table)];

#[allow(clippy::disallowed_methods)] // A benchmark is a binary of its own, with a command line.
fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let trials = words.iter().find_map(|word| word.parse().ok()).unwrap_or(1_000);
    let is_named = |name: &str| words.iter().any(|word| word == name);
    let names_none = !TABLES.iter().any(|(name, _)| is_named(name));
    let is_other =
        |word: &&String| word.parse::<usize>().is_err() && !TABLES.iter().any(|(name, _)| *name == word.as_str());
    let only = words.iter().find(is_other).map_or("", String::as_str);
    println!("{trials} trials a row; a fifth as many where it is rotated\n");
    for (name, table) in TABLES {
        if names_none || is_named(name) {
            table(trials, only);
        }
    }
}
