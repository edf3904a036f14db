"""Cases about who runs a job: one name started twice by mistake, and a job that moves to another machine."""

import shutil
import time

from flights_job import FlightsJob
from jobs import RECOVERY, wait_for
from registry import case


def start_and_commit(job):
    process = job.start(stop="never")
    wait_for(lambda: len(job.manifests()) > 1, 30, "checkpoints", process)
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
        assert "The commit record in Kafka names epoch" in job.log(), job.tail()
