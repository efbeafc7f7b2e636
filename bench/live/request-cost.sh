#!/usr/bin/env bash
# Processor time of a request: a rep's, with app, link, judges, history and goose's metrics, beside what bare tools need for
# a bare request; all in one run against the same mock, so that the ratios mean something on a noisy machine. Tools make as many
# requests as they can; "the same as seldom" makes as few as the reps do, since a processor that mostly waits needs more for
# the same request.
#
# usage: bench/live/request-cost.sh [rounds]    3 if not given; needs a release build and wrk; oha and locust if they are there
#        cargo build --release && cargo build --release -p fieldday-live --example bare_goose
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
# Runs a command; prints its name, its µs of processor time a request and the server's. $1 names it, $2 counts its requests
# from its output.
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
printf '%-44s %10s %8s %8s\n' "" requests "µs each" "server's"
for _ in $(seq "$rounds"); do
  # The second keep a worker busy all the time, as the tools below do. A mock of its own for each: on one that has their day
  # already, the same reps have less to do.
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
  row "the same as seldom as the 1000 reps" "cat $dir/out.txt" "$bare" "$health" 1000 20 hyper "$wait_ms"
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
