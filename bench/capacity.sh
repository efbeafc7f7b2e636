#!/bin/sh
# What `fieldday capacity` measures and what its model foretells, beside the truth: the tool's own mock with known workers and
# service times. Prints a table; exit code 1 if a figure is off by more than is allowed (10 % measured, 15 % foretold).
#
#   bench/capacity.sh                     the binary in target/release, some 40 minutes on a quiet machine of two cores
#   FIELDDAY=target/debug/fieldday LEVEL=15 LONGEST=30 bench/capacity.sh
#   CASES="4 100 fixed 250" bench/capacity.sh
#
# A case is: workers, service time in ms, its law, the limit on the 95th percentile in ms.
set -eu
cd "$(dirname "$0")/.."
fieldday=${FIELDDAY:-target/release/fieldday}
level=${LEVEL:-60}
longest=${LONGEST:-120}
out=${OUT:-$(mktemp -d)}
cases=${CASES:-"2 100 exponential 500
8 100 exponential 400
2 100 fixed 250
8 100 fixed 200"}
truth() { cargo run --quiet --profile "${PROFILE:-dev}" -p fieldday-capacity --example truth -- "$@"; }

code=0
echo "$cases" > "$out/cases"
while read -r workers service law bound; do
  [ -n "$workers" ] || continue
  exponential=""
  [ "$law" = exponential ] && exponential=--exponential
  folder="$out/$workers-$service-$law"
  # From a tenth of what the workers can do upward: so half of the load has the levels that a prediction needs.
  from=${FROM:-$((workers * 1000 / service * ${REPS_PER_REQUEST:-8} / 10))}
  # shellcheck disable=SC2086 # the flag, or nothing
  "$fieldday" capacity bench/capacity.toml --target mock --workers "$workers" --delay-us "$((service * 1000))" $exponential \
    --limit "wire p95 < $bound ms" --from "$from" --to 20000 --step 1.5 --level "$level" --longest "$longest" --warm-up 20 \
    --resolution "${RESOLUTION:-0.04}" --out "$folder" --format json > "$out/$workers-$service-$law.json" || true
  truth "$workers" "$service" "$law" "$bound" "$out/$workers-$service-$law.json" || code=1
done < "$out/cases"
echo "folders: $out" >&2
exit $code
