#!/bin/sh
# Compares the search for capacity with theory. The search runs over HTTP against the mock, with a known number of workers and
# known service times, and requests that arrive at random. Compares the predictions that the fitted model and the simulation
# make from half of the load with measurements, too. Prints a table. Exit code 1 if a measured figure differs by more than 10 %,
# or a predicted one by more than 15 %.
#
# usage: bench/capacity.sh [CASE...]
#   bench/capacity.sh                      all cases: some 110 minutes on two quiet cores, after a release build
#   LEVEL=10 PROFILE=dev bench/capacity.sh 2 100 exponential 500      one case, with short levels and a debug build
#
# A case has four arguments: number of workers, service time in ms, its distribution (exponential or fixed), and the limit on
# the 95th percentile in ms. LEVEL is the number of seconds for which a level is measured. The folder KEEP
# (target/capacity-truth) keeps each measured level, and the next run reads it from there: remove the folder to measure again.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- 2 50 exponential 300  8 50 exponential 250  2 50 fixed 150  8 50 fixed 90
exec cargo run --quiet --profile "${PROFILE:-release}" -p fieldday-mock --example capacity_truth -- \
  "${KEEP:-target/capacity-truth}" "${LEVEL:-90}" "$@"
