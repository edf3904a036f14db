"""Cases in which a disk is full or fails."""

import time

from disks import SmallDisk, io_faults
from jobs import FAILED, STARTS_AGAIN, wait_for
from ledger_job import LedgerJob, state_setting
from registry import case

MIB = 1 << 20
FULL = "No space left on device"


@case("kafka")
def checkpoint_disk_full_for_a_while(broker, dice):
    with LedgerJob(broker, "full", dice) as job, SmallDisk(job.storage, 256 * MIB) as disk:
        feeder, process = job.feed_rows(rows_per_s=6_000), job.start(stop="never")
        wait_for(lambda: len(job.manifests()) > 2, 30, "some checkpoints", process)
        disk.fill(leaving=300_000)
        wait_for(lambda: FULL in job.log(), 30, "the disk is full", process)
        stopped_at = max(job.manifests())
        time.sleep(3)
        assert max(job.manifests()) <= stopped_at + 1, "epochs went on without room for checkpoints"
        assert str(job.storage) in job.log(), "the log does not name the disk"
        disk.make_room()
        wait_for(lambda: max(job.manifests()) > stopped_at + 5, 30, "epochs go on once there is room", process)
        assert STARTS_AGAIN not in job.log(), "the job started again, though it only had to wait"
        job.feed_enough(feeder)
        job.wait_until_read(job.rows, process)
        job.drain(process)
        job.check_storage()
        job.run_to_end()
        job.check()


@case("kafka")
def checkpoint_disk_full_for_too_long(broker, dice):
    with LedgerJob(broker, "full-too-long", dice, timeout="3s") as job, SmallDisk(job.storage, 256 * MIB) as disk:
        feeder, process = job.feed_rows(rows_per_s=6_000), job.start(stop="never")
        wait_for(lambda: len(job.manifests()) > 2, 30, "some checkpoints", process)
        disk.fill(leaving=300_000)
        # A slow machine may have an epoch given up for that alone.
        wait_for(lambda: STARTS_AGAIN in job.log().partition(FULL)[2], 30, "the epoch is given up as the disk is full", process)
        job.kill(process)
        disk.make_room()
        process = job.start(stop="never", timeout="60s")
        job.feed_enough(feeder)
        job.wait_until_read(job.rows, process)
        job.drain(process)
        job.run_to_end()
        job.check()
        job.check_storage()


@case("kafka")
def scratch_disk_full(broker, dice):
    with LedgerJob(broker, "scratch-full", dice) as job, SmallDisk(job.dir / "scratch", 8 * MIB) as disk:
        state = state_setting("rocksdb", directory=disk.path)
        feeder, process = job.feed_rows(rows_per_s=15_000), job.start(stop="never", state=state)
        job.expect(process, FAILED, 60)
        log = job.log()
        assert str(disk.path) in log and FULL in log, f"the reason or the path is not in the log:\n{log}"
        disk.grow(512 * MIB)
        job.feed_enough(feeder)
        job.run_to_end(state=state)
        job.check()
        job.check_storage()


@case("kafka")
def file_operations_of_checkpoints_that_fail(broker, dice):
    with LedgerJob(broker, "eio", dice) as job:
        feeder = job.feed_rows(rows_per_s=6_000)
        for call in ("write", "sync", "rename"):
            faults = io_faults(job.storage / job.name, call, at=dice.randint(5, 25), count=dice.randint(1, 4))
            process = job.start(stop="never", environment_more=faults)
            wait_for(lambda: "io_faults: " in job.log(), 30, f"a {call} fails", process)
            before = max(job.manifests(), default=0)
            wait_for(lambda: max(job.manifests(), default=0) > before + 3, 30, f"epochs go on after a failed {call}",
                     process)
            job.kill(process)
        job.feed_enough(feeder)
        job.run_to_end()
        job.check()
        job.check_storage()


@case("kafka")
def writes_of_the_cold_store_that_fail(broker, dice):
    with LedgerJob(broker, "cold-eio", dice, store="rocksdb") as job:
        feeder = job.feed_rows(rows_per_s=20_000)
        scratch = job.storage / job.name / "scratch"
        for call in ("write", "sync"):
            # Only tables: where its own log of files can't be written, Debian's RocksDB dies of an assertion.
            faults = io_faults(scratch, call, at=dice.randint(1, 20 if call == "write" else 2), count=1_000_000, name=".sst")
            process = job.start(stop="never", environment_more=faults)
            job.expect(process, FAILED, 60)
            log = job.log()
            assert "Input/output error" in log.split("error: ")[-1] and str(scratch) in log, (
                f"the reason or the path is not in the log:\n{log}")
        job.feed_enough(feeder)
        job.run_to_end()
        job.check()
        job.check_storage()
