"""Hostile answers: a server passes on to `fieldday mock`, and from the first request or from the middle of a run answers badly."""

import http.client
import socket
import threading

from . import common
from .common import Mock, Process, Trial, must, parsed, wrong_files, wrong_with
from .hostile import Exchange, good, kinds
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
