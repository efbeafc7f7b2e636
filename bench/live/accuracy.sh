#!/usr/bin/env bash
# Is the latency that a run tells the one that the server had? A mock that takes a known time for each request writes down
# how long it held each; the run's own figures (on the wire) are set beside that.
#
# usage: bench/live/accuracy.sh    needs a release build and python3; some three and a half minutes
set -euo pipefail
source "$(dirname "$0")/serve.sh"
need python3 "apt-get install python3"
scenario <<'TOML'
name = "accuracy"
about = "A morning of two hundred reps: what the target took, beside what it says it took."

[day]
dates = ["2026-06-10"]

[people]
reps = 200
tenants = 2
territories = ["newark", "chicago"]

[people.mix]
steady = 1

[live]
speed = 240
window = ["07:00", "10:00"]
linger_s = 5
auditors = false

TOML

echo "delay      quantile   server      run   difference   allowed (1 ms or 2 %)"
for delay_us in 2000 50000 400000; do
  serve "$dir/scenario.toml" --delay-us "$delay_us"
  "$fieldday" run "$dir/scenario.toml" --target "$base" --out "$dir/out" --format json >"$dir/summary.json" 2>/dev/null || true
  stopped
  python3 - "$said" "$dir/summary.json" "$delay_us" <<'PY'
import json, re, sys
said, summary = open(sys.argv[1]).read(), json.load(open(sys.argv[2]))
def us(text):
    figure, unit = text.split()
    return float(figure.replace(",", "")) * {"µs": 1, "ms": 1e3, "s": 1e6}[unit]
held = re.search(r"answered after p50 ([\d.,]+ \S+), p99 ([\d.,]+ \S+), max", said)
wires = [limit["wire"] for limit in summary["limits"] if limit.get("wire") and limit["op"] != "put-audio"]
busiest = max(wires, key=lambda wire: wire["count"])
for quantile, server, run in (("p50", us(held[1]), busiest["p50_us"]), ("p99", us(held[2]), busiest["p99_us"])):
    allowed = max(1000, server * 0.02)
    mark = "✓" if abs(run - server) <= allowed else "✗"
    print(f"{int(sys.argv[3]) / 1e3:5.0f} ms {quantile:>10} {server / 1e3:8.2f} ms {run / 1e3:8.2f} ms {(run - server) / 1e3:9.2f} ms {allowed / 1e3:9.2f} ms {mark}  n {busiest['count']}")
PY
done
