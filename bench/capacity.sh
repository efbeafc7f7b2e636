#!/bin/sh
# What the search for capacity finds, beside the truth: the tool's own mock with known workers, service times and other limits, called
# at random over HTTP. And what the fitted model and the simulation foretell from half of the load, beside what was measured.
# Prints a table and "N of M within"; exit code 1 if a figure is off by more than is allowed (10 % measured, 15 % foretold, one
# worker).
#
#   bench/capacity.sh                      all rows: some 40 minutes on a quiet machine of two cores, and a release build before it
#   LEVEL=5 PROFILE=dev bench/capacity.sh 'exponential workers=2 ms=5 p95=25'
#
# A row is a law of service times (exponential, fixed or log-normal), the number of workers, the mean service time and the limit
# on the 95th percentile in ms; then shed=N (503 if N requests are there), lock=MS (which every write holds) or pool=N (database
# connections). LEVEL is how many seconds a level is measured; AT_ONCE rows are measured side by side, each with a mock of its own.
# Levels are kept in KEEP (target/capacity-truth) as they are measured, and used again by the next run: remove the folder to
# measure anew.
set -eu
cd "$(dirname "$0")/.."
exec cargo run --quiet --profile "${PROFILE:-release}" -p fieldday-mock --example capacity_truth -- \
  "${KEEP:-target/capacity-truth}" "${LEVEL:-25}" "${AT_ONCE:-4}" "$@"
