"""The cases. Each gets a fresh broker and the seed of the run."""

import signal
import time

from jobs import OPERATORS, FlightsJob, kill_randomly
from run import test

FAULTS = [
    "after-barrier", "after-flush", "after-gate", "after-state", "after-manifest", "after-offsets", "after-commit",
    "after-mark", "after-begin", "after-drop", "after-fence", "after-restore",
]


@test(real=True, development=True)
def bounded_run_is_complete(broker, seed):
    job = FlightsJob(broker)
    job.feed()
    job.run_to_end()
    made = job.check()
    assert sum(made.values()) > 10_000, made
    job.check_dead()
    job.clean()


@test(real=True, development=True)
def random_kills_lose_and_repeat_nothing(broker, seed):
    job = FlightsJob(broker)
    feeder = job.feed_in_background(rows_per_s=9_000)
    kill_randomly(job, kills=30, seed=seed)
    feeder.join()
    job.run_to_end()
    job.check()
    job.check_dead()
    job.clean()


@test(real=True, development=True)
def kills_between_all_steps_of_the_commit(broker, seed):
    job = FlightsJob(broker)
    feeder = job.feed_in_background(rows_per_s=12_000)
    for fault in FAULTS:
        process = job.start(stop="never", fault=f"{fault}+3" if fault.startswith("after-") and fault not in (
            "after-fence", "after-restore") else fault)
        code = process.wait(30)
        assert code == -signal.SIGKILL, f"{fault}: exit code {code}, expected to be killed\n{job.tail()}"
    feeder.join()
    job.run_to_end()
    job.check()
    job.check_dead()
    job.clean()


@test(real=True)
def parallelism_changes_over_restores(broker, seed):
    job = FlightsJob(broker)
    feeder = job.feed_in_background(rows_per_s=40_000)
    for parallelism in (1, 4):
        process = job.start(stop="never", parallelism=parallelism)
        time.sleep(3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, job.tail()
    feeder.join()
    job.run_to_end(parallelism=2)
    job.check()
    job.clean()


@test(real=True)
def broker_killed_and_restarted(broker, seed):
    job = FlightsJob(broker)
    feeder = job.feed_in_background(rows_per_s=60_000)
    process = job.start(stop="never")
    time.sleep(2.5)
    broker.kill()
    time.sleep(1)
    broker.start()
    feeder.join()
    time.sleep(2)
    assert process.poll() is None, f"the engine ended with {process.returncode}\n{job.tail()}"
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0, job.tail()
    job.run_to_end()
    job.check()
    job.clean()


@test(real=True)
def broker_paused_for_ten_seconds(broker, seed):
    job = FlightsJob(broker)
    job.feed()
    process = job.start(stop="end")
    time.sleep(1.5)
    broker.pause()
    time.sleep(10)
    broker.resume()
    assert process.wait(120) == 0, job.tail()
    job.check()
    job.clean()


@test(real=True, development=True)
def version_two_takes_over_while_running(broker, seed):
    job = FlightsJob(broker)
    feeder = job.feed_in_background(rows_per_s=60_000)
    process = job.start(stop="never")
    time.sleep(2.5)
    job.install(OPERATORS / "v2" / "libknock_on_delay.so", "knock_on_delay_2.so")
    feeder.join()
    time.sleep(2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0, job.tail()
    job.run_to_end()
    made = job.check(versions=("1.0.0", "2.0.0"))
    assert made.get("1.0.0", 0) > 0 and made.get("2.0.0", 0) > 0, made
    job.clean()


@test(real=True)
def second_instance_is_refused(broker, seed):
    job = FlightsJob(broker)
    first = job.start(stop="never")
    time.sleep(2)
    assert job.start(stop="never").wait(10) == 3, job.tail()
    first.send_signal(signal.SIGKILL)
    first.wait()
    third = job.start(stop="never")
    time.sleep(2)
    assert third.poll() is None, job.tail()
    third.send_signal(signal.SIGTERM)
    assert third.wait(30) == 0, job.tail()
    job.clean()
