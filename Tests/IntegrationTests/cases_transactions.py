"""Cases about what a job leaves behind at the brokers: transactions, and the commit record when brokers have forgotten it."""

import time

from confluent_kafka.admin import AdminClient

from copy_job import CopyJob
from jobs import KILLED, RECOVERY, wait_for
from kafka_tools import OPEN, check_none_is_open, transactions
from registry import case

def feed(job, numbers):
    """Eight seconds of rows, so many that each epoch of 200 ms has some: only then do brokers know of a transaction."""
    return job.feed(job.source, ((None, b'{"n":%d}' % n) for n in numbers), rows_per_s=5_000)


@case("kafka")
def no_transaction_is_left_behind_by_kills(broker, dice):
    """Whatever the job dies in, and whatever its parallelism is afterwards."""
    with CopyJob(broker, "hanging") as job:
        numbers, were_open = 0, 0
        for fault in ("after-begin+3", "after-flush+3", "after-offsets+3", "after-commit+3", None):
            feeder = feed(job, range(numbers, numbers + 40_000))
            numbers += 40_000
            process = job.start(stop="never", fault=fault, parallelism=dice.randrange(1, 5))
            if fault:
                job.expect(process, KILLED, 30)
            else:
                time.sleep(1 + dice.random())
                job.kill(process)
            feeder.finish()
            were_open += bool(OPEN & set(transactions(broker, job).values()))
        assert were_open >= 2, "this tests nothing: kills leave no transaction open"
        process = job.start(stop="never", parallelism=3)
        job.wait_until_read(job.source, process)
        job.drain(process)
        check_none_is_open(broker, job)
        job.check(range(numbers))


@case("kafka")
def a_weaker_guarantee_ends_what_a_stronger_one_left_open(broker, dice):
    with CopyJob(broker, "weakened") as job:
        feeder = feed(job, range(40_000))
        job.expect(job.start(stop="never", fault="after-flush+5"), KILLED, 30)
        feeder.finish()
        assert OPEN & set(transactions(broker, job).values()), "this tests nothing: no transaction is open"
        job.run_to_end(guarantee="at_least_once")
        check_none_is_open(broker, job)
        assert set(job.numbers()) == set(range(40_000)), "rows are lost"


def forget_record(broker, job):
    """What brokers do with a group after `offsets.retention.minutes`."""
    admin = AdminClient(broker.client())
    for future in admin.delete_consumer_groups([f"{job.name}.epochs"]).values():
        future.result(30)


@case("kafka")
def a_forgotten_record_is_not_needed_if_the_newest_checkpoint_counts(broker, dice):
    with CopyJob(broker, "forgotten") as job:
        for numbers in (range(300), range(300, 600)):
            job.feed_numbers(numbers)
            job.run_to_end()
            forget_record(broker, job)
        job.check(range(600))
        job.run_to_end()
        forget_record(broker, job)
        job.run_to_end()  # Without new rows too.
        job.check(range(600))


@case("kafka")
def a_forgotten_record_and_a_prepared_epoch_are_the_users_choice(broker, dice):
    """Before the commit the prepared epoch's results are not visible, after it they are: `visible` says which to choose."""
    for fault, visible in (("after-manifest+5", False), ("after-commit+5", True)):
        with CopyJob(broker, f"undecided-{int(visible)}") as job:
            job.feed_numbers(range(300))
            job.run_to_end()
            feeder = feed(job, range(300, 40_000))
            job.expect(job.start(stop="never", fault=fault), KILLED, 30)
            feeder.finish()
            committed = max(job.manifests())
            prepared = max(int(path.name.split("-")[1]) for path in (job.storage / job.name).glob("epoch-*"))
            assert prepared == committed + 1, (prepared, committed)
            # The other id may have a transaction with rows of the epoch after.
            own = f"{job.name}-{prepared % 2}"
            wait_for(lambda: transactions(broker, job).get(own) not in OPEN or not visible, 30, "the commit is through")
            forget_record(broker, job)
            before = broker.end_offsets(job.target)
            job.expect(job.start(), RECOVERY, 30)
            log = job.log()
            for words in ("no commit record", f"epoch {prepared} is prepared but not marked",
                          f"--assume-epoch {prepared} ", f"--assume-epoch {committed} ", "--assume-epoch 0"):
                assert words in log, f"{words} is not in:\n{log}"
            job.run_to_end(arguments=["--assume-epoch", str(prepared if visible else committed)])
            assert broker.end_offsets(job.target) != before, "nothing was committed"
            job.check(range(40_000))
            check_none_is_open(broker, job)
