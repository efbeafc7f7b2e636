#!/usr/bin/env bash
# Measures what a simulated fleet costs (`fieldday capacity --simulate`): processor time per request and memory per rep.
#
# usage: bench/scale.sh [SCENARIO] [REPS:INSTANCES ...]    default: weekday 10000:2 100000:20
#        WINDOW="07:30 09:00" bench/scale.sh …             only this part of the day
set -euo pipefail
cd "$(dirname "$0")/.."
scenario=${1:-weekday}
shift || true
[ $# -gt 0 ] || set -- 10000:2 100000:20
cargo build --release -p fieldday-capacity --example scale
printf '%9s %8s %11s %8s %8s %7s %8s %9s %s\n' reps living requests seconds us/req MB KB/living windows 'limits fingerprint'
for of in "$@"; do
  # shellcheck disable=SC2086 # WINDOW is two words, or none.
  target/release/examples/scale "$scenario" "${of%%:*}" "${of##*:}" ${WINDOW:-} 2>/dev/null
done
