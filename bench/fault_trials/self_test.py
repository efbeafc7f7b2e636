"""Do the checks bite? In the command's place stands one that misbehaves in a known way; each trial has to find that."""

import sys
from pathlib import Path

from . import answers, disks, files, kills
from .common import lived

# A command that does something wrong before or after it lets the real one do its work. FAKE says what.
FAKE = '''#!{python}
import os, signal, subprocess, sys, time
real, mode, words = os.environ["FAULTS_REAL"], os.environ["FAULTS_FAKE"], sys.argv[1:]

def at_out():
    return next((words[i + 1] for i, word in enumerate(words) if word in ("--out", "--keep")), "out")

def becomes():
    os.execv(real, [real, *words])

def in_every_folder(name, text):
    for place, _, names in os.walk(at_out()):
        if "run.json" in names:
            with open(os.path.join(place, name), "a") as file:
                file.write(text)

def done(**how):
    child = subprocess.Popen([real, *words], **how)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda number, frame: child.send_signal(number))
    code = child.wait()
    return code if code >= 0 else 130

if mode == "panics":
    print("thread 'main' panicked at src/main.rs:1:1:", file=sys.stderr)
    sys.exit(101)
elif mode == "hangs":
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    time.sleep(1000)
elif mode == "ends with 7":
    sys.exit(7)
elif mode == "aborts":
    os.abort()
elif mode == "says nothing":
    sys.exit(2)
elif mode == "colours":
    print("\\x1b[31mwrong\\x1b[0m {{}}".format(" ".join(words)), file=sys.stderr)
    becomes()
elif mode == "leaves a key":
    open(os.path.join(os.environ["TMPDIR"], "left.pem"), "w").write("a key")
    becomes()
elif mode == "takes memory":
    held = bytearray(os.urandom(1 << 20) * 700)
    time.sleep(0.2)
    sys.exit(2)
elif mode == "cuts summary.json":
    place = os.path.join(at_out(), "cut-0x1-20260101T000000Z")
    os.makedirs(place, exist_ok=True)
    open(os.path.join(place, "summary.json"), "w").write('{{"schema": 1, "verd')
    becomes()
elif mode == "calls it held":
    code = subprocess.run([real, *words], stdout=subprocess.PIPE, text=True)
    print(code.stdout.replace('"killed"', '"held"').replace('"interrupted"', '"held"'), end="")
    sys.exit(code.returncode)
elif mode == "forgets":
    if "--resume" in words:
        print("{{}}")
        sys.exit(0)
    becomes()
elif mode == "prints nothing":
    sys.exit(done(stdout=subprocess.DEVNULL))
elif mode == "ends with 0":
    done()
    sys.exit(0)
elif mode == "writes markup":
    code = done()
    in_every_folder("report.html", "<script>fdmark(1)</script>")
    in_every_folder("summary.md", "\\x1b[31m")
    sys.exit(code)
elif mode == "counts too well":
    code = done()
    for place, _, names in os.walk(at_out()):
        if "summary.json" in names:
            file = os.path.join(place, "summary.json")
            text = open(file).read().replace('"expected": ', '"expected": 9')
            open(file, "w").write(text)
    sys.exit(code)
elif mode == "shows the key":
    print(open(next(word for word in words if word.endswith(".pem"))).read(), file=sys.stderr)
    sys.exit(2)
'''

# Which trials are made with which command, and what must be said of at least one: section, kind of trial, misbehaviour, words.
CASES = [
    ("kills", "virtual run", "panics", "panicked"),
    ("kills", "virtual run", "hangs", "hung"),
    ("kills", "virtual run", "ends with 7", "exit code 7"),
    ("kills", "virtual run", "leaves a key", "left among the temporary files"),
    ("kills", "virtual run", "cuts summary.json", "half a document"),
    ("kills", "virtual run", "calls it held", "`results list` says 'held'"),
    ("kills", "explore, resumed", "forgets", "came to another end"),
    ("disks", "file size, virtual run", "panics", "panicked"),
    ("disks", "file size, virtual run", "hangs", "hung"),
    ("disks", "file size, virtual run", "ends with 0", "exit code 0"),
    ("disks", "file size, virtual run", "says nothing", "names no file"),
    ("disks", "file size, virtual run", "prints nothing", "is not printed"),
    ("disks", "file size, virtual run", "leaves a key", "left among the temporary files"),
    ("disks", "full device, stdout", "ends with 0", "exit code 0"),
    ("answers", "status 999", "panics", "panicked"),
    ("answers", "status 999", "hangs", "hung"),
    ("answers", "status 999", "takes memory", "MiB of memory"),
    ("answers", "status 999", "ends with 0", "the exit code is 0"),
    ("answers", "status 999", "writes markup", "markup of an answer"),
    ("answers", "status 999", "writes markup", "control characters"),
    ("answers", "status 999", "cuts summary.json", "half a document"),
    ("answers", "status 999", "counts too well", "are said to have been answered as expected"),
    ("files", "summary.json", "panics", "panicked"),
    ("files", "summary.json", "aborts", "died of signal"),
    ("files", "summary.json", "hangs", "hung"),
    ("files", "summary.json", "ends with 7", "exit code 7"),
    ("files", "summary.json", "says nothing", "names no file"),
    ("files", "summary.json", "colours", "control characters"),
    ("files", "key", "shows the key", "a part of the key"),
    ("files", "scenario", "leaves a key", "left among the temporary files"),
]


def bites(settings):
    """Makes the trials; exit code 1 if one of them found nothing, or found the same of the real command."""
    fake = settings.scratch / "fake"
    fake.write_text(FAKE.format(python=sys.executable))
    fake.chmod(0o755)
    settings.keep = Path("")  # a trial that fails as it must is nothing to look at
    real = settings.fieldday
    disk_trials, close_disks = disks.trials(settings, 1.0)
    file_trials, close_files = files.trials(settings, 400)
    sections = {
        "kills": kills.trials(settings, 90), "disks": disk_trials, "answers": answers.trials(settings, 1.0), "files": file_trials,
    }  # fmt: skip
    missed = 0
    try:
        print(f"  {'':<9}{'kind':<26}{'a command that':<22}said of it")
        for section, kind, mode, words in CASES:
            # Enough of them that one is where it shows: a kill in time, a disk that has room for a part.
            some = [trial for trial in sections[section] if trial.kind == kind][: 8 if section in ("kills", "disks") else 2]
            settings.fieldday, settings.env = [str(fake)], {"FAULTS_REAL": str(settings.real), "FAULTS_FAKE": mode}
            settings.patience = 0.02 if mode == "hangs" else 1.0
            found = any(words in line for trial in of(settings, some, words) for line in trial.wrong)
            settings.fieldday, settings.env, settings.patience = real, {}, 1.0
            missed += not found
            print(f"  {section:<9}{kind:<26}{mode:<22}{'✓ ' + words if found else '✗ nothing: ' + words + ' was expected'}", flush=True)
        # The other way round: of the real command none of them says anything.
        for section in ("kills", "disks", "answers", "files"):
            kinds = {kind for of_section, kind, *_ in CASES if of_section == section}
            for kind in sorted(kinds):
                trial = next(trial for trial in sections[section] if trial.kind == kind)
                lived(settings, trial)
                missed += bool(trial.wrong)
                print(f"  {section:<9}{kind:<26}{'is the real one':<22}{'✗ ' + trial.wrong[0] if trial.wrong else '✓ nothing'}", flush=True)
    finally:
        close_disks()
        close_files()
    print(f"\n{len(CASES)} misbehaviours, {missed} trials came out otherwise than they must")
    return 1 if missed else 0


def of(settings, trials, words):
    """Trials until one says what it must."""
    made = []
    for trial in trials:
        trial.wrong, trial.skipped = [], None
        made.append(lived(settings, trial))
        if any(words in line for line in trial.wrong):
            break
    return made
