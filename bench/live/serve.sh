# Functions for the other scripts of this folder. They use the built program ($fieldday) and start a mock in its own process.
#
# `serve SCENARIO ARGUMENTS…` starts a mock and sets $mock (process id), $base (URL) and $key (file of its key). `stopped` ends
# the mock; $said is the file with its output. All files are removed when the script ends.
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
  echo "the mock did not print its base URL:" >&2
  cat "$dir/trouble" >&2
  exit 1
}

# Writes the scenario on standard input to a file, with the mock's key, and with limits on the generator that a slow machine keeps.
scenario() {
  cat >"$dir/scenario.toml"
  printf '[tokens]\nkey = "%s"\n\n[live.generator]\nlate_p99_ms = 10000\nlag_p99_ms = 10000\ncpu_percent = 100\n' \
    "$key" >>"$dir/scenario.toml"
}

# The memory of a process in kB; the processor time that it used, in seconds.
rss() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
cpu() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$1/stat"; }
of() { awk "BEGIN { printf \"%.${2:-1}f\", $1 }"; }
