#!/usr/bin/env bash
# Does the mock's memory grow with requests served, and how many does it serve in a second?
#
# usage: bench/mock.sh [requests]    200,000 GETs if not given; needs a release build and wrk (Debian: apt-get install wrk)
set -euo pipefail
cd "$(dirname "$0")/.."
requests=${1:-200000}
fieldday=target/release/fieldday
[ -x "$fieldday" ] || { echo "build it first: cargo build --release" >&2; exit 2; }
command -v wrk >/dev/null || { echo "wrk is needed: apt-get install wrk" >&2; exit 2; }

dir=$(mktemp -d)
mock=
stop() {
  if [ -n "$mock" ]; then kill "$mock" 2>/dev/null || true; wait "$mock" 2>/dev/null || true; fi
  rm -rf "$dir"
}
trap stop EXIT
"$fieldday" tokens new-key --algorithm hs256 "$dir/key" >/dev/null
"$fieldday" mock demo --listen 127.0.0.1:0 --delay-us 0 --key "$dir/key" >"$dir/out" &
mock=$!
base=
for _ in $(seq 200); do
  base=$(sed -n 's/^  base URL  //p' "$dir/out")
  if [ -n "$base" ]; then break; fi
  sleep 0.1
done
token=$("$fieldday" tokens mint --key "$dir/key" --tenant org_36EW2DYBw4gpJaL4ASL2ZxFZPO9 \
  --user user_36M3F0kllDOemX3prAPP1Zb8C5f --role org:sales_rep --life 3600)
# In a file, so that the token stands on no command line.
printf 'wrk.headers["Authorization"] = "Bearer %s"\n' "$token" >"$dir/wrk.lua"

rss() { awk '/^VmRSS/ { print $2 }' "/proc/$mock/status"; }
load() { wrk -t1 -c64 -d"$1s" --latency -s "$dir/wrk.lua" "$base/api/v1/tasks" >"$dir/wrk.out"; }
load 2
before=$(rss)
served=0
while [ "$served" -lt "$requests" ]; do
  load 5
  served=$((served + $(awk '/requests in/ { print $1 }' "$dir/wrk.out")))
done
after=$(rss)
sed -n '/50%\|99%\|Requests.sec\|Non-2xx/p' "$dir/wrk.out"
echo "memory: $before kB after warming up, $after kB after $served requests more"
if [ $((after - before)) -gt 8192 ]; then
  echo "it grew by more than 8 MB" >&2
  exit 1
fi
