"""Hostile answers: a server passes on to `fieldday mock`, and from the first request or from the middle of a run answers badly."""

import gzip
import http.client
import json
import re
import socket
import struct
import threading
import time
from email.utils import formatdate

from . import common
from .common import MARKUP, Mock, Process, Trial, must, parsed, wrong_files, wrong_with
from .kills import left_in_tmp

SCENARIO = """name = "hostile"
about = "Four reps' morning in a hurry."
[day]
dates = ["2026-06-10"]
leave_home = ["07:00", "07:20"]
[people]
reps = 4
tenants = 2
territories = ["{territory}"]
[people.mix]
steady = 1
[tokens]
key = "{key}"
[live]
speed = 3000
window = ["06:45", "12:00"]
linger_s = 1
ramp_s = 1
auditors = false
scales = ["polling", "backoff"]
dead_after_s = 8
[live.generator]
late_p99_ms = 60000
lag_p99_ms = 60000
cpu_percent = 100
"""
# A run takes seven seconds; one whose target hangs ends by `dead_after_s`, and what is in flight has 30 s more.
LIMIT_S = 90
# What a run needs with a debug build is 90 MiB. An answer may have 16 MiB, all of one moment 64 beyond their first parts.
MEMORY_KB = 400 * 1024
# As many good answers come first where the trouble begins in mid-run, those of the look at the target before it among them.
GOOD_FIRST = (12, 50)
EVIL = f"\x1b[31m{MARKUP}(1)</script>]]>--><img src=x onerror=fdmark()>&\x07\x9b2J\r\n\x00`$(touch fdmark)`'\"|\n"


class Kind:
    """A way of answering. `bad`: whoever is answered so was not answered as expected; `partly`: some may take it
    for an answer, such as those who try what must be refused, or who write and need no body."""

    def __init__(self, name, answer, bad=True, partly=False):
        self.name, self.answer, self.bad, self.partly = name, answer, bad, partly


class Exchange:
    """One request that a kind answers: what was asked, what the mock says to it, and the way back."""

    def __init__(self, stream, status, headers, body):
        self.stream, self.status, self.headers, self.body = stream, status, headers, body
        self.until = time.monotonic() + 45

    def send(self, data):
        self.stream.sendall(data)

    def forever(self, data, pause_s=0.0):
        """The same again and again, until the other side has gone or a run would long be over."""
        while time.monotonic() < self.until and not common.CHILDREN.stopping:
            self.send(data)
            if pause_s:
                time.sleep(pause_s)

    def hold(self):
        """Says nothing more, and leaves the connection open."""
        self.stream.settimeout(1)
        while time.monotonic() < self.until and not common.CHILDREN.stopping:
            try:
                if not self.stream.recv(65536):
                    return
            except socket.timeout:
                pass

    def reset(self):
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def head(status="200 OK", length=None, kind="application/json", more=()):
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Date: {formatdate(usegmt=True)}", *more]
    lines += [] if length is None else [f"Content-Length: {length}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def says(body, status="200 OK", kind="application/json", more=()):
    """A whole answer with this body."""
    body = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    return lambda exchange: exchange.send(head(status, len(body), kind, more) + body)


def raw(data, then="close"):
    def answer(exchange):
        exchange.send(data)
        if then == "hold":
            exchange.hold()
        elif then == "reset":
            exchange.reset()
        return True  # the connection is over

    return answer


def begins(data, do):
    def answer(exchange):
        exchange.send(data)
        do(exchange)
        return True

    return answer


def changed(change, more=()):
    """The mock's own answer, with its bytes changed."""

    def answer(exchange):
        body = change(exchange.body)
        exchange.send(head(f"{exchange.status} Said", len(body), more=more) + body)

    return answer


def valued(change):
    """The mock's own answer, with every value of its JSON changed."""

    def walk(value):
        if isinstance(value, dict):
            return {key: walk(inner) for key, inner in value.items()}
        return [walk(inner) for inner in value] if isinstance(value, list) else change(value)

    def of_bytes(body):
        try:
            return json.dumps(walk(json.loads(body))).encode()
        except ValueError:
            return body

    return changed(of_bytes)


def error(message, status="500 Internal Server Error", code="INTERNAL_ERROR", more=()):
    detail = {"error_code": code, "message": message, "request_id": message[:40]}
    return says(json.dumps({"detail": detail}), status, more=more)


def with_headers(*more):
    return lambda exchange: exchange.send(head(f"{exchange.status} Said", len(exchange.body), more=more) + exchange.body)


def slowly(data, pause_s):
    def answer(exchange):
        for place in range(len(data)):
            exchange.send(data[place : place + 1])
            time.sleep(pause_s)
        exchange.hold()
        return True

    return answer


def bomb():
    """64 MiB of nothing, packed."""
    return gzip.compress(b'{"data":"' + b" " * (64 << 20) + b'"}')


ONE = head(length=2) + b"{}"
NUMBERS = (1e308, -1, 18446744073709551616, 0.1, 10**400)


def huge(value):
    return 99999999999999999999999 if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def kinds():
    long = "x" * 100_000
    deep = b'{"data":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    packed = None

    def of_a_bomb(exchange):
        nonlocal packed
        packed = packed or bomb()
        exchange.send(head(length=len(packed), more=("Content-Encoding: gzip",)) + packed)

    return [
        # Bodies that are cut, too long, or never end.
        Kind("cut body, closed", raw(head(length=500) + b'{"data":')),
        Kind("cut body, reset", raw(head(length=500) + b'{"data":', "reset")),
        Kind("cut body, half-open", raw(head(length=500) + b'{"data":', "hold")),
        Kind("length too short", raw(head(length=3) + b'{"data":{}}')),
        Kind("length of exabytes", raw(head(length=1 << 62) + b"{}", "hold")),
        Kind("length negative", raw(head(length=-5) + b"{}")),
        Kind("length no number", raw(head(length="many") + b"{}")),
        Kind("two lengths", raw(head(length=2, more=("Content-Length: 9",)) + b"{}       ")),
        Kind("endless body", begins(head(), lambda exchange: exchange.forever(b" " * 65536))),
        Kind("endless chunks", begins(chunked, lambda exchange: exchange.forever(b"1000\r\n" + b" " * 4096 + b"\r\n"))),
        Kind("endless headers", begins(b"HTTP/1.1 200 OK\r\n", lambda exchange: exchange.forever(b"X-A: " + b"a" * 999 + b"\r\n"))),
        Kind("endless status line", begins(b"HTTP/1.1 200 ", lambda exchange: exchange.forever(b"O" * 4096))),
        Kind("endless 100 Continue", begins(b"", lambda exchange: exchange.forever(b"HTTP/1.1 100 Continue\r\n\r\n"))),
        Kind("a flood of 103, then good", lambda e: (e.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 50), good(e))[1], bad=False),
        Kind("slow bytes", slowly(head(length=2) + b"{}", 0.5)),
        Kind("slow body", begins(head(length=9_999), lambda exchange: exchange.forever(b" ", 0.3))),
        Kind("20 MB body", says(b'{"data":"' + b"a" * (20 << 20) + b'"}')),
        # Framing.
        Kind("chunked garbage", raw(chunked + b"zz\r\nnonsense\r\n")),
        Kind("chunk of exabytes", raw(chunked + b"ffffffffffffffff\r\n{}")),
        Kind("chunk without end", raw(chunked + b"2\r\n{}\r\n", "hold")),
        Kind("chunked and length", raw(chunked[:-2] + b"Content-Length: 1\r\n\r\n2\r\n{}\r\n0\r\n\r\n")),
        Kind("unknown transfer encoding", raw(chunked.replace(b"chunked", b"rot13") + b"{}")),
        Kind("HTTP/0.9", raw(b"<html>hello</html>")),
        Kind("HTTP/2 preface", raw(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00\x03\x00\x00\x00\x64" * 3)),
        Kind("HTTP/3.7", raw(ONE.replace(b"HTTP/1.1", b"HTTP/3.7"))),
        Kind("a mail server", raw(b"220 mail.example.com ESMTP\r\n")),
        Kind("TLS alert", raw(b"\x15\x03\x01\x00\x02\x02\x46")),
        Kind("random bytes", raw(bytes((i * 197 + 31) % 256 for i in range(5000)))),
        Kind("closed at once", raw(b"")),
        Kind("reset at once", raw(b"", "reset")),
        Kind("reset after headers", raw(head(length=100), "reset")),
        Kind("half-open, nothing said", raw(b"", "hold")),
        Kind("two answers at once", raw(ONE + ONE)),
        Kind("a good answer, then garbage", lambda e: (good(e), e.send(b"\x00garbage"), True)[2], bad=False),
        # Headers and statuses.
        Kind("header of 1 MB", raw(head(length=2, more=("X-Long: " + "a" * (1 << 20),)) + b"{}")),
        Kind("5,000 headers", raw(head(length=2, more=[f"X-{i}: a" for i in range(5000)]) + b"{}")),
        Kind("control bytes in a header", raw(b"HTTP/1.1 200 OK\r\nX-Request-Id: \x1b[31m\x00\r\nContent-Length: 2\r\n\r\n{}")),
        Kind("status 999", says("{}", "999 Beyond")),
        Kind("status 99999", raw(b"HTTP/1.1 99999 No\r\nContent-Length: 0\r\n\r\n")),
        Kind("status 101, upgraded", raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "hold")),
        Kind("200 and nothing", says(b"")),
        Kind("204", raw(b"HTTP/1.1 204 No Content\r\n\r\n"), partly=True),
        Kind("304", raw(b"HTTP/1.1 304 Not Modified\r\n\r\n")),
        Kind("401 for all", error("who?", "401 Unauthorized", "TOKEN_EXPIRED"), partly=True),
        Kind("418", error("a teapot", "418 I'm a teapot", "TEAPOT"), partly=True),
        Kind("redirect to itself", says(b"", "302 Found", more=("Location: /",))),
        Kind("redirect to a script", says(b"", "308 Moved", more=(f"Location: javascript:{MARKUP}",))),
        Kind("redirect to another host", says(b"", "307 There", more=("Location: http://198.51.100.7/",))),
        Kind("429, Retry-After huge", error("later", "429 Slow", "RATE_LIMITED", ("Retry-After: 99999999999999999999",))),
        Kind("429, Retry-After negative", error("later", "429 Slow", "RATE_LIMITED", ("Retry-After: -5",))),
        Kind("429, Retry-After a date", error("later", "429 Slow", "RATE_LIMITED", ("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT",))),
        Kind("503, Retry-After 0", error("later", "503 Busy", "UNAVAILABLE", ("Retry-After: 0",))),
        Kind("Date in the year 1", with_headers("Date: Mon, 01 Jan 0001 00:00:00 GMT"), bad=False),
        Kind("Date in the year 9999", with_headers("Date: Fri, 31 Dec 9999 23:59:59 GMT"), bad=False),
        Kind("Date nonsense", with_headers("Date: yesterday"), bad=False),
        # Encodings.
        Kind("gzip bomb", of_a_bomb),
        Kind("gzip that is none", says(b"\x1f\x8bnonsense", more=("Content-Encoding: gzip",))),
        Kind("unknown encoding", says("{}", more=("Content-Encoding: zz",))),
        Kind("UTF-16", says('{"data":{}}'.encode("utf-16"), kind="application/json; charset=utf-16")),
        Kind("Latin-1 letters", says('{"data":"é'.encode("latin-1") + b'"}')),
        Kind("byte order mark", changed(lambda body: b"\xef\xbb\xbf" + body), bad=False),
        Kind("NUL bytes", says(b"\x00" * 4096)),
        Kind("HTML page", says(f"<html><body>{MARKUP}(1)</script></body></html>", kind="text/html")),
        Kind("HTML error page", says(f"<h1>{EVIL}</h1>", "502 Bad Gateway", "text/html")),
        # JSON.
        Kind("duplicated keys", changed(lambda body: body.replace(b"{", b'{"id":"a","id":"b","data":1,', 1)), bad=False),
        Kind("nested 200,000 deep", says(deep)),
        Kind("huge numbers", valued(huge), bad=False),
        Kind("NaN and Infinity", says('{"data":{"total":NaN,"appointments":[Infinity]}}')),
        Kind("numbers for texts", valued(lambda value: 7 if isinstance(value, str) else value), bad=False),
        Kind("null for everything", valued(lambda value: None), bad=False),
        Kind("lists for everything", valued(lambda value: [value]), bad=False),
        Kind("lone surrogates", valued(lambda value: value + "\ud800" if isinstance(value, str) else value), bad=False),
        Kind("texts of 100,000 letters", valued(lambda value: value + long if isinstance(value, str) else value), bad=False),
        Kind("hostile texts", valued(lambda value: value + EVIL if isinstance(value, str) else value), bad=False),
        Kind("times far off", valued(lambda v: re.sub(r"^\d{4}-", "9999-", v) if isinstance(v, str) else v), bad=False),
        Kind("times that are none", valued(lambda v: re.sub(r"^\d{4}-\d\d", "0000-00", v) if isinstance(v, str) else v), bad=False),
        Kind("an object where a list is", changed(lambda body: body.replace(b"[", b'{"a":[').replace(b"]", b"]}")), bad=False),
        Kind("cut JSON", changed(lambda body: body[: len(body) // 2])),
        Kind("hostile error message", error(EVIL)),
        Kind("hostile error code", error("no", code=EVIL)),
        Kind("hostile 400", error(EVIL * 40, "400 Bad", "VALIDATION_ERROR"), partly=True),
        Kind("error of 100,000 letters", error(long)),
        Kind("200 that is an error", says(json.dumps({"success": False, "error": EVIL}))),
    ]  # fmt: skip


def good(exchange):
    exchange.send(head(f"{exchange.status} Said", len(exchange.body)) + exchange.body)


class Server:
    """Passes requests on to the mock; from the request of number `good_first` on it answers as its kind does."""

    def __init__(self, mock, kind, good_first):
        self.mock, self.kind, self.good_first = mock, kind, good_first
        self.lock, self.asked, self.good, self.bad = threading.Lock(), 0, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accepts, daemon=True).start()

    def accepts(self):
        while True:
            try:
                stream, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serves, args=(stream,), daemon=True).start()

    def close(self):
        self.listener.close()

    def serves(self, stream):
        stream.settimeout(60)
        try:
            with stream, stream.makefile("rb") as requests:
                while self.answers(stream, requests):
                    pass
        except (OSError, http.client.HTTPException, ValueError):
            pass  # the run has gone, or broke the exchange off

    def answers(self, stream, requests):
        line = requests.readline(65536).decode("latin-1").split()
        if len(line) < 3:
            return False
        headers = http.client.parse_headers(requests)
        with self.lock:
            number, self.asked = self.asked, self.asked + 1
            badly = number >= self.good_first
            # An object store has no form that it must keep to, so nothing is wrong with whatever it answers.
            is_bad = badly and self.kind.bad and line[1].startswith("/api/")
            self.bad += is_bad
            self.good += not is_bad
        body = requests.read(int(headers.get("Content-Length") or 0))
        if "chunked" in (headers.get("Transfer-Encoding") or ""):
            body = chunks(requests)
        there = http.client.HTTPConnection(*self.mock.address, timeout=60)
        passed = {name: value for name, value in headers.items() if name.lower() not in ("transfer-encoding", "connection", "content-length")}
        there.request(line[0], line[1], body, passed)
        answer = there.getresponse()
        exchange = Exchange(stream, answer.status, dict(answer.getheaders()), answer.read())
        there.close()
        return not (self.kind.answer(exchange) if badly else good(exchange))


def chunks(requests):
    body = b""
    while size := int(requests.readline(99), 16):
        body += requests.read(size)
        requests.readline(9)
    requests.readline(9)
    return body


def trials(settings, share):
    base = settings.scratch / "answers-base"
    base.mkdir()
    key, scenario = base / "key.pem", base / "hostile.toml"
    must(settings, ["tokens", "new-key", key], base)
    scenario.write_text(SCENARIO.format(territory=common.territory(), key=key))
    made = []
    for kind in kinds():
        # Once from the first request on, and once in mid-run, behind the look that a run takes at its target.
        for from_start in (True, False):
            number = len(made)
            good_first = 0 if from_start else settings.random("answers", number).randint(*GOOD_FIRST)
            when = "from the first request" if from_start else f"after {good_first} good answers"
            made.append(Trial("answers", number, kind.name, when, lived(settings, scenario, key, kind, good_first)))
    every = max(1, round(1 / share))
    return [trial for trial in made if trial.number % every == 0]


def lived(settings, scenario, key, kind, good_first):
    def attempt(room):
        mock = Mock(settings, room, scenario, key)
        server = Server(mock, kind, good_first)
        try:
            words = ["run", scenario, "--no-link", "--target", server.base, "--out", "out"]
            ended = Process(settings, words, room).wait(LIMIT_S * settings.patience)
        finally:
            server.close()
            served = mock.stop()
        wrong = wrong_with(ended, memory_kb=MEMORY_KB) + wrong_with(served, {0}) + left_in_tmp(room)
        if server.asked == 0 and not wrong:
            wrong.append("nothing was asked: the trial showed nothing")
        if server.bad > server.good and ended.code == 0:
            wrong.append(f"{server.bad} of {server.asked} answers were bad, and the exit code is 0")
        if (room / "fdmark").exists():
            wrong.append("a text of an answer was run by a shell")
        out = room / "out"
        wrong += wrong_files(out) if out.is_dir() else []
        return wrong + wrong_summary(out, server)

    return attempt


def wrong_summary(out, server):
    """The run counts as errors what the server knows that it answered badly."""
    wrong = []
    for file in out.glob("*/summary.json"):
        limits = parsed(file).get("limits", [])
        outcomes = [limit["outcomes"] for limit in limits if limit.get("outcomes")]
        expected = sum(each["expected"] for each in outcomes)
        if server.kind.bad and not server.kind.partly and expected > server.good:
            wrong.append(f"{expected} attempts are said to have been answered as expected, and {server.good} were at most")
    return wrong
