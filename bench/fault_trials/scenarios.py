"""Scenarios of live runs that end within seconds, on a machine that does other things meanwhile."""

_REPS = """[people]
reps = 4
tenants = 2
territories = ["{territory}"]
[people.mix]
steady = 1
[tokens]
key = "{key}"
"""
# A generator that falls behind would make a run inconclusive, which is not what is tried here.
_PATIENT = """[live.generator]
late_p99_ms = 60000
lag_p99_ms = 60000
cpu_percent = 100
"""

HURRIED = f"""name = "killed"
about = "Four reps in a hurry."
limits = ["error rate < 50 %"] # what the mock's own trouble comes to is another story
[day]
dates = ["2026-06-10"]
{_REPS}[live]
speed = 6000
linger_s = 1
ramp_s = 1
auditors = false
scales = ["polling"]
{_PATIENT}{{more}}"""

HOSTILE = f"""name = "hostile"
about = "Four reps' morning in a hurry."
[day]
dates = ["2026-06-10"]
leave_home = ["07:00", "07:20"]
{_REPS}[live]
speed = 3000
window = ["06:45", "12:00"]
linger_s = 1
ramp_s = 1
auditors = false
scales = ["polling", "backoff"]
dead_after_s = 8
{_PATIENT}"""

# Read by every command, and damaged.
MANY_KEYS = """# Many keys, so that there is much to damage.
name = "many-keys"
about = "Four reps, and most tables that a scenario may have."
limits = ["p99 < 8 s for PATCH appointments, optional", "error rate < 20 %"]

[day]
dates = ["2026-06-10"]
leave_home = ["07:00", "07:30"]
latest = "17:00"

[people]
reps = 4
tenants = 2
territories = ["{territory}"]

[people.mix]
steady = 1

[tokens]
source = "local"
key = "{key}"
life_s = 60

[data]
users = "users.json"
timeout_s = 60
upload_bytes = 1000

[dialect]
naive_times_are_utc = true
envelopes = ["data", "success", "bare"]

[dialect.names.recording_mode]
full = "normal"

[dialect.also.recording_mode]
off = "ghost"

[dialect.sent.assignee]
sales_rep = "rep"

[dialect.fields]
contact_card_id = "contact_id"

[switches]
accept_422 = true

[contract]
naive-time = "broken"

[live]
speed = 360
linger_s = 1
"""
