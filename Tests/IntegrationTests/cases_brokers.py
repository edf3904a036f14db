"""Cases in which the broker, or the way to it, fails."""

import time

from flights_job import FlightsJob
from jobs import STARTS_AGAIN, wait_for
from registry import case

# What the log says when a job finds out first whether another instance runs.
GIVING_WAY = "waiting whether it goes on with the job"


@case("kafka")
def transaction_times_out_between_manifest_and_commit(broker, dice):
    """Brokers say the same then as if another instance had taken over. There is none, so nothing is waited for."""
    with FlightsJob(broker, "timed-out", count=200_000, properties={"transaction.timeout.ms": 3000}) as job:
        feeder = job.feed_flights(rows_per_s=20_000)
        process = job.start(stop="never", fault="after-manifest@5:sleep=6000")
        wait_for(lambda: STARTS_AGAIN in job.log(), 30, "the job gets over a transaction that timed out", process)
        feeder.finish()
        job.wait_until_all_read(process)
        log = job.log()
        assert "(fenced)" in log, f"the timeout went by unnoticed:\n{log}"
        assert GIVING_WAY not in log, f"the job waits for an instance that is not there:\n{log}"
        job.drain(process)
        job.run_to_end()
        job.check()


@case("kafka")
def an_engine_stands_still_for_longer_than_a_transaction_may(broker, dice):
    """Again and again, at random moments: each time it goes on."""
    with FlightsJob(broker, "stood-still", count=200_000, properties={"transaction.timeout.ms": 2000}) as job:
        feeder = job.feed_flights(rows_per_s=12_000)
        process = job.start(stop="never")
        for _ in range(3):
            wait_for_epochs(job, process)
            time.sleep(dice.uniform(0, 0.5))
            job.pause(process)
            time.sleep(3)
            job.resume(process)
        wait_for_epochs(job, process)
        feeder.finish()
        job.wait_until_all_read(process)
        log = job.log()
        assert STARTS_AGAIN in log, f"the timeouts went by unnoticed:\n{log}"
        assert GIVING_WAY not in log, f"the job waits for an instance that is not there:\n{log}"
        job.drain(process)
        job.run_to_end()
        job.check()


def wait_for_epochs(job, process):
    last = max(job.manifests(), default=0)
    wait_for(lambda: max(job.manifests(), default=0) > last + 1, 30, "the job goes on", process)


# An outage holds up the producers of the flights as well. Were it longer than idle_after, partitions whose producers come
# back late would count as idle, and their rows as late: docs/pipeline-file.md.
PATIENT = {"idle_after": "60s"}


@case("kafka", own="own")
def broker_killed_and_restarted(broker, dice):
    with FlightsJob(broker, "killed-broker", **PATIENT) as job:
        feeder = job.feed_flights(rows_per_s=60_000)
        process = job.start(stop="never")
        time.sleep(2.5)
        broker.kill()
        time.sleep(6)
        broker.start()
        feeder.finish()
        job.wait_until_all_read(process)
        job.drain(process)
        job.run_to_end()
        job.check()


@case("kafka", own="own")
def broker_paused_for_ten_seconds(broker, dice):
    with FlightsJob(broker, "paused-broker", **PATIENT) as job:
        feeder = job.feed_flights(rows_per_s=60_000)
        process = job.start(stop="never")
        time.sleep(2.5)
        broker.pause()
        time.sleep(10)
        broker.resume()
        feeder.finish()
        job.wait_until_all_read(process)
        job.drain(process)
        job.run_to_end()
        job.check()


@case("kafka", own="own")
def broker_paused_while_a_job_starts(broker, dice):
    """For longer than a start's requests wait, at random moments of it: whatever librdkafka calls that, it goes on."""
    with FlightsJob(broker, "paused-start", count=200_000, **PATIENT) as job:
        feeder = job.feed_flights(rows_per_s=12_000)
        for _ in range(2):
            process = job.start(stop="never")
            time.sleep(dice.uniform(0.1, 1.2))
            broker.pause()
            time.sleep(7)
            broker.resume()
            wait_for_epochs(job, process)
            job.kill(process)
        feeder.finish()
        job.run_to_end()
        job.check()


@case("kafka", own="proxied")
def commit_that_never_arrives(broker, dice):
    lose_commits(broker, "lost-commits", "request", times=3)


@case("kafka", own="proxied")
def commit_whose_reply_is_lost(broker, dice):
    lose_commits(broker, "lost-replies", "reply", times=3)


@case("kafka", own="proxied")
def commit_that_is_never_answered(broker, dice):
    # The epoch's time is over before librdkafka gives up: the job has to find out for itself.
    lose_commits(broker, "no-answers", "silence", times=1, timeout="4s")


def lose_commits(broker, name, what, times, **settings):
    """Some commits go wrong in the middle of a run; the engine must get over it by itself."""
    with FlightsJob(broker, name, count=100_000, **settings) as job:
        feeder = job.feed_flights(rows_per_s=15_000)
        process = job.start(stop="never")
        time.sleep(2)
        for _ in range(times):
            broker.proxy.lose(what)
            wait_for(broker.proxy.is_done, 20, f"a commit meets its fate ({what})", process)
            time.sleep(0.7)
        feeder.finish()
        job.wait_until_all_read(process)
        job.drain(process)
        assert broker.proxy.done == [what] * times, broker.proxy.done
        assert what != "silence" or STARTS_AGAIN in job.log(), "the job waited for the answer all the same"
        job.run_to_end()
        job.check()


@case("kafka", own="proxied")
def killed_before_the_reply_to_a_commit(broker, dice):
    with FlightsJob(broker, "killed-unanswered", count=100_000) as job:
        feeder = job.feed_flights(rows_per_s=15_000)
        for kills in range(1, 4):
            process = job.start(stop="never")
            time.sleep(1.5)
            broker.proxy.lose("silence")
            wait_for(lambda: len(broker.proxy.done) == kills, 20, "a commit is not answered", process, pause_s=0.01)
            time.sleep(dice.uniform(0.1, 0.5))
            job.kill(process)
        feeder.finish()
        job.run_to_end()
        job.check()
