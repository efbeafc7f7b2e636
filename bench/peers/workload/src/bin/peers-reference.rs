//! Prints what every contestant must reach, computed without a simulator.

use std::time::Duration;

fn main() {
    let params = peers_workload::Params::from_args(&["reference"]);
    let (tally, ideal) = peers_workload::reference(&params);
    println!("{}", peers_workload::json("reference", &params, tally, ideal, Duration::ZERO));
}
