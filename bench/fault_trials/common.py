"""What all kinds of trials share: starting the command, and what must hold however it was treated."""

import json
import os
import random
import re
import resource
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unicodedata
import xml.etree.ElementTree
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

# The exit codes of the README.
DOCUMENTED = {0, 1, 2, 3, 4, 130}
# No command of these trials needs half as much; an answer may take 16 MiB, and what is made of it several times that.
MEMORY_KB = 600 * 1024
# Beyond this an allocation fails, so that a trial cannot take the whole machine down.
ADDRESSES = 8 << 30
# Stands in whatever a hostile answer says, so that it is found again where it was written.
MARKUP = "<script>fdmark"


class Stopped(Exception):
    """Somebody ended the trials."""


class Settings:
    """What was asked for, and where things are."""

    def __init__(self, fieldday, seed, keep, jobs):
        self.real = Path(fieldday).resolve()  # makes what the trials need
        self.fieldday = [str(self.real)]  # is put to the test: another one with --self-test
        self.env = {}
        self.seed, self.keep, self.jobs = seed, Path(keep), jobs
        self.patience = 1.0  # the share of every time limit
        self.scratch = Path(tempfile.mkdtemp(prefix="faults-"))
        # Some trials run as another user, who must get here, too.
        self.scratch.chmod(0o755)

    def random(self, *names):
        return random.Random("/".join(map(str, (self.seed, *names))))


class Children:
    """Processes that run now, so that none is left when somebody ends the trials."""

    def __init__(self):
        self.lock, self.groups, self.stopping = threading.Lock(), set(), False

    def add(self, pid):
        with self.lock:
            self.groups.add(pid)
            if self.stopping:
                kill_group(pid)

    def gone(self, pid):
        with self.lock:
            self.groups.discard(pid)

    def stop(self):
        with self.lock:
            self.stopping = True
            for pid in self.groups:
                kill_group(pid)


CHILDREN = Children()


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


class Ended:
    """How a process ended, and what it said."""

    def __init__(self, words, status, stdout, stderr, seconds, memory_kb, timed_out):
        self.words, self.stdout, self.stderr, self.seconds = words, stdout, stderr, seconds
        self.memory_kb, self.timed_out = memory_kb, timed_out
        self.code = os.waitstatus_to_exitcode(status)

    def flat(self):
        """What it said on stderr, without the frame that long messages are broken into."""
        return re.sub(r"[\s│×·]+", "", self.stderr)


class Process:
    """A process of the command under test, in a folder and with a TMPDIR of its own."""

    def __init__(self, settings, words, room, *, real=False, stdout=None, preexec=None, env=None, user=None, cwd=None):
        if CHILDREN.stopping:
            raise Stopped
        self.words = [str(word) for word in words]
        (room / "tmp").mkdir(exist_ok=True)
        (room / "said").mkdir(exist_ok=True)
        self.number = len(list((room / "said").iterdir()))
        self.out, self.err = (room / "said" / f"{self.number}.{name}" for name in ("stdout", "stderr"))
        there = {name: text for name, text in os.environ.items() if name in ("PATH", "LANG", "RUST_BACKTRACE")}
        there |= {"HOME": str(room), "TMPDIR": str(room / "tmp"), "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}
        there |= {} if real else settings.env
        there |= env or {}

        def prepared():
            resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            # Whoever runs the trials in the background may ignore these, and what they start would inherit that.
            for each in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
                signal.signal(each, signal.SIG_DFL)
            if preexec:
                preexec()

        command = [str(settings.real)] if real else settings.fieldday
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.child = subprocess.Popen(
                command + self.words, cwd=cwd or room, env=there, stdin=subprocess.DEVNULL, stdout=stdout or out, stderr=err,
                start_new_session=True, preexec_fn=prepared, user=user, group=user, extra_groups=None if user is None else [],
            )  # fmt: skip
        self.began = time.monotonic()
        CHILDREN.add(self.child.pid)

    def signal(self, which):
        try:
            os.kill(self.child.pid, which)
        except ProcessLookupError:
            pass

    def over(self):
        """Whether it has ended, without taking its exit status away from whoever waits for it."""
        return os.waitid(os.P_PID, self.child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def held_kb(self):
        """The most memory that it has held so far; what the system tells at the end counts this process's own, too."""
        try:
            held = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.child.pid}/status").read_text())
        except OSError:
            return 0
        return int(held[1]) if held else 0

    def wait(self, limit_s):
        """Until it ends; beyond the limit it is killed, and said to have hung."""
        pid, timed_out, held_kb = self.child.pid, False, 0
        watched = os.pidfd_open(pid)
        poll = select.poll()
        poll.register(watched, select.POLLIN)
        until = time.monotonic() + limit_s
        while not poll.poll(50):
            held_kb = max(held_kb, self.held_kb())
            if time.monotonic() > until:
                timed_out = True
                kill_group(pid)
                break
        os.close(watched)
        _, status, used = os.wait4(pid, 0)
        self.child.returncode = os.waitstatus_to_exitcode(status)
        CHILDREN.gone(pid)
        # What it started and left behind would outlive the trial.
        kill_group(pid)
        texts = [file.read_bytes().decode("utf-8", "replace") for file in (self.out, self.err)]
        return Ended(self.words, status, *texts, time.monotonic() - self.began, held_kb or used.ru_maxrss, timed_out)


def run(settings, words, room, limit_s=30.0, **options):
    return Process(settings, words, room, **options).wait(limit_s * settings.patience)


def must(settings, words, room, codes=(0,), limit_s=120.0):
    """Makes something that trials need, with the real command."""
    ended = Process(settings, words, room, real=True).wait(limit_s)
    if ended.code not in codes:
        raise SystemExit(f"fieldday {' '.join(ended.words)} ended with {ended.code}:\n{ended.stdout}{ended.stderr}")
    return ended


def odd_characters(text):
    """Control characters that would reach a terminal or a file as they are, as their numbers."""
    odd = {c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t"}
    return ", ".join(sorted(f"U+{ord(c):04X}" for c in odd))


def wrong_with(ended, codes=DOCUMENTED, signals=(), memory_kb=MEMORY_KB):
    """What no process may do, whatever happens to it."""
    wrong, what = [], f"`{' '.join(ended.words)}`"
    if ended.timed_out:
        return [f"{what} hung: it was killed after {ended.seconds:.0f} s"]
    said = ended.stdout + ended.stderr
    if "panicked" in said or ended.code == 101:
        wrong.append(f"{what} panicked: exit code {ended.code}")
    elif ended.code < 0 and -ended.code not in signals:
        wrong.append(f"{what} died of signal {-ended.code}")
    elif ended.code >= 0 and ended.code not in codes:
        wrong.append(f"{what} ended with exit code {ended.code}, not one of {sorted(codes)}")
    if ended.memory_kb > memory_kb:
        wrong.append(f"{what} took {ended.memory_kb // 1024} MiB of memory, more than {memory_kb // 1024}")
    if odd := odd_characters(said):
        wrong.append(f"{what} printed control characters: {odd}")
    return wrong


def refuse(constant):
    raise ValueError(f"{constant} is no JSON")


def wrong_files(folder):
    """What no file in a run's folder may be: half a document, raw control characters, markup that somebody else wrote."""
    wrong = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = file.relative_to(folder)
        content = file.read_bytes()
        if file.suffix == ".zst":
            if not shutil.which("zstdcat"):
                continue
            content = subprocess.run(["zstdcat"], input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            if file.suffix != ".zst":
                wrong.append(f"{name} is no UTF-8: {error}")
            continue
        if odd := odd_characters(text):
            wrong.append(f"{name} has control characters: {odd}")
        if file.suffix in (".html", ".md", ".xml") and MARKUP in text:
            wrong.append(f"{name} has markup of an answer as it came")
        try:
            if file.suffix in (".json", ".har"):
                json.loads(text, parse_constant=refuse)
            elif file.suffix == ".xml":
                xml.etree.ElementTree.fromstring(text)
        except (ValueError, xml.etree.ElementTree.ParseError) as error:
            wrong.append(f"{name} is half a document, or none: {error}")
        if file.suffix == ".sh" and subprocess.run(["sh", "-n", file], capture_output=True).returncode != 0:
            wrong.append(f"{name} is no shell script")
    return wrong


def parsed(file):
    """A file's JSON; nothing of one that is half there, which `wrong_files` tells."""
    try:
        return json.loads(file.read_text())
    except ValueError:
        return {}


def territory():
    """A place whose midnight is hours away: a live run that would go past it is refused."""
    return "newark" if datetime.now(timezone.utc).hour not in (2, 3, 4, 5) else "los-angeles"


class Mock:
    """`fieldday mock` on a free port of the loopback, made by the real command."""

    def __init__(self, settings, room, scenario, key, *more, count="mock"):
        place = room / count
        place.mkdir()
        words = ["mock", scenario, "--key", key, "--listen", "127.0.0.1:0", "--delay-us", "0", *more]
        self.process = Process(settings, words, place, real=True)
        self.base = None
        for _ in range(1200):
            if found := re.search(r"base URL  http://([\d.]+):(\d+)", self.process.out.read_text()):
                self.address = (found[1], int(found[2]))
                self.base = f"http://{found[1]}:{found[2]}"
                break
            if CHILDREN.stopping:
                raise Stopped
            time.sleep(0.05)
        else:
            self.process.wait(0)
            raise SystemExit(f"the mock does not say where it is: {self.process.err.read_text()}")

    def stop(self):
        self.process.signal(signal.SIGTERM)
        return self.process.wait(20)


class Trial:
    """One try: a kind for the table, and a function of an empty folder that gives what was wrong."""

    def __init__(self, section, number, kind, what, attempt):
        self.section, self.number, self.kind, self.what, self.attempt = section, number, kind, what, attempt
        self.wrong, self.skipped = [], None


class Skip(Exception):
    """What a trial needs is not to be had on this machine."""


def lived(settings, trial):
    """Makes a trial in a folder of its own, which is kept if something was wrong."""
    room = settings.scratch / f"{trial.section}-{trial.number}"
    kept = settings.keep / room.name
    if settings.keep.name:
        shutil.rmtree(kept, ignore_errors=True)
    room.mkdir()
    room.chmod(0o777)
    try:
        trial.wrong = trial.attempt(room)
    except Skip as why:
        trial.skipped = str(why)
    except Stopped:
        trial.skipped = "ended"
    except Exception as error:  # a script that fails has found nothing out
        trial.wrong = [f"the trial itself failed: {type(error).__name__}: {error}"]
    if trial.wrong and settings.keep.name:
        shutil.copytree(room, kept, symlinks=True, ignore_dangling_symlinks=True)
        (kept / "WRONG.txt").write_text("\n".join([f"{trial.kind}: {trial.what}", *trial.wrong, again(settings, trial), ""]))
    shutil.rmtree(room, ignore_errors=True)
    return trial


def again(settings, trial):
    return f"bench/faults --only {trial.section} --seed {settings.seed} --trial {trial.number}"


def live_all(settings, trials, jobs, tell):
    """All trials, some side by side; each is told when it is over."""
    with ThreadPoolExecutor(jobs) as pool:
        for trial in pool.map(lambda trial: lived(settings, trial), trials):
            if CHILDREN.stopping:
                break
            tell(trial)
    return trials
