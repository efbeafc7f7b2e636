#!/usr/bin/env bash
# Compares the wire latencies that a run reports with the times that the server took: a mock with known service times records
# how long it held each request.
#
# usage: bench/live/accuracy.sh    needs a release build, python3 and zstd; takes three and a half minutes
set -euo pipefail
source "$(dirname "$0")/serve.sh"
need python3 "apt-get install python3"
need zstdcat "apt-get install zstd"
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
  "$fieldday" run "$dir/scenario.toml" --target "$base" --out "$dir/out-$delay_us" --format json >/dev/null 2>&1 || true
  stopped
  # All that was answered but for uploads, which the link holds back on their way; and the same without the opening of
  # connections, which the target does not see.
  zstdcat "$dir/out-$delay_us"/*/history.jsonl.zst | python3 -c '
import json, re, sys
delay_us = int(sys.argv[2])
def us(text):
    figure, unit = text.split()
    return float(figure.replace(",", "")) * {"µs": 1, "ms": 1e3, "s": 1e6}[unit]
held = re.search(r"latency p50 ([\d.,]+ \S+), p99 ([\d.,]+ \S+), max", open(sys.argv[1]).read())
events = (json.loads(line).get("e") for line in sys.stdin)
wires = [event["wire"] for event in events if isinstance(event, dict) and "wire" in event]
wires = [wire for wire in wires if "answered" in wire["end"] and wire["op"] != "put-audio"]
whole = sorted(wire["service"] for wire in wires)
without = sorted(wire["service"] - wire["connect"] for wire in wires)
for took, what in ((whole, ""), (without, ", without opening connections")):
    for quantile, share, server in (("p50", 0.5, us(held[1])), ("p99", 0.99, us(held[2]))):
        run, allowed = took[int(len(took) * share)], max(1000, server * 0.02)
        mark = "✓" if abs(run - server) <= allowed else "✗"
        print(f"{delay_us / 1e3:5.0f} ms {quantile:>10} {server / 1e3:8.2f} ms {run / 1e3:8.2f} ms {(run - server) / 1e3:9.2f} ms {allowed / 1e3:9.2f} ms {mark}  n {len(took)}{what}")
' "$said" "$delay_us"
done
