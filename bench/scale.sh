#!/usr/bin/env bash
# What a simulated fleet costs: time and memory a rep, from ten thousand reps to a million.
#
# usage: bench/scale.sh [scenario] [reps:instances ...]    weekday 10000:2 100000:20 if not given
#        WINDOW="07:30 09:00" bench/scale.sh …              that part of the day alone
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
