#!/usr/bin/env bash
# Measures how many requests the mock serves in a second, and whether its memory grows with their number.
#
# usage: bench/live/mock.sh [REQUESTS]    default: 200,000 GETs; needs a release build and wrk
set -euo pipefail
source "$(dirname "$0")/serve.sh"
need wrk "apt-get install wrk"
requests=${1:-200000}

serve demo --delay-us 0
token=$("$fieldday" tokens mint --key "$key" --tenant org_36EW2DYBw4gpJaL4ASL2ZxFZPO9 \
  --user user_36M3F0kllDOemX3prAPP1Zb8C5f --role org:sales_rep --life 3600)
# In a file, so that the token stands on no command line.
printf 'wrk.headers["Authorization"] = "Bearer %s"\n' "$token" >"$dir/wrk.lua"

load() { wrk -t1 -c64 -d"$1s" --latency -s "$dir/wrk.lua" "$base/api/v1/tasks" >"$dir/wrk.out"; }
load 2
before=$(rss "$mock")
served=0
while [ "$served" -lt "$requests" ]; do
  load 5
  served=$((served + $(awk '/requests in/ { print $1 }' "$dir/wrk.out")))
done
after=$(rss "$mock")
sed -n '/50%\|99%\|Requests.sec\|Non-2xx/p' "$dir/wrk.out"
echo "memory: $before kB after warming up, $after kB after $served requests more"
if [ $((after - before)) -gt 8192 ]; then
  echo "it grew by more than 8 MB" >&2
  exit 1
fi
