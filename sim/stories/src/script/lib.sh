for tool in curl awk mktemp; do
  command -v "$tool" >/dev/null || { echo "$tool is missing" >&2; exit 3; }
done
answers=$(mktemp -d) || exit 3
trap 'rm -rf "$answers"' EXIT
broken=0 until='' missing=''

# day N: the date N days after $TODAY. Computed here, since `date -d` is GNU's alone.
day() {
  awk -v today="$TODAY" -v more="$1" 'BEGIN {
    split(today, part, "-"); y = part[1] + 0; m = part[2] + 0; d = part[3] + more
    for (;;) {
      split("31 28 31 30 31 30 31 31 30 31 30 31", length_of, " ")
      if (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) length_of[2] = 29
      if (d < 1) { if (--m < 1) { m = 12; y-- }; d += (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) ? 29 : length_of[m] }
      else if (d > length_of[m]) { d -= length_of[m]; if (++m > 12) { m = 1; y++ } }
      else break
    }
    printf "%04d-%02d-%02d\n", y, m, d }'
}

# earlier N INSTANT: the instant, if it has passed; else the Nth second of $TODAY at the target's local time.
earlier() {
  if expr "$2" \< "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >/dev/null; then
    echo "$2"
  else
    offset=$(TZ=$ZONE date +%z)
    printf '%sT00:00:%02d%s:%s\n' "$TODAY" "$1" "${offset%??}" "${offset#???}"
  fi
}

# send N AGAIN ARGUMENTS...: one request by curl. Where it may be repeated (AGAIN is 1), a 429 or 5xx is tried again. With
# $until set, it is repeated until its answer has that line, for five minutes at most: processing takes its time.
send() {
  number=$1 again=$2 tries=0 waits=0
  shift 2
  cat >"$answers/$number.sent"
  while :; do
    curl -sS -g -o "$answers/$number" -w '%{http_code} %{time_total}' "$@" <"$answers/$number.sent" \
      >"$answers/$number.status" 2>"$answers/$number.error"
    case $? in
      0) read -r status took <"$answers/$number.status" ;;
      18 | 52 | 56) status=cut && echo "cut 0" >"$answers/$number.status" ;;
      *) echo "none 0" >"$answers/$number.status" && return ;;
    esac
    case $status in
      429 | 5?? | cut)
        [ "$again" = 1 ] && [ "$tries" -lt 4 ] || break
        tries=$((tries + 1))
        sleep 1 ;;
      *)
        flatten "$answers/$number"
        [ -z "$until" ] || [ "$status" != 200 ] || grep -qxF "$until" "$answers/$number.flat" || [ "$waits" -ge 150 ] && break
        waits=$((waits + 1))
        sleep 2 ;;
    esac
  done
  flatten "$answers/$number"
}

# Writes FILE.flat: a line for each value of a JSON text, as `data.tasks.0.id="task_1"`.
flatten() {
  LC_ALL=C awk '
    { text = text $0 "\n" }
    END { size = length(text); at = 1; value("") }
    function blanks() { while (at <= size && index(" \t\r\n", substr(text, at, 1))) at++ }
    function string(  from, c) {
      from = at++
      while (at <= size && (c = substr(text, at, 1)) != "\"") at += (c == "\\") ? 2 : 1
      at++
      return substr(text, from, at - from)
    }
    function value(path,  c, key, n, from) {
      blanks()
      c = substr(text, at, 1)
      if (c == "{" || c == "[") {
        at++
        for (n = 0; at <= size; n++) {
          blanks()
          if (index("}]", substr(text, at, 1))) { at++; break }
          if (c == "{") { key = string(); key = substr(key, 2, length(key) - 2); blanks(); at++ } else key = n
          value(path == "" ? key : path "." key)
          blanks()
          if (substr(text, at, 1) == ",") at++
        }
      } else if (c == "\"") print path "=" string()
      else {
        from = at
        while (at <= size && !index(",]} \t\r\n", substr(text, at, 1))) at++
        if (at == from) { at = size + 1; return }
        print path "=" substr(text, from, at - from)
      }
    }' <"$1" >"$1.flat" 2>/dev/null
}

# value N PATH: the JSON value at a place of an answer; nothing if there is none.
value() { awk -v p="$2=" 'index($0, p) == 1 { print substr($0, length(p) + 1); exit }' "$answers/$1.flat" 2>/dev/null; }

# place N ARRAY ID: the place of the row with this id in an array.
place() {
  awk -v a="$2." -v id="=\"$3\"" '
    index($0, a) == 1 && substr($0, length($0) - length(id) + 1) == id {
      rest = substr($0, length(a) + 1); name = substr(rest, index(rest, ".") + 1)
      if (name ~ /^[a-z_]*id=/) { print a substr(rest, 1, index(rest, ".") - 1); exit }
    }' "$answers/$1.flat" 2>/dev/null
}

# row N ARRAY ID FIELD: a value of that row.
row() { found=$(place "$1" "$2" "$3"); [ -n "$found" ] && value "$1" "$found.$4"; }

# rows N ARRAY: how many rows an array has.
rows() {
  awk -v a="$2." 'index($0, a) == 1 { rest = substr($0, length(a) + 1); sub(/[.=].*/, "", rest); seen[rest] = 1 }
    END { n = 0; for (row in seen) n++; print n }' "$answers/$1.flat"
}

# pause SECONDS: as long as the story took here, at most $PAUSE seconds, by default none.
pause() { if [ "$1" -gt "${PAUSE:-0}" ]; then sleep "${PAUSE:-0}"; else sleep "$1"; fi; }

bare() { sed 's/^"//; s/"$//'; }

# got N WANT WHAT: says what was expected and what came. Ends the script where the story cannot go on as it was told.
got() {
  told "$@"
  case $2 in
    any | "$status") return ;;
    2??) case $status in 2??) return ;; esac ;;
    # A rate limit changes no rows: the story goes on where there was none.
    429) case $status in 2??) return ;; esac ;;
    5??) case $status in 2??) missing=$1; return ;; esac ;;
  esac
  echo "INCONCLUSIVE: request $1 was answered $status in place of $2, so the story cannot be told to its end:"
  head -c 300 "$answers/$1"
  echo
  exit 4
}

# told N WANT WHAT: the same of an answer whose status decides.
told() {
  read -r status took <"$answers/$1.status"
  # A connection that the target broke is no answer; the story may have had none either.
  case "$status $2" in "cut any") status='a broken connection' ;; esac
  if [ "$status" = none ] || [ "$status" = cut ]; then
    echo "$1. $3: no answer from $BASE_URL: $(cat "$answers/$1.error")" >&2
    exit 3
  fi
  echo "$1. $3: expected $2, received $status in $took s"
}

# verdict HOLDS WHAT EXPECTED RECEIVED
verdict() {
  if [ "$1" = 1 ]; then word=held; else word=BROKEN broken=1; fi
  echo "   $word: $2: expected $3, received ${4:-nothing}"
}

# want_status N STATUS...
want_status() {
  number=$1 held=0
  read -r status took <"$answers/$1.status"
  shift
  for accepted in "$@"; do case $status in $accepted) held=1 ;; esac; done
  verdict "$held" "status of answer $number" "$(echo "$*" | sed 's/ / or /g')" "$status"
}

# want_value WHAT EXPECTED RECEIVED
want_value() {
  case $2 in
    '') echo "INCONCLUSIVE: the answer with which $1 is to be compared has no such field"; exit 4 ;;
    null) [ -n "$3" ] || { verdict 1 "$@"; return; } ;;
  esac
  if [ "$2" = "$3" ]; then verdict 1 "$@"; else verdict 0 "$@"; fi
}

# want_not WHAT OTHER RECEIVED
want_not() { if [ "$2" = "$3" ]; then verdict 0 "$1" "not $2" "$3"; else verdict 1 "$1" "not $2" "$3"; fi; }

# want_within N SECONDS
want_within() {
  read -r status took <"$answers/$1.status"
  if awk -v most="$2" -v got="$took" 'BEGIN { exit !(got + 0 <= most + 0) }'; then is=1; else is=0; fi
  verdict "$is" "time of answer $1" "at most $2 s" "$took s"
}

# want_at_most WHAT MOST RECEIVED
want_at_most() {
  if awk -v most="$2" -v got="${3:-none}" 'BEGIN { exit !(got == "none" || got == "null" || got + 0 <= most + 0) }'; then
    verdict 1 "$1" "at most $2" "$3"
  else
    verdict 0 "$1" "at most $2" "$3"
  fi
}

# want_row N ARRAY ID yes|no
want_row() {
  if [ -n "$(place "$1" "$2" "$3")" ]; then is=yes; else is=no; fi
  want_value "$3 in $2 of answer $1" "$4" "$is"
}

# want_once N ARRAY ID OTHER
want_once() {
  is=no
  [ -n "$(place "$1" "$2" "$3")" ] && [ -n "$(place "$4" "$2" "$3")" ] && is=yes
  want_value "$3 in both $2 of answers $4 and $1" no "$is"
}

# want_order N ARRAY FIRST SECOND
want_order() {
  one=$(place "$1" "$2" "$3") two=$(place "$1" "$2" "$4") order="$4 before $3"
  [ "${one##*.}" -lt "${two##*.}" ] 2>/dev/null && order="$3 before $4"
  want_value "order of $2 in answer $1" "$3 before $4" "$order"
}

# want_envelope N: an error code, a message and a request id (or trace id).
want_envelope() {
  form=complete
  for name in error_code message; do [ -n "$(value "$1" "detail.$name")" ] || form="no detail.$name"; done
  [ -n "$(value "$1" detail.request_id)$(value "$1" detail.trace_id)" ] || form="no detail.request_id"
  want_value "form of error answer $1" complete "$form"
}

# The end of the script: what it comes to.
finish() {
  if [ -n "$missing" ]; then
    echo "INCONCLUSIVE: request $missing did not fail as it did in the story, and what failed is what the story is about"
    exit 4
  fi
  if [ "$broken" = 1 ]; then echo "BROKEN: $1"; exit 1; fi
  echo "held: what the story told did not happen here"
  exit 0
}

