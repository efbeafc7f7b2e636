"""Disks: full, too small, read-only, and gone in the middle of a run."""

import os
import re
import resource
import shutil
import signal
import subprocess
import threading
import time

from .common import Process, Skip, Trial, left_in_tmp, must, run, wrong_files, wrong_with
from .scenarios import HURRIED
from . import common

CAUSES = re.compile(
    "File too large|No space left|Read-only file system|Permission denied|No such file|Not a directory|Is a directory", re.I
)
# What a trial writes, by the names that it is given on the command line.
NAMED = re.compile(r"(?<![\w.])(out|out/\S+|kept\.json\S*|new\.pem|trend\.html\S*|page\.html\S*)(:? )", re.M)
NOBODY = 65534

DAY = """name = "day"
about = "A day that demands nothing of itself."
[day]
dates = ["2026-06-10"]
[people]
reps = 40
tenants = 2
"""


def trials(settings, share):
    base = settings.scratch / "disks-base"
    base.mkdir()
    base.chmod(0o755)
    key = base / "key.pem"
    must(settings, ["tokens", "new-key", key], base)
    key.chmod(0o644)
    live = base / "live.toml"
    live.write_text(HURRIED.format(territory=common.territory(), key=key, more=""))
    loaded = base / "loaded.toml"
    loaded.write_text(HURRIED.format(territory=common.territory(), key=key, more="[data]\nprovision = 'true'\n"))
    must(settings, ["run", "demo", "--record", "--out", base / "one"], base)
    must(settings, ["run", "demo", "--seed", 2, "--record", "--out", base / "two"], base)
    one, two = (next((base / name).iterdir()) for name in ("one", "two"))
    serving = {}

    def mock():
        if "mock" not in serving:
            serving["mock"] = common.Mock(settings, base, loaded, key)
        return serving["mock"].base

    (base / "day.toml").write_text(DAY)
    day = ["run", base / "day.toml", "--record", "--out", "out"]
    lived = ["run", live, "--target", "mock", "--out", "out"]
    explored = ["explore", "demo", "--reps", 4, "--seeds", 4]
    proven = ["prove", "--defect", "clock-in-race", "--seeds", 1, "--cap", 60, "--clean", 100]
    broken = ["run", "demo", "--defect", "tenant-leak-by-cache", "--out", "out"]
    list_of = []

    def add(kind, what, attempt):
        list_of.append((kind, what, attempt))

    # No file may grow beyond so many bytes. The result is on stdout wherever there was room to begin.
    for size in (0, 1 << 10, 4 << 10, 12 << 10, 24 << 10, 50 << 10, 100 << 10, 150 << 10):
        add("file size, virtual run", f"{size} bytes", limited(settings, day, size, measured=size >= 12 << 10))
    for size in (0, 4 << 10, 12 << 10, 40 << 10, 80 << 10):
        add("file size, live run", f"{size} bytes", limited(settings, lived, size, measured=size >= 12 << 10))
    for size in (4 << 10, 30 << 10):
        add("file size, conform", f"{size} bytes", limited(settings, ["conform", "smoke", "--out", "out"], size, measured=size >= 12 << 10))
    for size in (4 << 10, 20 << 10, 60 << 10):
        add("file size, broken run", f"{size} bytes", limited(settings, broken, size, measured=size >= 12 << 10, codes={1, 2}))
    for size in (0, 300, 900):
        add("file size, explore", f"{size} bytes", limited(settings, [*explored, "--out", "kept.json"], size))
    for size in (0, 700):
        add("file size, prove", f"{size} bytes", limited(settings, [*proven, "--keep", "kept.json"], size))
    for form in ("json", "csv", "sql"):
        words = ["fixtures", "export", "weekday", "--reps", 60, "--format", form, "--out", "out"]
        add("file size, others", f"export as {form}", limited(settings, words, 3000))
    for what, words, size in (
        ("init", ["init", "out"], 1000),
        ("new-key", ["tokens", "new-key", "new.pem"], 100),
        ("trend", ["trend", base / "one", "--html", "trend.html"], 2000),
        ("compare", ["compare", one, "--baseline", two, "--html", "page.html"], 2000),
        ("shrink", ["shrink", "demo", "--defect", "tenant-leak-by-cache", "--out", "out"], 800),
        ("simulate", ["capacity", "--simulate", "demo", "--reps", 10, "--html", "page.html"], 2000),
    ):
        add("file size, others", what, limited(settings, words, size, codes={2}))
    for size in (1000, 20 << 10):
        add("file size, report", f"{size} bytes", report(settings, one, size))
    add("file size, mock", "its key", limited(settings, ["mock", "demo", "--listen", "0.0.0.0:0"], 100))

    # The result goes to a device that is full.
    for words in (
        ["run", "demo", "--no-out"], ["report", one], ["results", "list", base / "one"], ["scenarios", "plan", "demo"],
        ["rules"], ["check", one], ["replay", one], ["compare", one, "--baseline", two], explored,
        ["tokens", "mint", "--key", key, "--user", "u", "--tenant", "t", "--role", "org:sales_rep"],
    ):  # fmt: skip
        add("full device, stdout", words[0], full_stdout(settings, words))
    add("full device, a file", "request log", full_file(settings, [*lived, "--request-log", "log.csv"], "log.csv"))

    # Somebody may only read there.
    for what, words in (
        ("run", day), ("live run", lived), ("explore", [*explored, "--out", "kept.json"]),
        ("export", ["fixtures", "export", "demo", "--out", "out"]), ("init", ["init", "out"]),
        ("new-key", ["tokens", "new-key", "new.pem"]), ("mock", ["mock", "demo", "--listen", "0.0.0.0:0"]),
        ("provision", ["run", loaded, "--target", mock, "--out", base / "nowhere"]),
    ):  # fmt: skip
        add("read-only folder", what, read_only(settings, words))

    # The folder goes while the run is under way.
    for what, words, after_s, do in (
        ("virtual run, removed", ["run", "weekday", "--reps", 3000, "--record", "--out", "out"], 0.2, removed),
        ("virtual run, a file now", ["run", "weekday", "--reps", 3000, "--record", "--out", "out"], 0.2, replaced),
        ("live run, removed", lived, 4.0, removed),
        ("live run, a file now", lived, 4.0, replaced),
        ("live run, moved away", lived, 4.0, moved),
    ):
        add("folder goes", what, vanishing(settings, words, after_s, do))

    # A disk of its own: it is full, has no room for another file, fills up in mid-run, or is taken away.
    for what, words, options, after_s, do in (
        ("16 kB, virtual run", day, "size=16k", None, None),
        ("64 kB, virtual run", day, "size=64k", None, None),
        ("24 kB, live run", lived, "size=24k", None, None),
        ("no room for a sixth file", day, "size=9m,nr_inodes=6", None, None),
        ("full now", lived, "size=1m", 4.0, fill),
        ("taken away", lived, "size=9m", 4.0, take_away),
    ):
        add("small disk", what, on_a_disk(settings, words, options, after_s, do))

    every = max(1, round(1 / share))
    made = [Trial("disks", number, *each) for number, each in enumerate(list_of) if number % every == 0]
    return made, lambda: [each.stop() for each in serving.values()]


def wrong_end(room, ended, *, measured=False, codes=frozenset({2}), path=None):
    """The exit code is that of a file, the message has its name and the cause, and what was measured is printed."""
    wrong = wrong_with(ended, codes)
    if ended.timed_out:
        return wrong
    path = path or str(room)
    if re.sub(r"\s+", "", path) not in ended.flat() and not NAMED.search(ended.stderr):
        wrong.append(f"it names no file: {ended.stderr.strip()[-300:]!r}")
    if not CAUSES.search(ended.stderr):
        wrong.append(f"it names no cause: {ended.stderr.strip()[-300:]!r}")
    if measured and not re.search(r"^[✓✗?] (held|broken|invalid)|held|broken", ended.stdout, re.M):
        wrong.append("what was measured is not printed")
    out = room / "out"
    if out.is_dir():
        # An export without export.json, which is written last, says by that that it is not complete.
        (out / "somebody-elses").unlink(missing_ok=True)
        wrong += wrong_files(out) if (out / "export.json").exists() or not (out / "users.json").exists() else []
        wrong += [f"{file.name} was left" for file in out.rglob("*.part")]
        for run_file in out.glob("*/run.json"):
            if '"complete": true' in run_file.read_text():
                wrong.append("run.json says that the folder is complete")
    # One that is there already is never written over: half a key would be in the way of the next try.
    wrong += [f"{file.name} was left, {file.stat().st_size} bytes of a key" for file in room.glob("new.pem")]
    return wrong + left_in_tmp(room)


def limit(size):
    def prepared():
        # A process that does not ignore the signal dies of it; a full disk sends none.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return prepared


def limited(settings, words, size, *, measured=False, codes=frozenset({2})):
    def attempt(room):
        # What it prints goes to a file as well, and would not fit.
        return piped(settings, room, words, limit(size), measured=measured, codes=codes)

    return attempt


def piped(settings, room, words, preexec, **expected):
    """As `run`, with pipes for what it says, which have no limit."""
    reader, writer = os.pipe()
    process = Process(settings, words, room, stdout=writer, preexec=lambda: (os.dup2(writer, 1), os.dup2(writer, 2), preexec()))
    os.close(writer)
    said = []

    def listen():
        with os.fdopen(reader, "rb") as stream:
            said.append(stream.read())

    listener = threading.Thread(target=listen)
    listener.start()
    ended = process.wait(90 * settings.patience)
    listener.join(10)
    ended.stdout = ended.stderr = b"".join(said).decode("utf-8", "replace")
    process.out.write_text(ended.stdout)
    return wrong_end(room, ended, **expected)


def report(settings, one, size):
    def attempt(room):
        folder = room / "copy"
        shutil.copytree(one, folder)
        before = {file.name: file.read_bytes() for file in folder.iterdir()}
        wrong = piped(settings, room, ["report", folder], limit(size), measured=True, codes={0, 2})
        # It is there to print; that the documents could not be written is a warning.
        return wrong + [f"{name} is gone or cut" for name in before if not same_or_whole(folder / name, before[name])]

    return attempt


def same_or_whole(file, before):
    return file.is_file() and file.stat().st_size >= len(before) * 0.9


def full_stdout(settings, words):
    def attempt(room):
        with open("/dev/full", "wb") as full:
            ended = run(settings, words, room, 60, stdout=full)
        wrong = wrong_with(ended, {2})
        if "No space left" not in ended.stderr:
            wrong.append(f"it does not say that nothing could be printed: {ended.stderr.strip()[-300:]!r}")
        return wrong

    return attempt


def full_file(settings, words, name):
    def attempt(room):
        (room / name).symlink_to("/dev/full")
        ended = run(settings, words, room, 90)
        # The log is goose's own: the run may do without it, if it says so.
        wrong = wrong_with(ended, {0, 2})
        if "held" not in ended.stdout:
            wrong.append("what was measured is not printed")
        if name not in ended.stderr or not CAUSES.search(ended.stderr):
            wrong.append(f"nobody says that {name} has nothing in it: {ended.stderr.strip()[-300:]!r}")
        return wrong

    return attempt


def read_only(settings, words):
    def attempt(room):
        told = [word() if callable(word) else word for word in words]
        user = NOBODY if os.getuid() == 0 else None
        if user and not os.access(settings.real, os.X_OK):
            raise Skip("another user may not run the command")
        (room / "tmp").mkdir()
        (room / "tmp").chmod(0o555)
        room.chmod(0o555)
        try:
            (room / "said").mkdir(mode=0o755, exist_ok=True) if os.getuid() == 0 else room.chmod(0o755)
            if os.getuid() != 0:
                (room / "said").mkdir(exist_ok=True)
                room.chmod(0o555)
            ended = run(settings, told, room, 60, user=user)
        finally:
            room.chmod(0o755)
            (room / "tmp").chmod(0o755)
        return wrong_end(room, ended)

    return attempt


def removed(out):
    shutil.rmtree(out)


def replaced(out):
    shutil.rmtree(out)
    out.write_text("no folder")


def moved(out):
    out.rename(out.with_name("elsewhere"))


def vanishing(settings, words, after_s, do):
    def attempt(room):
        process = Process(settings, words, room)
        if not begun(process, room / "out", after_s):
            return wrong_with(process.wait(0)) + ["it wrote no history"]
        do(room / "out")
        return wrong_end(room, process.wait(90 * settings.patience), measured=True, path="out")

    return attempt


def begun(process, out, after_s):
    """Whether a history has begun; gives the run the rest of the seconds."""
    for _ in range(400):
        if any(out.glob("*/history.jsonl.zst")):
            time.sleep(after_s)
            return True
        if process.over():
            return False
        time.sleep(0.05)
    return False


def fill(out):
    with open(out / "somebody-elses", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


def take_away(out):
    subprocess.run(["umount", "--lazy", out], check=True)


def on_a_disk(settings, words, options, after_s, do):
    def attempt(room):
        out = room / "out"
        out.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "faults", out], capture_output=True, text=True)
        if mounted.returncode != 0:
            raise Skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
        try:
            process = Process(settings, words, room)
            if do is not None and begun(process, out, after_s):
                do(out)
            ended = process.wait(90 * settings.patience)
            return wrong_end(room, ended, measured=do is not None or "sixth" in options, path="out")
        finally:
            subprocess.run(["umount", "--lazy", out], capture_output=True)

    return attempt
