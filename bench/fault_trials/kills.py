"""Kills: the command ends at a random moment by SIGKILL, SIGTERM, SIGINT or SIGHUP, and what it leaves is opened."""

import json
import os
import re
import shutil
import signal
import time

from . import common
from .common import Mock, Process, Trial, must, parsed, run, wrong_files, wrong_with

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

SCENARIO = """name = "killed"
about = "Four reps in a hurry."
limits = ["error rate < 50 %"] # what the mock's own trouble comes to is another story
[day]
dates = ["2026-06-10"]
[people]
reps = 4
tenants = 2
territories = ["{territory}"]
[people.mix]
steady = 1
[tokens]
key = "{key}"
[live]
speed = 6000
linger_s = 1
ramp_s = 1
auditors = false
scales = ["polling"]
[live.generator]
late_p99_ms = 60000
lag_p99_ms = 60000
cpu_percent = 100
{more}"""


def trials(settings, count):
    base = settings.scratch / "kills-base"
    base.mkdir()
    key = base / "key.pem"
    must(settings, ["tokens", "new-key", key], base)

    def written(name, more=""):
        text = SCENARIO.format(territory=common.territory(), key=key, more=more)
        (base / name).write_text(text)
        return base / name

    live = written("live.toml")
    # It says who it is, and then works until somebody ends it, as a slow script of a user's would.
    loaded = written("loaded.toml", "[data]\nprovision = 'echo $$ >provision.pid; sleep 3'\n")
    must(settings, ["run", "demo", "--record", "--out", base / "one"], base)
    recorded = next((base / "one").iterdir())
    explored = ["explore", "demo", "--reps", 4, "--seeds", 25, "--format", "json", "--threads", 1]
    proven = ["prove", "--defect", "clock-in-race", "--seeds", 1, "--cap", 100, "--clean", 700, "--threads", 1]
    proven += ["--format", "json"]
    whole = {"explore": must(settings, explored, base, (0, 1)), "prove": must(settings, proven, base, (0, 1))}

    # What is killed, and until when (in seconds) a kill may come.
    kinds = {
        "virtual run": (6, lambda trial: of_a_run(settings, trial, ["run", "weekday", "--reps", 300, "--record"], 3.0)),
        "virtual run, broken": (2, lambda trial: of_a_run(
            settings, trial, ["run", "demo", "--defect", "tenant-leak-by-cache"], 2.0)),
        "live run": (5, lambda trial: of_a_live_run(settings, trial, live, key, 10.0)),
        "live run, own mock": (3, lambda trial: of_a_run(settings, trial, ["run", live, "--target", "mock"], 10.0)),
        "conform": (2, lambda trial: of_a_run(settings, trial, ["conform", "smoke"], 1.5)),
        "live run, provisioning": (2, lambda trial: of_provisioning(settings, trial, loaded, key)),
        "explore, resumed": (5, lambda trial: of_a_kept(settings, trial, explored, whole["explore"], "--out", "--resume")),
        "prove, gone on with": (4, lambda trial: of_a_kept(settings, trial, proven, whole["prove"], "--keep", "--keep")),
        "capacity, resumed": (2, lambda trial: of_a_search(settings, trial, live)),
        "mock": (3, lambda trial: of_a_mock(settings, trial)),
        "report": (2, lambda trial: of_a_report(settings, trial, recorded)),
        "shrink": (1, lambda trial: of_others(
            settings, trial, ["shrink", "demo", "--defect", "tenant-leak-by-cache", "--out", "out"], 1.0)),
        "fixtures export": (1, lambda trial: of_others(
            settings, trial, ["fixtures", "export", "weekday", "--reps", 600, "--out", "out"], 1.0)),
    }  # fmt: skip
    order = [kind for kind, (weight, _) in kinds.items() for _ in range(weight)]
    settings.random("kills").shuffle(order)
    made = []
    for number in range(count):
        kind = order[number % len(order)]
        turn = sum(trial.kind == kind for trial in made)
        trial = Trial("kills", number, kind, SIGNALS[turn % 4].name, None)
        trial.signal, trial.at = SIGNALS[turn % 4], settings.random("kills", number).random()
        trial.attempt = lambda room, trial=trial, kind=kind: kinds[kind][1](trial)(room)
        made.append(trial)
    return made


def struck(settings, trial, process, within_s):
    """Sends the trial's signal at its moment, and gives how the process ended."""
    trial.moment = trial.at * within_s
    time.sleep(trial.moment)
    trial.what = f"{trial.signal.name} after {trial.moment:.3f} s"
    process.signal(trial.signal)
    return process.wait(60 * settings.patience)


def wrong_end(trial, ended, begun):
    """A kill is a kill; of the others it hears, once it has begun with what could be lost."""
    allowed = {trial.signal} if trial.signal == signal.SIGKILL or not begun else set()
    return wrong_with(ended, signals=allowed)


def left_in_tmp(room, but=None):
    left = [str(file.relative_to(room)) for file in (room / "tmp").rglob("*") if not (but and re.match(but, file.name))]
    return [f"left among the temporary files: {', '.join(left)}"] if left else []


def folders(out):
    return sorted(path for path in out.iterdir() if path.is_dir()) if out.is_dir() else []


def wrong_folders(settings, room, out, ended):
    """Whatever was left opens, or it is said plainly what is missing; and a killed run is called killed."""
    wrong = wrong_files(out) if out.is_dir() else []
    if not folders(out):
        return wrong
    listed = run(settings, ["results", "list", out, "--format", "json"], room)
    wrong += wrong_with(listed, {0})
    rows = {row["folder"]: row for row in json.loads(listed.stdout)["runs"]} if listed.code == 0 else {}
    in_words = run(settings, ["results", "list", out], room)
    wrong += wrong_with(in_words, {0})
    for folder in folders(out):
        said = (folder / "run.json").is_file()
        row = rows.get(folder.name)
        if not said:
            # Killed before its first file: nobody can know what it was, and it is said to be passed over.
            if row is not None or folder.name not in in_words.stdout + in_words.stderr + listed.stdout:
                wrong.append(f"{folder.name} has no run.json, and `results list` does not say so")
            continue
        summary = folder / "summary.json"
        whole = parsed(folder / "run.json").get("complete")
        if not summary.is_file():
            verdict = "killed"
        else:
            verdict = parsed(summary).get("verdict", {}).get("outcome", "nothing")
        if whole and not summary.is_file():
            wrong.append(f"{folder.name} says that it is complete and has no summary.json")
        if row is None or row["verdict"] != verdict:
            wrong.append(f"`results list` says {row and row['verdict']!r} of a run that is {verdict}")
        if ended.code == 130 and verdict != "interrupted":
            wrong.append(f"the run ended with 130, and its folder says {verdict}")
        if verdict == "killed" and ended.code >= 0:
            wrong.append(f"the run ended with {ended.code} and left no summary.json")
        for words in (["report", folder], ["check", folder], ["replay", folder]):
            opened = run(settings, words, room, 60)
            wrong += wrong_with(opened)
            if opened.code == 2 and not names(opened, folder):
                wrong.append(f"`{words[0]}` names no file of the folder: {opened.stderr.strip()!r}")
            if words[0] != "replay" and verdict in ("killed", "interrupted") and opened.code not in (130, 2):
                wrong.append(f"`{words[0]}` ended with {opened.code} for a run that is {verdict}")
            if words[0] == "report" and verdict == "killed" and opened.code == 0:
                wrong.append("`report` ended with 0 for a run that was killed")
    return wrong + wrong_files(out)


def names(ended, folder):
    return folder.name in ended.flat()


def of_a_run(settings, trial, words, within_s):
    def attempt(room):
        ended = struck(settings, trial, Process(settings, [*words, "--out", "out"], room), within_s)
        return of_what_a_run_left(settings, trial, room, ended)

    return attempt


def of_what_a_run_left(settings, trial, room, ended):
    out = room / "out"
    # Between the making of the folder and the first thing that is written into it nothing can be lost yet.
    begun = any((folder / "history.jsonl.zst").exists() for folder in folders(out))
    wrong = wrong_end(trial, ended, begun) + left_in_tmp(room)
    return wrong + wrong_folders(settings, room, out, ended)


def of_a_live_run(settings, trial, scenario, key, within_s):
    def attempt(room):
        mock = Mock(settings, room, scenario, key)
        try:
            words = ["run", scenario, "--target", mock.base, "--out", "out"]
            ended = struck(settings, trial, Process(settings, words, room), within_s)
        finally:
            served = mock.stop()
        return wrong_with(served, {0}) + of_what_a_run_left(settings, trial, room, ended)

    return attempt


def of_provisioning(settings, trial, scenario, key):
    def attempt(room):
        mock = Mock(settings, room, scenario, key)
        try:
            process = Process(settings, ["run", scenario, "--target", mock.base, "--out", "out"], room)
            pid = room / "provision.pid"
            for _ in range(400):
                if pid.is_file() and pid.read_text().strip() or process.over():
                    break
                time.sleep(0.02)
            ended = struck(settings, trial, process, 2.0)
            time.sleep(0.2)
            command = int(pid.read_text()) if pid.is_file() else None
            runs_on = command is not None and os.path.exists(f"/proc/{command}")
            if runs_on:
                common.kill_group(command)
        finally:
            mock.stop()
        if trial.signal == signal.SIGKILL:
            return wrong_end(trial, ended, False)  # nobody is left to end the command or to clear up
        wrong = wrong_end(trial, ended, False) + left_in_tmp(room)
        return wrong + (["the command of `provision` went on after the run had ended"] if runs_on else [])

    return attempt


def of_a_kept(settings, trial, words, whole, out, resume):
    """What was kept is whole, and going on from it comes to the same end as never having been killed."""

    def attempt(room):
        ended = struck(settings, trial, Process(settings, [*words, out, "kept.json"], room), whole.seconds * 1.1)
        kept = room / "kept.json"
        # Before its signals are heard there is nothing to lose: it has not lived a seed yet.
        begun = kept.exists()
        wrong = wrong_end(trial, ended, begun) + left_in_tmp(room)
        if not kept.exists():
            # A proof keeps the rep-days without a defect, round by round: before the first of these there is nothing.
            nothing_yet = ended.code < 0 or out == "--keep"
            return wrong if nothing_yet else [*wrong, f"it ended with {ended.code} and kept nothing"]
        if not parsed(kept):
            return [*wrong, "kept.json is half a document"]
        more = run(settings, [*words, resume, "kept.json"], room, 120)
        wrong += wrong_with(more, {whole.code})
        if without_times(more.stdout) != without_times(whole.stdout):
            wrong.append("resumed, it came to another end than it does at once")
        return wrong

    return attempt


def without_times(text):
    """The JSON of a result without what differs from one time to the next."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    timed = {"wall_s", "cpu_s", "cost", "took_s", "seconds", "rep_days_per_s", "build"}

    def pruned(value):
        if isinstance(value, dict):
            return {key: pruned(inner) for key, inner in value.items() if key not in timed}
        return [pruned(inner) for inner in value] if isinstance(value, list) else value

    return pruned(value)


def of_a_search(settings, trial, scenario):
    def attempt(room):
        words = ["capacity", scenario, "--target", "mock", "--from", 2, "--to", 4, "--level", 1, "--warm-up", 1]
        words += ["--repeats", 1, "--limit", "wire p95 < 9 s", "--out", "out"]
        ended = struck(settings, trial, Process(settings, words, room), 20.0)
        out = room / "out"
        wrong = wrong_end(trial, ended, any(out.glob("*/capacity.jsonl"))) + left_in_tmp(room)
        wrong += wrong_files(out) if out.is_dir() else []
        for folder in folders(out):
            kept = (folder / "capacity.jsonl").is_file() and len((folder / "capacity.jsonl").read_text().splitlines()) > 1
            # It may take minutes; that it goes on is seen by then.
            more = Process(settings, ["capacity", "--resume", folder], room)
            time.sleep(4)
            more.signal(signal.SIGINT)
            went_on = more.wait(60 * settings.patience)
            wrong += wrong_with(went_on, {0, 1, 4, 130} if kept else common.DOCUMENTED, signals=() if kept else (signal.SIGINT,))
            if went_on.code == 2 and not names(went_on, folder):
                wrong.append(f"it cannot go on, and names no file: {went_on.stderr.strip()!r}")
        return wrong

    return attempt


def of_a_mock(settings, trial):
    def attempt(room):
        process = Process(settings, ["mock", "demo", "--listen", "127.0.0.1:0"], room)
        ended = struck(settings, trial, process, 1.5)
        keys = list((room / "tmp").iterdir())
        serves = "base URL" in ended.stdout
        wrong = wrong_with(ended, {0}, signals={trial.signal} if trial.signal == signal.SIGKILL or not serves else ())
        if trial.signal == signal.SIGKILL:
            # Nobody is left to remove its key: then at least nobody else may read it, and it is in no one's way.
            wrong += [f"{key.name} can be read by others" for key in keys if key.stat().st_mode & 0o077]
        elif keys:
            wrong += left_in_tmp(room)
        return wrong

    return attempt


def of_a_report(settings, trial, recorded):
    def attempt(room):
        folder = room / "out" / recorded.name
        shutil.copytree(recorded, folder)
        # Documents name the folder in which they lie.
        must(settings, ["report", folder], room)
        before = {file.name: file.read_bytes() for file in folder.iterdir()}
        ended = struck(settings, trial, Process(settings, ["report", folder], room), 0.3)
        wrong = wrong_with(ended, {0}, signals={trial.signal}) + left_in_tmp(room)
        for name, content in before.items():
            if (folder / name).read_bytes() != content:
                wrong.append(f"{name} is another than before")
        return wrong + wrong_files(folder)

    return attempt


def of_others(settings, trial, words, within_s):
    """Commands that hold nothing for which a signal would have to be heard: what they wrote is whole or says that it is not."""

    def attempt(room):
        ended = struck(settings, trial, Process(settings, words, room), within_s)
        wrong = wrong_with(ended, signals={trial.signal}) + left_in_tmp(room)
        out = room / "out"
        # An export without export.json, which is written last, says by that that it is not complete.
        if "export" in words and not (out / "export.json").is_file():
            return wrong
        return wrong + (wrong_files(out) if out.is_dir() else [])

    return attempt
