"""Cases about who runs a job: one name started twice by mistake, and a job that moves to another machine."""

import shutil
import time

from flights_job import FlightsJob
from jobs import ALREADY_RUNNING, RECOVERY, wait_for
from registry import case

TAKEN_OVER = "has taken over: it has committed epoch"
MOVED_ON = "The commit record in Kafka names epoch"


def start_and_commit(job):
    last = max(job.manifests(), default=0)
    process = job.start(stop="never")
    wait_for(lambda: max(job.manifests(), default=0) > last + 1, 30, "checkpoints", process)
    return process


def bring(job, there):
    """Copies the checkpoints."""
    shutil.copytree(job.storage, there.storage, ignore=shutil.ignore_patterns("status.sock"))


@case("kafka")
def a_stranger_with_the_jobs_name_is_refused(broker, dice):
    """It has no checkpoints, and finds out only after it has taken the transactional ids: the job takes them back."""
    with FlightsJob(broker, "stranger") as job, job.twin() as stranger:
        feeder = job.feed_flights(rows_per_s=50_000)
        process = start_and_commit(job)
        stranger.expect(stranger.start(stop="never"), RECOVERY, 60)
        assert "is `storage` the place that the job used?" in stranger.log(), stranger.tail()
        last = max(job.manifests())
        wait_for(lambda: max(job.manifests()) > last + 1, 30, "the job goes on", process)
        feeder.finish()
        job.wait_until_all_read(process)
        job.drain(process)
        job.run_to_end()
        job.check()


@case("kafka")
def a_job_that_runs_on_another_machine_too(broker, dice):
    """Started there on a copy of its checkpoints while it still runs here: the newer one has it, the older one ends."""
    for interval in ("50ms", "1s"):
        with FlightsJob(broker, f"twice-{interval}", count=150_000, interval=interval) as job, job.twin() as there:
            feeder = job.feed_flights(rows_per_s=15_000)
            here = start_and_commit(job)
            job.pause(here)
            bring(job, there)
            process = start_and_commit(there)
            job.resume(here)
            job.expect(here, ALREADY_RUNNING, 60)
            assert TAKEN_OVER in job.log(), job.tail()
            feeder.finish()
            there.wait_until_all_read(process)
            there.drain(process)
            there.run_to_end()
            there.check()


@case("kafka")
def two_instances_that_start_together(broker, dice):
    """On copies of one checkpoint directory: each may fence the other in the middle of its start. One goes on."""
    for interval in ("50ms", "1s"):
        with FlightsJob(broker, f"together-{interval}", count=100_000, interval=interval) as job, job.twin() as there:
            feeder = job.feed_flights(rows_per_s=10_000)
            job.kill(start_and_commit(job))
            bring(job, there)
            running = {}
            for one in dice.sample([job, there], 2):
                running[one] = one.start(stop="never")
                time.sleep(dice.uniform(0, 0.3))
            wait_for(lambda: any(process.poll() is not None for process in running.values()), 90, "one of the two ends")
            loser = next(one for one, process in running.items() if process.poll() is not None)
            winner = there if loser is job else job
            # It is fenced, or finds at its start that the other has got on meanwhile.
            reasons = {ALREADY_RUNNING: TAKEN_OVER, RECOVERY: MOVED_ON}
            code = running[loser].returncode
            assert code in reasons and reasons[code] in loser.log(), f"exit code {code}:\n{loser.tail()}"
            feeder.finish()
            winner.wait_until_all_read(running[winner])
            winner.drain(running[winner])
            winner.run_to_end()
            winner.check()


@case("kafka")
def a_job_that_moves_to_another_machine(broker, dice):
    with FlightsJob(broker, "moving") as job, job.twin() as there:
        feeder = job.feed_flights(rows_per_s=50_000)
        process = start_and_commit(job)
        time.sleep(dice.uniform(0, 2))
        job.kill(process)
        bring(job, there)
        restored = max(there.manifests())
        process = start_and_commit(there)
        feeder.finish()
        there.wait_until_all_read(process)
        there.drain(process)
        there.run_to_end()
        there.check()
        assert max(there.manifests()) > restored
        # Back at the old place it finds that it has moved on.
        job.expect(job.start(stop="never"), RECOVERY, 60)
        assert MOVED_ON in job.log(), job.tail()
