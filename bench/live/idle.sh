#!/usr/bin/env bash
# Measures what mostly idle reps cost in the middle of a day in real time: memory per rep, and the processor time of all reps.
#
# usage: bench/live/idle.sh [REPS]    default: 10,000; needs a release build, ten minutes and two open files per rep
set -euo pipefail
source "$(dirname "$0")/serve.sh"
reps=${1:-10000}
scenario <<'TOML'
name = "idle"
about = "Late in the morning, in real time: everybody has a connection, and most wait for something."

[day]
dates = ["2026-06-10"]

[people]
reps = 10000
tenants = 40
territories = ["newark", "chicago"]

[people.mix]
steady = 1

[live]
speed = 1
window = ["11:00", "11:06"]
# Not all at once: whoever opens the app asks for three things, over a connection each.
ramp_s = 200
linger_s = 0
clock_out = false
auditors = false

TOML

# Prints memory in kB at 305 s, and the seconds of processor time between 265 s and 315 s, when nobody begins any more and what
# a burst opened is closed.
measured() {
  serve "$dir/scenario.toml" --reps "$1" --delay-us 500
  "$fieldday" run "$dir/scenario.toml" --reps "$1" --target "$base" --no-out >"$dir/report" 2>"$dir/progress" &
  local run=$! from at
  # From when the window opened: planning so many reps takes a moment.
  until grep -q 'requests (' "$dir/progress"; do sleep 0.5; kill -0 $run 2>/dev/null || { cat "$dir/progress" >&2; stopped; exit 1; }; done
  sleep 265; from=$(cpu $run)
  sleep 40; at=$(rss $run)
  sleep 10; echo "$at $(of "$(cpu $run) - $from" 2) $(ls /proc/$run/fd | wc -l)"
  kill -INT $run; wait $run || true
  stopped
}
read -r few few_cpu _ < <(measured 100)
read -r many many_cpu files < <(measured "$reps")
each=$(of "($many - $few) / ($reps - 100)")
echo "reps      memory      processor"
echo "100       $few kB    $(of "$few_cpu / 50 * 100") % of a core"
echo "$reps     $many kB    $(of "$many_cpu / 50 * 100") % of a core, $files open files"
echo "a rep     $each kB    (goal: at most 64 kB; all of them below 50 % of a core)"
