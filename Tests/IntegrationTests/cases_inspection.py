"""Cases about looking into checkpoints and state from outside, beside a running job and after it."""

import json
import subprocess
from collections import namedtuple
from datetime import datetime, timezone

import pyarrow as pa

from flights_job import FlightsJob, load_flights, oracle
from jobs import ENGINE, FAILED, RECOVERY, SUCCESS, USAGE, wait_for
from registry import case

DAY_US = 24 * 3600 * 1_000_000
Aircraft = namedtuple("Aircraft", "scheduled_us arrival_delay chain_length")


def millrace(*words, code=SUCCESS):
    """What a command prints."""
    done = subprocess.run([ENGINE, *map(str, words)], capture_output=True, timeout=60)
    assert done.returncode == code, f"{words} ended with {done.returncode}, not {code}: {done.stderr.decode()}"
    return done.stdout


def lines(*words):
    return [json.loads(line) for line in millrace(*words, "--format", "json").splitlines()]


def instant_us(text):
    format_ = "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ"
    seconds = datetime.strptime(text, format_).replace(tzinfo=timezone.utc)
    return round(seconds.timestamp() * 1_000_000)


def last_flights():
    """What the operator should have of each aircraft after all flights, timers aside."""
    found = {}
    for tailnum, rows in oracle.flown(load_flights()).items():
        last = rows[-1]
        scheduled = int(oracle.instant(last["scheduled_departure"]).replace(tzinfo=timezone.utc).timestamp()) * 1_000_000
        length = len(oracle.chains(rows, oracle.LATE_MINUTES)[-1]) - 1
        found[tailnum] = Aircraft(scheduled, last["arrival_delay"] or 0, length)
    return found


def check_aircraft(job, rows):
    """`rows`, as JSON has them, are the last flights of those aircraft whose timer has not fired."""
    want = last_flights()
    found = {
        row["tailnum"]: Aircraft(
            instant_us(row["aircraft.scheduled"]), row["aircraft.arrival_delay"], row["aircraft.chain_length"])
        for row in rows}
    assert len(found) == len(rows), "an aircraft comes twice"
    assert all(want[tailnum] == aircraft for tailnum, aircraft in found.items()), "other flights"
    for row in rows:
        due_us = instant_us(row["aircraft.scheduled"]) + DAY_US
        assert [(timer["kind"], instant_us(timer["time"])) for timer in row["timers"]] == [("event", due_us)], row
    [manifest] = lines("checkpoints", "show", job.storage)
    marks = [source["watermark_us"] for source in manifest["sources"]]
    missing = {tailnum for tailnum in set(want) - set(found) if want[tailnum].scheduled_us + DAY_US > max(marks)}
    assert not missing, f"lost: {sorted(missing)[:5]} of {len(missing)}, {len(found)} there, watermarks {marks}"
    assert found, "no aircraft at all"


def check_arrow(job, rows):
    """pyarrow reads the same in the stream."""
    stream = millrace("state", "scan", job.storage, "--step", "alerts", "--format", "arrow")
    with pa.ipc.open_stream(stream) as reader:
        table = reader.read_all()
    table.validate(full=True)
    assert str(table.schema.field("aircraft.scheduled").type) == "timestamp[us, tz=UTC]", table.schema
    assert str(table.schema.field("aircraft.first_origin").type) == "fixed_size_binary[15]", table.schema
    assert table.column("tailnum").to_pylist() == [row["tailnum"] for row in rows]
    assert table.column("aircraft.chain_length").to_pylist() == [row["aircraft.chain_length"] for row in rows]
    kinds = [[timer["kind"] for timer in timers] for timers in table.column("timers").to_pylist()]
    assert kinds == [["event"]] * len(rows), kinds[:5]


def check_looks(job, rows):
    """Single keys, key groups and counts agree with the whole."""
    row = rows[len(rows) // 2]
    assert lines("state", "get", job.storage, "--step", "alerts", "--key", row["tailnum"]) == [row]
    millrace("state", "get", job.storage, "--step", "alerts", "--key", "no such aircraft", code=FAILED)
    millrace("state", "scan", job.storage, "--step", "nowhere", code=USAGE)
    halves = [lines("state", "scan", job.storage, "--step", "alerts", "--group", group) for group in ("0-63", "64-127")]
    assert halves[0] + halves[1] == rows, "the key groups' halves are not the whole"
    counts = {(entry["state"], entry["kind"]): entry["keys"] for entry in lines("state", "list", job.storage)}
    assert counts == {("aircraft", "value"): len(rows), (None, "timers"): len(rows), (None, "all keys"): len(rows)}, counts


def check_damage(job):
    """A byte that changes in any run is found, and named."""
    [manifest] = lines("checkpoints", "show", job.storage)
    millrace("checkpoints", "verify", job.storage)
    for name in {file["name"] for file in manifest["state_files"] if file["kind"] == "run"}:
        path = job.storage / job.name / "state" / name
        whole = path.read_bytes()
        path.write_bytes(whole[:20] + bytes([whole[20] ^ 1]) + whole[21:])
        text = millrace("checkpoints", "verify", job.storage, code=RECOVERY).decode()
        assert f"{path}: checksum mismatch in block 0 at byte 8" in text, text
        path.write_bytes(whole)


@case("development")
def state_is_shown_as_the_job_left_it(broker, dice):
    with FlightsJob(broker, "inspected", loaded=True) as job:
        process = job.start(stop="never")  # at the end of a bounded run all timers fire, and nothing would be left
        job.wait_until_all_read(process)
        job.drain(process)
        job.check()
        rows = lines("state", "scan", job.storage, "--step", "alerts")
        check_aircraft(job, rows)
        check_arrow(job, rows)
        check_looks(job, rows)
        check_damage(job)


@case("development")
def looking_does_not_disturb_a_running_job(broker, dice):
    with FlightsJob(broker, "watched", loaded=True, interval="50ms", retention=1) as job:
        process = job.start(stop="never", parallelism=2)
        wait_for(job.manifests, 30, "a first checkpoint", process)
        for _ in range(20):
            millrace("checkpoints", "verify", job.storage)
            assert lines("checkpoints", "list", job.storage), "no checkpoint is listed"
            millrace("state", "list", job.storage)
            millrace("state", "scan", job.storage, "--step", "alerts", "--limit", 10)
        job.drain(process)
        job.run_to_end()
        job.check()
