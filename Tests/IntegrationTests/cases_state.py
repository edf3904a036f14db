"""Cases about state that is larger than memory, and checkpoints of what changed."""

import time

from jobs import USAGE, wait_for
from large_state_kills import prove
from ledger_job import LedgerJob
from registry import case
from soak import soak


@case("kafka")
def kills_with_state_on_disk_lose_and_repeat_nothing(broker, dice):
    prove(broker, dice, "rocksdb", kills=12)


@case("kafka")
def kills_with_state_in_memory_lose_and_repeat_nothing(broker, dice):
    prove(broker, dice, "memory", kills=12)


@case("kafka")
def state_on_disk_moves_between_workers(broker, dice):
    with LedgerJob(broker, "rescaled", dice, store="rocksdb") as job:
        feeder = job.feed_rows(rows_per_s=15_000)
        for parallelism in (2, 4, 1, 3):
            process = job.start(stop="never", parallelism=parallelism)
            time.sleep(2)
            job.drain(process)
            manifests = job.manifests()
            assert manifests[max(manifests)]["parallelism"] == parallelism
        job.feed_enough(feeder)
        job.run_to_end(parallelism=2)
        job.check()
        job.check_storage()


@case("kafka")
def other_key_groups_are_refused(broker, dice):
    with LedgerJob(broker, "key-groups", dice) as job:
        job.feed_rows(count=5_000).finish()
        job.run_to_end()
        job.expect(job.start(key_groups=64), USAGE, 30)
        log = job.log()
        assert "key_groups is 64" in log and "128" in log, f"the refusal does not say why:\n{log}"
        job.run_to_end()
        job.check()


@case("kafka")
def time_to_live_goes_on_over_evictions_and_restarts(broker, dice):
    # All of a key lives for ten hours, its last payload for three seconds.
    with LedgerJob(broker, "ttl", dice, store="rocksdb", keys=20_000, lifetimes={"LAST_TTL_MS": 3000}) as job:
        job.feed(job.rows, [job.row(key) for key in range(job.keys)]).finish()
        process = job.start(stop="never")
        job.wait_until_read(job.rows, process)
        job.kill(process)
        time.sleep(3.5)
        forgotten = len(job.sent)
        job.feed(job.rows, [job.row(key) for key in range(job.keys)]).finish()
        job.run_to_end()
        job.check(forgets_last_before=forgotten)


@case("kafka")
def compaction_keeps_chains_short(broker, dice):
    with LedgerJob(broker, "chains", dice, interval="50ms") as job:
        feeder, longest = job.feed_rows(rows_per_s=5_000), 0
        process = job.start(stop="never")
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            longest = max([longest, *job.chains().values()] if job.manifests() else [0])
            time.sleep(0.2)
        job.feed_enough(feeder)
        wait_for(lambda: max(job.manifests()) > 40, 30, "40 epochs", process)
        job.drain(process)
        assert 1 < longest <= 60, f"a chain of {longest} runs"
        job.run_to_end()
        job.check()
        job.check_storage()


@case("development")
def a_minute_at_full_rate_uses_no_more_and_more(broker, dice):
    soak(broker, minutes=1, store="rocksdb")
