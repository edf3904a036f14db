"""Cases about how a job starts and ends: bounded runs, restarts, refusals, where reading begins."""

import fcntl
import os
import shutil
import signal
import time
from pathlib import Path

from clocks import Clock
from copy_job import CopyJob
from flights_job import FlightsJob
from jobs import ALREADY_RUNNING, INTERRUPTED, KILLED, RECOVERY, wait_for
from registry import case


@case("kafka", "development")
def bounded_run_is_complete(broker, dice):
    with FlightsJob(broker, "bounded", loaded=True) as job:
        job.run_to_end()
        assert sum(job.check().values()) > 10_000


@case("kafka")
def parallelism_changes_over_restores(broker, dice):
    with FlightsJob(broker, "parallelism") as job:
        feeder = job.feed_flights(rows_per_s=40_000)
        for parallelism in (1, 4):
            process = job.start(stop="never", parallelism=parallelism)
            time.sleep(3)
            job.drain(process)
            assert {m["parallelism"] for m in list(job.manifests().values())[-1:]} == {parallelism}
        feeder.finish()
        job.run_to_end(parallelism=2)
        job.check()


@case("kafka")
def second_instance_is_refused(broker, dice):
    with FlightsJob(broker, "instances", loaded=True) as job:
        first = job.start(stop="never")
        wait_for(job.manifests, 30, "a first checkpoint", first)
        second = job.start(stop="never")
        job.expect(second, ALREADY_RUNNING, 10)
        assert f"pid {first.pid}" in job.log(), "the refusal does not name the owner"
        last = max(job.manifests())
        job.kill(first)
        third = job.start(stop="never")
        wait_for(lambda: max(job.manifests()) > last + 1, 15, "the next instance commits epochs", third)
        job.drain(third)
        job.run_to_end()
        job.check()


@case("kafka")
def clock_set_back_during_a_start(broker, dice):
    """At any moment of it, also while brokers still end the transaction of an instance that was killed."""
    with FlightsJob(broker, "set-back", count=150_000) as job:
        clock = Clock(job.dir)
        feeder = job.feed_flights(rows_per_s=8_000)
        for turn in range(5):
            clock.set(3600)
            last = max(job.manifests(), default=0)
            process = job.start(stop="never", environment_more=clock.environment)
            time.sleep(dice.uniform(0.05, 1.5))
            clock.set(-3600 * (turn % 2))
            wait_for(lambda: max(job.manifests(), default=0) > last + 1, 30, "the start commits epochs", process)
            job.kill(process)
        feeder.finish()
        job.run_to_end()
        job.check()


@case("kafka")
def damaged_or_missing_checkpoint_stops_the_start(broker, dice):
    with FlightsJob(broker, "damaged") as job:
        half = job.count // 2
        job.feed_flights(last=half).finish()
        process = job.start(stop="never")
        job.wait_until_all_read(process)
        time.sleep(1)  # Several epochs without rows: each of them is as good a start.
        job.drain(process)
        newest = max(job.manifests())
        kept = job.dir / "kept"
        shutil.copytree(job.storage, kept)
        for damage in (remove_directory, remove_manifest, change_manifest):
            damage(job.checkpoint(newest))
            check_refused(broker, job, damage.__name__, newest)
            shutil.rmtree(job.storage)
            shutil.copytree(kept, job.storage)
        remove_directory(job.checkpoint(newest))
        job.feed_flights(first=half).finish()
        job.run_to_end(arguments=["--assume-epoch", str(newest - 1)])
        job.check()


def check_refused(broker, job, damage, newest):
    """The start ends with the choices; nothing was written. Damaged state files: cases_damage.py."""
    before = {topic: broker.end_offsets(topic) for topic in (job.alerts, job.dead)}
    names = sorted(os.listdir(job.storage / job.name))
    job.expect(job.start(), RECOVERY, 30)
    log = job.log()
    assert f"epoch {newest}" in log, f"{damage}: the message does not name epoch {newest}:\n{log}"
    for choice in (f"--assume-epoch {newest - 1}", "--assume-epoch 0"):
        assert choice in log, f"{damage}: the message lacks {choice}:\n{log}"
    assert sorted(os.listdir(job.storage / job.name)) == names, f"{damage}: the start changed the storage"
    assert {topic: broker.end_offsets(topic) for topic in before} == before, f"{damage}: the start wrote results"


def remove_directory(checkpoint: Path):
    shutil.rmtree(checkpoint)


def remove_manifest(checkpoint: Path):
    (checkpoint / "manifest.json").unlink()


def change_manifest(checkpoint: Path):
    path = checkpoint / "manifest.json"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@case("development")
def stop_signal_drains_and_a_restart_goes_on(broker, dice):
    with FlightsJob(broker, "drained") as job:
        feeder = job.feed_flights(rows_per_s=50_000)
        for _ in range(3):
            process = job.start(stop="never")
            time.sleep(dice.uniform(1, 2))
            job.drain(process, timeout_s=15)
            manifests = job.manifests()
            read = {p["partition"]: p["next_offset"] for p in manifests[max(manifests)]["sources"]}
            assert broker.committed(job.name, job.flights) == read, "the last checkpoint is not what the group shows"
        feeder.finish()
        job.run_to_end()
        job.check()


@case("development")
def second_stop_signal_ends_at_once(broker, dice):
    with FlightsJob(broker, "interrupted", loaded=True) as job:
        process = job.start(stop="never")
        wait_for(job.manifests, 30, "a first checkpoint", process)
        broker.pause()  # So it can't drain.
        try:
            process.send_signal(signal.SIGTERM)
            time.sleep(1)
            assert process.poll() is None, f"it drained without a broker: {process.returncode}"
            process.send_signal(signal.SIGTERM)
            job.expect(process, INTERRUPTED, 2)
        finally:
            broker.resume()
        job.run_to_end()
        job.check()


@case("development")
def clean_end_leaves_nothing(broker, dice):
    with FlightsJob(broker, "leftovers", loaded=True) as job:
        for fault in ("after-state+2", "after-manifest+2"):
            job.expect(job.start(stop="never", fault=fault), KILLED, 30)
        process = job.start(stop="never")
        wait_for(lambda: "restored" in job.log(), 30, "it has started", process)  # all may be read already
        job.wait_until_all_read(process)
        job.drain(process)
        check_nothing_left(job)
        job.run_to_end()
        check_nothing_left(job)


def check_nothing_left(job):
    litter = [path for path in job.dir.rglob("*")
              if path.name.endswith((".tmp", ".part")) or path.name.startswith(".trash-")]
    assert not litter, f"left behind: {litter}"
    epochs = sorted((job.storage / job.name).glob("epoch-*"))
    assert len(epochs) == 3, f"3 checkpoints are to be kept, {len(epochs)} are there"
    for epoch in epochs:
        assert {"committed", "manifest.json"} <= set(os.listdir(epoch)), f"{epoch} is no whole checkpoint"
    with open(job.storage / job.name / "owner.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # Raises if somebody has it.
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue  # It has ended meanwhile.
        assert str(job.dir).encode() not in words, f"process {entry.name} is left: {words}"


@case("development")
def start_latest_reads_what_comes_after(broker, dice):
    with CopyJob(broker, "latest", start="latest") as job:
        check_reads_from_the_end(broker, job)


@case("development")
def start_committed_or_latest_without_offsets(broker, dice):
    with CopyJob(broker, "no-offsets", start="committed_or_latest") as job:
        check_reads_from_the_end(broker, job)


def check_reads_from_the_end(broker, job):
    job.feed_numbers(range(100))
    process = job.start(stop="never")
    job.wait_until_started(job.source, process)
    job.feed_numbers(range(100, 200))
    job.wait_until_read(job.source, process)
    assert broker.committed(job.name, job.source) == broker.end_offsets(job.source)
    job.drain(process)
    job.check(range(100, 200))


@case("development")
def start_committed_goes_on_from_the_groups_offsets(broker, dice):
    for word in ("earliest", "latest"):
        with CopyJob(broker, f"offsets-or-{word}", start=f"committed_or_{word}") as job:
            job.feed_numbers(range(300))
            # Partition 2 has no offset: there the word after "or" counts.
            broker.commit(job.name, job.source, {0: 50, 1: 100})
            job.run_to_end()
            unread = [n for n in range(300) if n % 3 == 0 and n // 3 >= 50]
            job.check(unread + ([n for n in range(300) if n % 3 == 2] if word == "earliest" else []))


@case("development")
def start_is_only_for_a_job_without_checkpoints(broker, dice):
    with CopyJob(broker, "restart-latest", start="latest") as job:
        process = job.start(stop="never")
        job.wait_until_started(job.source, process)
        job.drain(process)
        job.feed_numbers(range(60))  # While it is down.
        job.run_to_end()
        job.check(range(60))
