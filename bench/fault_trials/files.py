"""Damaged files: every kind of file that a command reads, damaged by a seed and opened as each command opens it."""

import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from . import common
from .common import Mock, Process, Trial, left_in_tmp, must, run, wrong_files, wrong_with
from .mutations import damaged
from .scenarios import MANY_KEYS

LIMIT_S = 10.0


class File:
    """A file that is damaged: where it is among what was made, and the commands that read it. `{}` stands for its folder."""

    def __init__(self, kind, weight, base, name, commands, *, packed=False):
        self.kind, self.weight, self.base, self.name = kind, weight, base, name
        self.commands, self.packed = commands, packed


def trials(settings, count):
    base = settings.scratch / "files-base"
    base.mkdir()
    catalogue, close = made(settings, base)
    weights = [file.weight for file in catalogue]
    found = []
    for number in range(count):
        draw = settings.random("files", number)
        file = draw.choices(catalogue, weights)[0]
        command = draw.choice(file.commands)
        what = f"as `{' '.join(map(str, command))}`"
        found.append(Trial("files", number, file.kind, what, opened(settings, number, file, command)))
    return found, close


def made(settings, base):
    """Makes one of everything that can be read, and says who reads it."""
    def folder(name):
        place = base / name
        place.mkdir()
        return place

    keys, scenario, users, virtual, live = (folder(name) for name in ("keys", "scenario", "users", "virtual", "live"))
    for algorithm in ("rs256", "eddsa", "hs256"):
        must(settings, ["tokens", "new-key", "--algorithm", algorithm, keys / f"{algorithm}.pem"], keys)
    key = keys / "eddsa.pem"
    (base / "jwks").mkdir()
    (base / "jwks/jwks.json").write_text(must(settings, ["tokens", "jwks", keys / "rs256.pem", key], keys).stdout)
    must(settings, ["fixtures", "export", "demo", "--date", "today", "--out", users / "export"], users)
    shutil.copy(users / "export/users.json", scenario)
    shutil.copy(users / "export/users.json", users)
    must(settings, ["fixtures", "export", "demo", "--format", "csv", "--out", users / "csv"], users)
    rows = [line.split(",") for line in (users / "csv/users.csv").read_text().splitlines()[1:]]
    zones = {row.split(",")[0]: row.split(",")[1] for row in (users / "csv/tenants.csv").read_text().splitlines()[1:]}
    lines = [f"{tenant},{zones[tenant]},{user},,{role}," for user, tenant, role, *_ in rows]
    (users / "users.csv").write_text("\n".join(["tenant,zone,user_id,rep_id,role,token", *lines, ""]))
    (scenario / "own.toml").write_text(MANY_KEYS.format(territory=common.territory(), key=key))
    must(settings, ["init", scenario / "all"], scenario)
    built_in = sorted((scenario / "all").glob("*.toml"))
    must(settings, ["run", "demo", "--record", "--out", virtual / "runs"], virtual)
    must(settings, ["run", "demo", "--seed", 2, "--out", virtual / "runs"], virtual)
    one, other = sorted((virtual / "runs").iterdir())
    # As a kill leaves it: then the history alone tells what was.
    killed = virtual / "killed" / one.name
    shutil.copytree(one, killed, ignore=shutil.ignore_patterns("summary.json"))
    (killed / "run.json").write_text((one / "run.json").read_text().replace('"complete": true', '"complete": false'))
    live_scenario = live / "live.toml"
    text = MANY_KEYS.format(territory=common.territory(), key=key)
    text = text.replace('users = "users.json"\n', "").replace("speed = 360", "speed = 6000\nauditors = false\nramp_s = 1")
    text = text.replace("linger_s = 1\n", "linger_s = 1\n[live.generator]\nlate_p99_ms = 60000\nlag_p99_ms = 60000\ncpu_percent = 100\n")
    text = re.sub(r"\[dialect.*(?=\[switches\])", "", text, flags=re.S).replace("8 s", "60 s")
    live_scenario.write_text(text)
    must(settings, ["run", live_scenario, "--target", "mock", "--out", live / "runs"], live, (0, 1, 4))
    lived = next((live / "runs").iterdir())
    search = ["capacity", live_scenario, "--target", "mock", "--from", 2, "--to", 3, "--level", 1, "--warm-up", 1, "--repeats", 1]
    must(settings, [*search, "--limit", "wire p95 < 9 s", "--out", base / "search"], live, (0, 1, 4))
    searched = next((base / "search").iterdir())
    must(settings, ["shrink", "demo", "--defect", "tenant-leak-by-cache", "--out", base / "shrunk"], base)
    shrunk = next((base / "shrunk").iterdir())
    kept = folder("kept")
    must(settings, ["explore", "demo", "--reps", 4, "--seeds", 3, "--defect", "tenant-leak-by-cache", "--out", "explored.json"], kept, (1,))
    proof = ["prove", "--defect", "tenant-leak-by-cache", "--seeds", 1, "--cap", 20, "--clean", 40]
    must(settings, [*proof, "--keep", "proven.json"], kept, (0, 1))
    tokens = folder("tokens")
    lines = ["# whose, and which"]
    for user, tenant, role, *_ in rows:
        claims = ["--user", user, "--tenant", tenant, "--role", f"org:{role}", "--life", 86_400]
        lines.append(f"{user} {must(settings, ['tokens', 'mint', '--key', key, *claims], tokens).stdout.strip()}")
    (tokens / "tokens.txt").write_text("\n".join([*lines, ""]))
    shutil.copy(users / "users.json", tokens)
    (tokens / "with.toml").write_text(text.replace("[data]", '[data]\nusers = "users.json"').replace('source = "local"', 'source = "file"\npath = "tokens.txt"').replace(f'key = "{key}"\nlife_s = 60\n', ""))
    (folder("cert") / "ca.pem").write_text(certificate())
    mock = Mock(settings, base, "demo", key)
    near = ["--target", mock.base, "--dry-run"]
    taken = ["--listen", f"{mock.address[0]}:{mock.address[1]}"]
    form = ["--format", "json"]

    scenarios = [["scenarios", "check", "{}"], ["scenarios", "plan", "{}", "--reps", 4], ["fixtures", "export", "{}", "--reps", 4, "--out", "out"]]
    scenarios += [["run", "{}", "--reps", 4, "--no-out"], ["run", "{}", "--reps", 4, *near], ["mock", "{}", "--reps", 4, *taken]]
    scenarios += [["explore", "{}", "--reps", 4, "--seeds", 1], ["replay", "{}", "--reps", 4, "--cell", 0]]
    scenarios += [["capacity", "--simulate", "{}", "--reps", 10], ["conform", "{}", "--no-out"], ["run", "{}", "--reps", 4, "--swarm", "--no-out"]]
    runs = [["report", "{folder}"], ["report", "{folder}", *form], ["check", "{folder}"], ["replay", "{folder}"], ["results", "list", "."]]
    runs += [["results", "list", ".", *form], ["results", "latest", "."], ["results", "prune", ".", "--keep-last", 1, "--dry-run"]]
    runs += [["compare", "{folder}", "--baseline", other, "--although-unlike"], ["compare", other, "--baseline", "{folder}", "--although-unlike"], ["trend", ".", "--html", "t.html"]]
    runs += [["run", "{folder}", "--no-out"], ["scenarios", "plan", "{folder}"], ["capacity", "--simulate", "demo", "--reps", 10, "--calibrate", "{folder}"]]
    judged = [["check", "{folder}"], ["check", "{folder}", *form], ["replay", "{folder}"], ["report", "{folder}"]]
    judged += [["replay", "{folder}", "--rep", "cell-0/tenant-0/rep-00"], ["capacity", "--simulate", "demo", "--reps", 10, "--calibrate", "{folder}"]]
    secret = [["tokens", "jwks", "{}"], ["mock", "demo", "--key", "{}", *taken]]
    secret += [["tokens", "mint", "--key", "{}", "--user", "u", "--tenant", "t", "--role", "org:sales_rep"]]
    repro = [["run", "{}", "--no-out"], ["replay", "{}"], ["shrink", "{}", "--out", "out"], ["scenarios", "plan", "{}"]]
    exported = [["fixtures", "export", "demo", "--users", "{}", "--out", "out"]]
    catalogue = [File("scenario", 10, scenario, "own.toml", scenarios)]
    catalogue += [File("scenario, built-in", 1, path.parent, path.name, scenarios) for path in built_in]
    catalogue += [
        File("dialect", 6, scenario, "own.toml", [["scenarios", "check", "{}"], ["run", "{}", "--reps", 4, *near]]),
        File("history, virtual", 4, one, "history.jsonl.zst", judged[:-1]),
        File("history, killed run", 4, killed, "history.jsonl.zst", judged[:-1]),
        File("history, live", 5, lived, "history.jsonl.zst", judged),
        File("summary.json", 10, one, "summary.json", runs),
        File("summary.json, live", 4, lived, "summary.json", runs),
        File("run.json", 6, one, "run.json", runs),
        File("run.json, live", 3, lived, "run.json", runs),
        File("series.json", 4, one, "series.json", runs[:2]),
        File("latency.hlog", 3, lived, "latency.hlog", [runs[-1], runs[0], runs[8]]),
        File("ledger.jsonl", 2, lived, "ledger.jsonl", [*runs[:3], runs[4]]),
        File("users.json", 6, users, "users.json", exported),
        File("users.csv", 5, users, "users.csv", exported),
        File("users.json of a scenario", 3, scenario, "users.json", [["run", "own.toml", "--reps", 4, *near], ["fixtures", "export", "own.toml", "--out", "out"]]),
        *[File("key", 3, keys, f"{algorithm}.pem", secret) for algorithm in ("rs256", "eddsa", "hs256")],
        File("key set", 4, base / "jwks", "jwks.json", [["mock", "demo", "--accept-jwks", "{}", *taken]]),
        File("tokens of a file", 3, tokens, "tokens.txt", [["run", "with.toml", *near]]),
        File("certificate", 3, base / "cert", "ca.pem", [["run", live_scenario, "--target", "https://127.0.0.1:9", "--cacert", "{}", "--dry-run"]]),
        File("repro.toml", 4, shrunk, "repro.toml", repro),
        File("kept exploration", 4, kept, "explored.json", [["explore", "demo", "--reps", 4, "--seeds", 3, "--defect", "tenant-leak-by-cache", "--resume", "{}"]]),
        File("kept proof", 3, kept, "proven.json", [[*proof, "--keep", "{}"]]),
        File("search", 2, searched, "capacity.json", [["capacity", "--resume", "{folder}"], runs[-1]]),
        File("search, journal", 3, searched, "capacity.jsonl", [["capacity", "--resume", "{folder}"], runs[-1]]),
    ]  # fmt: skip
    if shutil.which("zstd"):
        catalogue += [File("history, inside", 4, one, "history.jsonl.zst", judged[:-1], packed=True)]
        catalogue += [File("history, killed run, inside", 4, killed, "history.jsonl.zst", judged[:-1], packed=True)]
        catalogue += [File("history, live, inside", 5, lived, "history.jsonl.zst", judged, packed=True)]
    return catalogue, lambda: mock.stop()


def certificate():
    """Any certificate that the system trusts, or what looks like one."""
    for place in ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"):
        if Path(place).is_file():
            return "".join(Path(place).read_text().partition("-----END CERTIFICATE-----\n")[:2])
    return "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def opened(settings, number, file, command):
    def attempt(room):
        place = room / file.base.name
        shutil.copytree(file.base, place, ignore=shutil.ignore_patterns("all", "export", "csv", "said", "tmp"))
        target, draw = place / file.name, settings.random("files", number, "damage")
        content = target.read_bytes()
        if file.kind == "dialect":
            before, dialect, after = re.split(rb"(\[dialect.*(?=\[switches\]))", content, flags=re.S)
            dialect, how = damaged(dialect, draw)
            content = before + dialect + after
        elif file.packed:
            plain, how = damaged(zstd(content, "-d"), draw)
            content = zstd(plain, "--check")
        else:
            content, how = damaged(content, draw)
        target.write_bytes(content)
        # A run's folder is opened from outside; whatever else is read lies beside the files that belong to it.
        cwd = room if "{folder}" in command or "." in command else place
        words = [str(word).replace("{folder}", place.name).replace("{}", file.name) for word in command]
        (room / "how.txt").write_text(f"fieldday {' '.join(words)}\nin {cwd.name}: {how}\n")
        # These may go on with hours of honest work from what the file says: then they are interrupted.
        works = command[0] in ("capacity", "conform", "explore", "prove")
        ended = worked(settings, words, room, cwd) if works else run(settings, words, room, LIMIT_S, cwd=cwd)
        return of_ended(room, place, file, ended, how)

    return attempt


def zstd(content, *how):
    return subprocess.run(["zstd", "-q", "-c", *how], input=content, stdout=subprocess.PIPE, check=True).stdout


def worked(settings, words, room, cwd):
    process = Process(settings, words, room, cwd=cwd)
    until = time.monotonic() + LIMIT_S * settings.patience / 2
    while time.monotonic() < until and not process.over():
        time.sleep(0.02)
    process.signal(signal.SIGINT)
    return process.wait(LIMIT_S * settings.patience)


def of_ended(room, place, file, ended, how):
    wrong = [f"{line} ({how})" for line in wrong_with(ended)]
    if ended.timed_out:
        return wrong
    # Where the file was still good enough, what is said next is of something else: that the mock's port is taken.
    elsewhere = "cannot listen on" in ended.stderr
    # With 3 the target is what is wrong, such as a token that it does not take.
    if ended.code == 2 and not elsewhere and file.name not in ended.flat() and place.name not in ended.flat():
        wrong.append(f"the error names no file: {ended.stderr.strip()[:300]!r} ({how})")
    if ended.code in (2, 3) and not ended.stderr.strip():
        wrong.append(f"it ended with {ended.code} and said nothing ({how})")
    if file.kind == "key":
        secrets = [line for line in (file.base / file.name).read_text().splitlines() if len(line) > 40 and "-----" not in line]
        wrong += ["the error shows a part of the key" for line in secrets if line[:24] in ended.stderr][:1]
    if (room / "fdmark").exists() or (place / "fdmark").exists():
        wrong.append("a text of the file was run by a shell")
    # Documents that were written anew from a damaged file are as whole as any.
    if ended.words[0] == "report" and ended.code != 2:
        wrong += [f"{line} ({how})" for line in wrong_files(place) if not line.startswith(file.name)]
    return wrong + left_in_tmp(room)
