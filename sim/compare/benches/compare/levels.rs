//! How often nights that are alike raise a false alarm, and how often a slow-down of a fifth is found.

use crate::nights::{BUSY, COLUMNS, Runs, WORLDS, percent};
use fieldday_compare::judge::{Design, Says};
use fieldday_compare::stats::Null;

const PLAIN: Runs = Runs { name: "", new: 5, base: 5, pairs: 0, paired: false };
const RUNS: [Runs; 9] = [
    Runs { name: "5 against 5", ..PLAIN },
    Runs { name: "5 against 5, 14 nights of history", pairs: 7, ..PLAIN },
    Runs { name: "4 against 4", new: 4, base: 4, ..PLAIN },
    Runs { name: "3 against 3", new: 3, base: 3, ..PLAIN },
    Runs { name: "1 against 7", new: 1, base: 7, ..PLAIN },
    Runs { name: "1 against 7, 20 nights of history", new: 1, base: 7, pairs: 10, ..PLAIN },
    Runs { name: "1 against 1, 20 nights of history", new: 1, base: 1, pairs: 10, ..PLAIN },
    Runs { name: "1 against 20", new: 1, base: 20, ..PLAIN },
    Runs { name: "6 pairs, half of the variance is the seed's", new: 6, base: 6, paired: true, ..PLAIN },
];

/// `only` is how the rows that are wanted begin.
pub fn table(trials: usize, only: &str) {
    println!(
        "| runs | nights | judged by | false alarm | a fifth is found | like: no more than … | like: cannot tell | a fifth is called no difference |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for runs in RUNS.iter().filter(|runs| runs.name.starts_with(only)) {
        for world in WORLDS {
            let design = world.sample(runs, 1.0, &mut world.stream(runs.name, 0)).design();
            let trials = if design == Design::By(Null::Rotations) { trials / 5 } else { trials };
            let (mut alarms, mut found, mut same, mut open, mut missed) = (0, 0, 0, 0, 0);
            for trial in 0..trials {
                let mut stream = world.stream(runs.name, trial);
                let sample = world.sample(runs, 1.0, &mut stream);
                let judged = sample.judge();
                let count = |is: fn(Says) -> bool| judged.iter().filter(|one| is(one.says)).count();
                alarms += usize::from(count(|says| says == Says::Changed) > 0);
                same += count(|says| matches!(says, Says::NoMoreThan(_)));
                open += count(|says| matches!(says, Says::CannotTell(_)));
                let slow = world.sample(runs, 1.2, &mut stream).judge()[BUSY];
                found += usize::from(slow.says == Says::Changed && slow.mid > 0.0);
                missed += usize::from(matches!(slow.says, Says::NoMoreThan(_)));
            }
            let by = match design {
                Design::By(null) => format!("{null:?}").to_lowercase(),
                Design::Nothing => "nothing".to_owned(),
            };
            println!(
                "| {} | {} | {by} | {} | {} | {} | {} | {} |",
                runs.name,
                world.name,
                percent(alarms, trials),
                percent(found, trials),
                percent(same, trials * COLUMNS),
                percent(open, trials * COLUMNS),
                percent(missed, trials),
            );
        }
    }
    println!();
}
