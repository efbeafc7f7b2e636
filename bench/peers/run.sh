#!/bin/sh
# Compares requests per CPU second of one small client-server workload on
# madsim, turmoil and Field Day's own executor. See README.md.
#
# Usage: ./run.sh [--raw FILE]
#
#   --raw FILE       also write every measured line of JSON to FILE
#   ROUNDS           rounds, every contestant once in each       (default 5)
#   CLIENTS          users of the main table                     (default 300)
#   REQUESTS         requests of each of them                    (default 1000)
#   MANY_CLIENTS     users of the table with ten times as many   (default 3000)
#   MANY_REQUESTS    requests of each of them                    (default 100)
#   FEW_CLIENTS      users of the table with a host per user     (default 30)
#   FEW_REQUESTS     requests of each of them                    (default 100)
#   SEED             seed of the workload                        (default 1)
#   CARGO_TARGET_DIR where to build                              (default ./target)
#
# Exits with 1 if a contestant fails, if acknowledgements, retries or checksums
# differ between contestants, or if one of them does not repeat its own virtual
# end time from round to round.
set -eu

raw=
case "${1-}" in
--raw) raw=$(realpath -m "$2") ;;
'') ;;
*) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0" >&2; exit 2 ;;
esac

cd "$(dirname "$0")"
rounds=${ROUNDS:-5}
seed=${SEED:-1}
target=${CARGO_TARGET_DIR:-$PWD/target}

# madsim is only a simulator with --cfg madsim, and nothing else must have it,
# so it gets a target directory of its own.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
RUSTFLAGS='--cfg madsim' nice cargo build --quiet --release \
    --target-dir "$target/madsim" -p peers-madsim
nice cargo build --quiet --release --target-dir "$target" \
    -p peers-workload -p peers-turmoil -p peers-fieldday

lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

# one NAME CLIENTS REQUESTS: runs one contestant and keeps its line.
one() {
    case "$1" in
    reference) program=$target/release/peers-reference ;;
    madsim/*) program=$target/madsim/release/peers-madsim ;;
    turmoil/*) program=$target/release/peers-turmoil ;;
    fieldday/*) program=$target/release/peers-fieldday ;;
    esac
    "$program" "${1#*/}" --clients "$2" --requests "$3" --seed "$seed" >>"$lines" || {
        echo "run.sh: $1 failed" >&2
        exit 1
    }
}

# table CLIENTS REQUESTS NAME...: measures in alternation and prints a table.
table() {
    clients=$1 requests=$2
    shift 2
    : >"$lines"
    one reference "$clients" "$requests"
    round=0
    while [ "$round" -lt "$rounds" ]; do
        round=$((round + 1))
        for name in "$@"; do
            one "$name" "$clients" "$requests"
        done
    done
    if [ -n "$raw" ]; then cat "$lines" >>"$raw"; fi
    awk -v clients="$clients" -v requests="$requests" -v rounds="$rounds" '
        function field(key,   at, rest) {
            at = index($0, "\"" key "\":")
            if (!at) { print "run.sh: no " key " in " $0 > "/dev/stderr"; bad = 1; return "" }
            rest = substr($0, at + length(key) + 3)
            sub(/^"/, "", rest)
            sub(/["},].*/, "", rest)
            return rest
        }
        # The median of sample[1..n]; sorts it.
        function middle(n,   j, k, swap) {
            for (j = 2; j <= n; j++)
                for (k = j; k > 1 && sample[k] < sample[k - 1]; k--) {
                    swap = sample[k]
                    sample[k] = sample[k - 1]
                    sample[k - 1] = swap
                }
            return n % 2 ? sample[(n + 1) / 2] : (sample[n / 2] + sample[n / 2 + 1]) / 2
        }
        # The median of the ratios within a round: the load of the machine
        # changes less between neighbours than from the first round to the last.
        function ratio(name, base,   j) {
            if (!(base in runs)) return "-"
            for (j = 1; j <= rounds; j++) sample[j] = rate[name, j] / rate[base, j]
            return sprintf("%.3g", middle(rounds))
        }
        {
            name = field("name")
            outcome = field("acknowledged") " acknowledged, " field("retries") \
                " retries, checksum " field("checksum")
            if (NR == 1) { expected = outcome; ideal = field("virtual_seconds"); next }
            if (outcome != expected) {
                print "run.sh: " name ": " outcome " instead of " expected > "/dev/stderr"
                bad = 1
            }
            if (!(name in runs)) order[++names] = name
            rate[name, ++runs[name]] = field("requests_per_cpu_second") + 0
            if (!(name in virtual)) virtual[name] = field("virtual_seconds")
            if (field("virtual_seconds") != virtual[name]) {
                print "run.sh: " name " ended at different virtual times" > "/dev/stderr"
                bad = 1
            }
        }
        END {
            if (bad) exit 1
            printf "%d clients, %d requests each: %s (all equal)\n", clients, requests, expected
            printf "exact virtual time %s s; medians of %d rounds\n\n", ideal, rounds
            printf "%-22s %12s %12s %12s %12s %12s %12s %12s %12s\n", "contestant", "requests per", \
                "lowest", "highest", "virtual", "ratio to", "ratio to", "ratio to", "ratio to"
            printf "%-22s %12s %12s %12s %12s %12s %12s %12s %12s\n", "", "CPU second", \
                "", "", "seconds", "madsim/rpc", "madsim/tcp", "madsim/tasks", "its untimed"
            for (i = 1; i <= names; i++) {
                name = order[i]
                for (j = 1; j <= rounds; j++) sample[j] = rate[name, j]
                median = middle(rounds)
                printf "%-22s %12.0f %12.0f %12.0f %12.3f %12s %12s %12s %12s\n", name, median, \
                    sample[1], sample[rounds], virtual[name], ratio(name, "madsim/rpc"), \
                    ratio(name, "madsim/tcp"), ratio(name, "madsim/tasks"), \
                    ratio(name, "madsim/tasks-untimed")
            }
            print ""
        }' "$lines"
}

if [ -n "$raw" ]; then : >"$raw"; fi
table "${CLIENTS:-300}" "${REQUESTS:-1000}" \
    madsim/rpc madsim/udp madsim/tcp madsim/tasks madsim/tasks-untimed \
    turmoil/udp turmoil/udp-coarse turmoil/tasks turmoil/tasks-untimed \
    fieldday/due fieldday/tasks fieldday/tasks-untimed
table "${MANY_CLIENTS:-3000}" "${MANY_REQUESTS:-100}" \
    madsim/rpc madsim/tcp madsim/tasks madsim/tasks-untimed \
    turmoil/udp turmoil/tasks turmoil/tasks-untimed \
    fieldday/due fieldday/tasks fieldday/tasks-untimed
table "${FEW_CLIENTS:-30}" "${FEW_REQUESTS:-100}" \
    madsim/rpc madsim/tcp madsim/tasks \
    turmoil/hosts turmoil/hosts-coarse \
    fieldday/due fieldday/tasks
