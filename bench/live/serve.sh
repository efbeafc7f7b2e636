# For the scripts beside it: the built command, a mock in a process of its own, and how to ask the system about one.
#
# `serve SCENARIO ARGUMENTS…` sets $mock (its process), $base (its URL), $key (the file of its key); `stopped` ends it and
# leaves what it said in $said. Everything is removed at the script's end.
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
fieldday=${FIELDDAY:-target/release/fieldday}
[ -x "$fieldday" ] || { echo "build it first: cargo build --release" >&2; exit 2; }
need() { command -v "$1" >/dev/null || { echo "$1 is needed: $2" >&2; exit 2; }; }

dir=$(mktemp -d)
key=$dir/key said=$dir/said mock= base=
stopped() {
  if [ -n "$mock" ]; then kill "$mock" 2>/dev/null || true; wait "$mock" 2>/dev/null || true; mock=; fi
}
trap 'stopped; rm -rf "$dir"' EXIT

serve() {
  [ -e "$key" ] || "$fieldday" tokens new-key --algorithm hs256 "$key" >/dev/null
  : >"$said"
  "$fieldday" mock "$@" --listen 127.0.0.1:0 --key "$key" >"$said" 2>"$dir/trouble" &
  mock=$!
  base=
  for _ in $(seq 600); do
    base=$(sed -n 's/^  base URL  //p' "$said")
    if [ -n "$base" ]; then return; fi
    if ! kill -0 "$mock" 2>/dev/null; then break; fi
    sleep 0.1
  done
  echo "the mock does not say where it is:" >&2
  cat "$dir/trouble" >&2
  exit 1
}

# The scenario of this script, on its standard input, with tokens that the mock takes, on a machine that may be slow.
scenario() {
  cat >"$dir/scenario.toml"
  printf '[tokens]\nkey = "%s"\n\n[live.generator]\nlate_p99_ms = 10000\nlag_p99_ms = 10000\ncpu_percent = 100\n' \
    "$key" >>"$dir/scenario.toml"
}

# kB of memory that a process holds; seconds of processor time that it used.
rss() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
cpu() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$1/stat"; }
of() { awk "BEGIN { printf \"%.${2:-1}f\", $1 }"; }
