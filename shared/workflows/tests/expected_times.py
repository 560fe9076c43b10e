"""The times of schedules around changes of the clock, by Python's zoneinfo: prints tests/zoneinfo.json.

Vixie cron's rules, by looking at every minute. Where minute or hour is no single number, a time is each minute of
real time whose clock shows it. Where both are single numbers, it is the first minute whose clock shows it, or, on a day
whose clock skips it, the first minute after the gap.
"""

import json
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
CASES = [
    (zone, cron, start)
    for zone, starts in {
        "Europe/Berlin": ["2026-03-28T00:00", "2026-10-24T00:00"],
        "America/New_York": ["2026-03-07T00:00", "2026-10-31T00:00"],
        "Australia/Lord_Howe": ["2026-04-04T00:00", "2026-10-03T00:00"],
        "America/Sao_Paulo": ["2026-02-14T00:00", "2018-11-03T00:00"],
    }.items()
    for start in starts
    for cron in ["30 2 * * *", "0 2 * * *", "45 1 * * *", "0 0 * * *", "15 * * * *", "*/20 * * * *", "0 7 * * 0", "30 1-3 * * *"]
]


def field(text, low, high):
    if text == "*":
        return set(range(low, high + 1))
    if text.startswith("*/"):
        return set(range(low, high + 1, int(text[2:])))
    first, _, last = text.partition("-")
    return set(range(int(first), int(last or first) + 1))


def times(zone, cron, start):
    zone = ZoneInfo(zone)
    minute, hour, _, _, weekday = cron.split()
    repeats = not (minute.isdigit() and hour.isdigit())
    minutes, hours, weekdays = field(minute, 0, 59), field(hour, 0, 23), field(weekday, 0, 6)
    at = datetime.fromisoformat(start).replace(tzinfo=timezone.utc)
    found, done, before = [], set(), None
    for _ in range(4 * 24 * 60):
        local = at.astimezone(zone).replace(tzinfo=None)
        if before is None:
            before = (at - MINUTE).astimezone(zone).replace(tzinfo=None)
        # What the clock shows, and what it skipped on the way here.
        shown = [local]
        if not repeats:
            skipped = before + MINUTE
            while skipped < local:
                shown.append(skipped)
                skipped += MINUTE
        for wall in shown:
            is_due = wall.minute in minutes and wall.hour in hours and wall.isoweekday() % 7 in weekdays
            if is_due and (repeats or wall not in done):
                done.add(wall)
                if at not in found:
                    found.append(at)
        before = local
        at += MINUTE
    return [time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in found]


print("[")
rows = [
    json.dumps({"zone": zone, "cron": cron, "after": start + ":00Z", "times": times(zone, cron, start)})
    for zone, cron, start in CASES
]
print(",\n".join(rows))
print("]")
