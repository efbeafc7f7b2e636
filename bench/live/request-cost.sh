#!/usr/bin/env bash
# Measures the processor time per request: for a request of a rep, with app, link, judges, history and goose's metrics, and for
# the plain requests of other tools. All measurements use the same mock and alternate, so that the ratios are valid on a noisy
# machine, too. The tools send as many requests as they can; the row "at the rate of 1000 reps" sends as few as the reps do,
# since a processor that is mostly idle needs more time for the same request.
#
# usage: bench/live/request-cost.sh [ROUNDS]    default: 3; needs a release build and wrk; uses oha and locust if installed
# Build first: cargo build --release && cargo build --release -p fieldday-live --example bare_goose
set -euo pipefail
source "$(dirname "$0")/serve.sh"
need wrk "apt-get install wrk"
rounds=${1:-3} connections=100 seconds=8
bare=target/release/examples/bare_goose
[ -x "$bare" ] || { echo "build it first: cargo build --release -p fieldday-live --example bare_goose" >&2; exit 2; }
# A fast day of so many reps: many requests in little time, polled, cached and tried again as much faster.
reps() {
  scenario <<TOML
name = "request-cost"
about = "A fast day of $1 reps: many requests in little time."

[day]
dates = ["2026-06-10"]

[people]
reps = $1
tenants = 4
territories = ["newark", "chicago"]

[people.mix]
steady = 1

[live]
speed = 1200
scales = ["polling", "cache", "backoff"]
window = ["07:00", "15:00"]
clock_out = false
auditors = false
linger_s = 5

TOML
}
# Runs a command; prints its name, and the processor time per request of the command and of the server, in µs. $1 is the name,
# $2 a command that gets the number of requests from the output.
row() {
  local name=$1 count=$2 before spent requests
  shift 2
  before=$(cpu "$mock")
  /usr/bin/time -q -f '%U %S %e' -o "$dir/time" "$@" >"$dir/out.txt" 2>"$dir/err.txt" || true
  requests=$(eval "$count")
  spent=$(awk '{ print $1 + $2 }' "$dir/time")
  printf '%-44s %10s %8s %8s\n' "$name" "$requests" "$(of "$spent * 1000000 / $requests")" \
    "$(of "($(cpu "$mock") - $before) * 1000000 / $requests")"
  per_s=$(of "$requests / $(awk '{ print $3 }' "$dir/time")")
}
printf '%-44s %10s %8s %8s\n' "" requests "µs each" "server µs"
for _ in $(seq "$rounds"); do
  # 4,000 reps keep a worker busy all the time, as the tools below do. Each run has its own mock: at a mock that already holds
  # a day of these reps, they would have less to do.
  for reps in 1000 4000; do
    stopped
    reps "$reps"
    serve "$dir/scenario.toml" --delay-us 0
    row "$reps reps: app, link, judges, history, goose" \
      "python3 -c 'import json;print(json.load(open(\"$dir/out.txt\"))[\"totals\"][\"requests\"])'" \
      "$fieldday" run "$dir/scenario.toml" --target "$base" --out "$dir/results" --format json
    if [ "$reps" = 1000 ]; then wait_ms=$(of "1000 * 1000 / $per_s" 0); fi
  done
  health=$base/health
  row "goose, its own client, GET /health" "cat $dir/out.txt" "$bare" "$health" $connections $seconds own
  row "goose, a hyper connection a user" "cat $dir/out.txt" "$bare" "$health" $connections $seconds hyper
  row "the same, at the rate of 1000 reps" "cat $dir/out.txt" "$bare" "$health" 1000 20 hyper "$wait_ms"
  row "wrk" "awk '/requests in/ { print \$1 }' $dir/out.txt" wrk -t1 -c$connections -d${seconds}s "$health"
  if command -v oha >/dev/null; then
    row "oha" "python3 -c 'import json;print(sum(json.load(open(\"$dir/out.txt\"))[\"statusCodeDistribution\"].values()))'" \
      oha --no-tui --output-format json -c $connections -z ${seconds}s "$health"
  fi
  if command -v locust >/dev/null; then
    printf 'from locust import FastHttpUser, HttpUser, task\nclass User(HttpUser):\n    @task\n    def health(self):\n        self.client.get("/health")\n' >"$dir/locustfile.py"
    row "locust" "python3 -c 'import csv;print([r[\"Request Count\"] for r in csv.DictReader(open(\"$dir/locust_stats.csv\")) if r[\"Name\"]==\"Aggregated\"][0])'" \
      locust -f "$dir/locustfile.py" --headless -u $connections -r $connections -t ${seconds}s --host "$base" --csv "$dir/locust" --only-summary
  fi
  stopped
done
