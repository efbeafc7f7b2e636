#!/bin/sh
# What the search for capacity finds, beside theory: the tool's own mock with known workers and service times, called at random
# over HTTP. And what the fitted model and the simulation foretell from half of the load, beside what was measured. Prints a table;
# exit code 1 if a figure is off by more than is allowed (10 % measured, 15 % foretold).
#
#   bench/capacity.sh                      some 110 minutes on a quiet machine of two cores, and a release build before it
#   LEVEL=10 PROFILE=dev bench/capacity.sh 2 100 exponential 500
#
# A case is: workers, service time in ms, its law (exponential or fixed), the limit on the 95th percentile in ms. LEVEL is how
# many seconds a level is measured. Levels are kept in KEEP (target/capacity-truth) as they are measured, and used again by the
# next run: remove the folder to measure anew.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- 2 50 exponential 300  8 50 exponential 250  2 50 fixed 150  8 50 fixed 90
exec cargo run --quiet --profile "${PROFILE:-release}" -p fieldday-mock --example capacity_truth -- \
  "${KEEP:-target/capacity-truth}" "${LEVEL:-90}" "$@"
