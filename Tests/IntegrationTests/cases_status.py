"""Cases about `millrace status`: a running job is asked how it gets on."""

import json
import stat
import subprocess

from copy_job import CopyJob
from flights_job import FlightsJob
from jobs import ENGINE, FAILED, SUCCESS, Job, wait_for
from registry import case


def ask(where, *words, code=SUCCESS):
    """What `millrace status` prints; what it complains of if that is not SUCCESS."""
    done = subprocess.run([ENGINE, "status", str(where), *words], capture_output=True, timeout=60)
    assert done.returncode == code, f"status ended with {done.returncode}, not {code}: {done.stderr.decode()}"
    return (done.stdout if code == SUCCESS else done.stderr).decode()


def status(job):
    return json.loads(ask(job.storage / job.name, "--format", "json"))


def retries(job):
    """What is tried again, but for connections: those are listed for a minute after an error, also of a case before."""
    return [retry for retry in status(job)["retries"] if not retry["what"].startswith("connection ")]


def is_answering(job, process):
    """Whether the job answers yet."""
    assert process.poll() is None, f"the engine ended with {process.returncode}"
    return subprocess.run([ENGINE, "status", job.storage / job.name], capture_output=True, timeout=60).returncode == SUCCESS


def wait_until_answering(job, process):
    wait_for(lambda: (job.storage / job.name / "status.sock").exists() and is_answering(job, process), 30,
             "the job answers", process)


@case("development")
def status_of_a_running_job(broker, dice):
    with FlightsJob(broker, "asked", loaded=True, interval="50ms") as job:
        process = job.start(stop="never")
        wait_until_answering(job, process)
        job.wait_until_all_read(process)
        wait_for(lambda: status(job)["committed_epoch"] > 2, 30, "epochs are shown", process)
        found = status(job)
        assert (found["job"], found["pid"], found["phase"], found["attempts"]) == ("asked", process.pid, "running", 1), found
        assert retries(job) == [], found
        check_steps(job, found)
        check_splits(broker, job, found)
        check_epochs(job, found)
        check_plugins(job, found)
        for where in (job.storage, job.storage / job.name, job.dir / "pipeline.yaml"):
            text = ask(where)
            for word in ("job asked, running for", "flights", "examples.knock_on_delay", "1.0.0"):
                assert word in text, f"{word} is not in\n{text}"
        socket = job.storage / job.name / "status.sock"
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        job.drain(process)
        assert not socket.exists(), "the socket is left behind"
        assert "not-running" in ask(job.storage, code=FAILED)


def check_steps(job, found):
    steps = {step["step"]: step for step in found["steps"]}
    good = sum(key is not None for key, _ in job.messages)
    assert steps["flights"]["rows_out"] == steps["alerts"]["rows_in"] == good, steps
    alerts = sum(len(rows) for rows in job.alerts_by_aircraft().values())
    assert 0 < alerts <= steps["out"]["rows_in"] == steps["alerts"]["rows_out"], (alerts, steps)
    assert [step["kind"] for step in found["steps"]] == ["source", "operator", "sink"], found


def check_splits(broker, job, found):
    splits, ends = found["splits"], broker.end_offsets(job.flights)
    assert {split["partition"]: split["next"] for split in splits} == ends, (splits, ends)
    for split in splits:
        assert split["split"] == f"{job.flights}-{split['partition']}" and split["topic"] == job.flights, split
        assert split["lag"] == 0 and split["end"] == split["next"], split
        assert split["watermark_us"] > 1_357_000_000_000_000 and split["worker"] in (0, 1), split
    assert sum(split["holds_watermark"] for split in splits) <= 1, splits
    wait_for(lambda: status(job).get("window_us", 0) > 0, 10, "rates are told")
    for step in status(job)["steps"]:
        assert 0 <= step["busy_share"] <= 1 and 0 <= step["back_pressure_share"] <= 1 and step["rows_per_s"] >= 0, step


def check_epochs(job, found):
    last = found["last_epoch"]
    assert last["epoch"] <= found["committed_epoch"], found
    assert set(last["phases_us"]) == {"barrier", "flush", "manifest", "commit", "mark"}, last
    assert 0 < sum(last["phases_us"].values()) <= last["duration_us"] < 60_000_000, last
    assert last["size"]["total_bytes"] > 0, last


def check_plugins(job, found):
    versions = {(plugin["step"], plugin["id"]): plugin["version"] for plugin in found["plugins"]}
    assert versions[("alerts", "examples.knock_on_delay")] == "1.0.0", versions
    assert ("flights", "json") in versions and ("out", "utf8") in versions, versions


TIMED = """
topics:
  {source}:
    value: {{ serde: json, fields: {{ at: "timestamp[us, UTC]" }} }}
    event_time: {{ field: at, out_of_orderness: 0s, idle_after: 1h }}
  {target}:
    value: {{ serde: json }}
steps:
  - {{ id: in, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: in, to_topic: {target} }}
"""


@case("development")
def status_names_the_partition_that_holds_the_watermark_back(broker, dice):
    with Job(broker, "held", TIMED, source="in.held", target="out.held") as job:
        broker.create("in.held", 3)
        broker.create("out.held", 1)
        process = job.start(stop="never")
        wait_until_answering(job, process)
        producer = broker.producer()

        def feed(partition, day):
            producer.produce("in.held", value=b'{"at":"2013-01-%02dT00:00:00Z"}' % day, partition=partition)
            assert producer.flush(30) == 0, "the broker does not take the rows"

        def is_held_by(partition):
            return [s["partition"] for s in status(job)["splits"] if s["holds_watermark"]] == [partition]

        for partition, day in enumerate((2, 1, 3)):
            feed(partition, day)
        wait_for(lambda: is_held_by(1), 30, "partition 1 is named", process)
        assert "holds the watermark back" in ask(job.storage)
        feed(1, 4)
        wait_for(lambda: is_held_by(0), 30, "partition 0 is named", process)
        job.drain(process)


@case("development", own="own")
def status_tells_what_is_tried_again(broker, dice):
    with CopyJob(broker, "waiting", interval="100ms") as job:
        process = job.start(stop="never")
        wait_until_answering(job, process)
        wait_for(lambda: status(job)["committed_epoch"] > 1, 30, "epochs", process)
        job.feed_numbers(range(100))
        broker.pause()
        wait_for(lambda: retries(job), 60, "a failing broker is seen", process)
        [retry] = retries(job)
        assert retry["count"] > 0 and retry["last_error"] and 0 <= retry["last_age_us"] <= retry["age_us"], retry
        assert "tried again" in ask(job.storage), "the table does not tell"
        broker.resume()
        wait_for(lambda: not retries(job), 60, "the retries are over", process)
        job.drain(process)
        job.run_to_end()
        job.check(range(100))


@case("development")
def status_after_a_kill(broker, dice):
    """The socket of a killed job is not taken for a running one, and the next owner replaces it."""
    with CopyJob(broker, "killed") as job:
        process = job.start(stop="never")
        wait_until_answering(job, process)
        job.kill(process)
        assert (job.storage / job.name / "status.sock").exists(), "this tests nothing: a kill removes the socket"
        assert "not-running" in ask(job.storage, code=FAILED)
        process = job.start(stop="never")
        wait_until_answering(job, process)
        assert status(job)["pid"] == process.pid
        job.drain(process)


@case("kafka", own="own")
def status_names_a_connection_that_fails(broker, dice):
    with CopyJob(broker, "cut-off", interval="100ms") as job:
        process = job.start(stop="never")
        wait_until_answering(job, process)
        wait_for(lambda: status(job)["committed_epoch"] > 1, 30, "epochs", process)
        broker.kill()

        def is_named():
            return any(r["what"] == "connection kafka" and "FAIL" in r["last_error"] for r in status(job)["retries"])

        wait_for(is_named, 60, "the connection is named", process)
        broker.start()
        job.feed_numbers(range(100))
        job.drain(process)
        job.run_to_end()
        job.check(range(100))
