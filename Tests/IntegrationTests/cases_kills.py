"""Cases in which the engine dies: at random, at every step of the commit protocol, while versions change."""

import time

from flights_job import FlightsJob, build_operator, due, is_first_kind, kill_randomly
from jobs import KILLED, wait_for
from registry import case

# Every point that Sources/Engine/FaultPoints.swift has, with when to die there: the third time, or the first where
# an attempt gets there once.
FAULTS = [
    "after-fence", "after-restore", "after-begin+3", "after-barrier+3", "after-flush+3", "after-gate+3", "after-state+3",
    "after-manifest+3", "after-offsets+3", "after-commit+3", "after-mark+3", "after-drop+3",
]


@case("kafka", "development")
def random_kills_lose_and_repeat_nothing(broker, dice):
    with FlightsJob(broker, "random-kills") as job:
        feeder = job.feed_flights(rows_per_s=9_000)
        kill_randomly(job, dice, kills=30)
        feeder.finish()
        job.run_to_end()
        job.check()


@case("kafka", "development")
def kills_between_all_steps_of_the_commit(broker, dice):
    with FlightsJob(broker, "step-kills") as job:
        feeder = job.feed_flights(rows_per_s=12_000)
        for fault in FAULTS:
            job.expect(job.start(stop="never", fault=fault), KILLED, 30)
            point = fault.split("+")[0]
            assert point in job.log(), f"the engine was killed, but not at {point}"
        feeder.finish()
        job.run_to_end()
        job.check()


@case("kafka")
def swaps_back_and_forth_during_random_kills(broker, dice):
    with FlightsJob(broker, "swap-kills", retention=10_000) as job:
        versions = [f"{major}.0.0" for major in range(1, 31)]
        libraries = [build_operator(version, job.dir / "built") for version in versions]
        job.install(libraries[0], "knock_on_delay.so")
        feeder = job.feed_flights(rows_per_s=10_000)
        starts = swap_and_kill(job, dice, libraries[1:])
        feeder.finish()
        job.run_to_end()
        made = job.check(versions=versions)
        by_epoch = job.check_epochs_of_versions()
        seen = list(dict.fromkeys(by_epoch))
        assert seen == [version for version in versions if version in seen], f"versions went back: {seen}"
        live = job.log_path.read_text().count("takes over from")
        assert live > 0 and len(seen) > starts, f"{len(seen)} versions, {live} of them live, in {starts} starts"
        assert any(map(is_first_kind, made)) and not all(map(is_first_kind, made)), made


def swap_and_kill(job, dice, libraries):
    """A newer version every second; kills after 1 to 3 s. Gives how often the engine was started."""
    process, starts = job.start(stop="never"), 1
    swap_at, kill_at = time.monotonic() + 1, time.monotonic() + dice.uniform(1, 3)
    for library in libraries:
        while kill_at < swap_at:
            time.sleep(max(0.0, kill_at - time.monotonic()))
            job.kill(process)
            process, starts = job.start(stop="never"), starts + 1
            kill_at = time.monotonic() + dice.uniform(1, 3)
        time.sleep(max(0.0, swap_at - time.monotonic()))
        job.install(library, "knock_on_delay.so")
        swap_at += 1
    time.sleep(2)
    job.drain(process)
    return starts + 1  # with the run to the end


@case("development")
def at_least_once_loses_nothing(broker, dice):
    with FlightsJob(broker, "at-least-once", guarantee="at_least_once") as job:
        feeder = job.feed_flights(rows_per_s=30_000)
        kill_randomly(job, dice, kills=8)
        feeder.finish()
        job.run_to_end()
        for manifest in job.manifests().values():
            assert (manifest["guarantee"], manifest["commit_point"]) == ("at_least_once", "manifest"), manifest
        check_nothing_lost(job)


@case("development")
def without_guarantee_there_are_no_checkpoints(broker, dice):
    with FlightsJob(broker, "no-guarantee", loaded=True, guarantee="none") as job:
        process = job.start(stop="never")
        wait_for(lambda: sum(broker.end_offsets(job.alerts).values()) > 0, 30, "alerts come", process)
        job.kill(process)
        job.run_to_end()
        assert not job.storage.exists(), f"{job.storage} was made"
        check_nothing_lost(job)


def check_nothing_lost(job):
    """Every alert is there in order, some perhaps again; none is wrong."""
    want, have = due(job.count), job.alerts_by_aircraft()
    for tailnum in sorted(set(want) | set(have)):
        expected = [{**row, "version": "1.0.0"} for row in want.get(tailnum, [])]
        for row in expected:
            del row["first_origin"]
        rows = have.get(tailnum, [])
        wrong = [row for row in rows if row not in expected]
        assert not wrong, f"{tailnum}: not due at all: {wrong[0]}"
        lost = [row for row in expected if row not in rows]
        assert not lost, f"{tailnum}: {len(lost)} of {len(expected)} alerts lost, the first {lost[0]}"
        # After the last start all that follows comes once and in order, so the last of each are in order.
        last = {str(row): index for index, row in enumerate(rows)}
        order = [last[str(row)] for row in expected]
        assert order == sorted(order), f"{tailnum}: out of order"
