"""Cases in which files of a checkpoint are changed behind the engine's back: the start must say which, and write nothing."""

import json
import os
import shutil
import struct
import subprocess

from jobs import ENGINE, RECOVERY, wait_for
from ledger_job import WITH_A_SUM, LedgerJob
from registry import case

FOOTER_SIZE = 56


@case("kafka")
def a_changed_bit_anywhere_in_a_checkpoint_stops_the_start(broker, dice):
    with LedgerJob(broker, "bits", dice, more=WITH_A_SUM, store="rocksdb", interval="2s") as job:
        job.feed_rows(count=60_000).finish()
        process = job.start(stop="never")
        job.wait_until_read(job.rows, process)
        job.drain(process)
        kept = job.dir / "kept"
        shutil.copytree(job.storage, kept)
        for what, path, damage in damages(job, dice):
            damage(path)
            check_refused(broker, job, what, path)
            shutil.rmtree(job.storage)
            shutil.copytree(kept, job.storage)
        job.feed_rows(count=80_000).finish()
        job.run_to_end()
        job.check()


@case("development")
def checkpoint_that_was_set_aside_keeps_its_runs(broker, dice):
    with LedgerJob(broker, "set-aside", dice, retention=2) as job:
        job.feed_rows(count=20_000).finish()
        process = job.start(stop="never")
        job.wait_until_read(job.rows, process)
        job.drain(process)
        newest, feeder = max(job.manifests()), job.feed_rows(rows_per_s=5_000)
        process = job.start(stop="never", arguments=["--assume-epoch", str(newest - 1)])
        wait_for(lambda: min(job.manifests()) > newest + 10, 60, "the epochs of then are long gone", process)
        job.feed_enough(feeder)
        job.drain(process)
        [aside] = (job.storage / job.name).glob("set-aside-*")
        files = json.loads((aside / "manifest.json").read_bytes())["manifest"]["state_files"]
        lost = [f["name"] for f in files if f["kind"] == "run" and not (job.storage / job.name / "state" / f["name"]).exists()]
        assert not lost, f"{aside.name} has lost its runs {lost}"


def damages(job, dice):
    """(what it is called, the file, what to do to it) for every part of every kind of file of the newest checkpoint."""
    epoch = max(job.manifests())
    files = job.manifests()[epoch]["state_files"]
    run = max((f for f in files if f["kind"] == "run"), key=lambda f: f["size"])
    own = next(f for f in files if f["kind"] == "own")
    run_path = job.storage / job.name / "state" / run["name"]
    own_path = job.checkpoint(own.get("epoch", epoch)) / own["name"]
    manifest = job.checkpoint(epoch) / "manifest.json"
    size = run["size"]
    assert size == run_path.stat().st_size, "the manifest is wrong about the run's size"
    index, = struct.unpack_from("<Q", run_path.read_bytes(), size - FOOTER_SIZE)
    assert 8 < index < size - FOOTER_SIZE - 32, "the run has fewer than two blocks: feed more rows"
    parts = {
        "magic": range(0, 8), "first bytes of a block": range(8, 40), "block": range(8, index),
        "index": range(index, size - FOOTER_SIZE), "footer": range(size - FOOTER_SIZE, size)}
    for part, places in parts.items():
        yield f"run's {part}", run_path, flip_in(dice, places)
    yield "run's end", run_path, cut
    yield "run", run_path, os.unlink
    yield "own bytes", own_path, flip_in(dice, range(own["size"]))
    yield "own bytes' end", own_path, cut
    yield "manifest", manifest, flip_in(dice, range(manifest.stat().st_size))
    yield "manifest's end", manifest, cut


def flip_in(dice, places):
    place, bit = dice.choice(places), 1 << dice.randrange(8)

    def flip(path):
        print(f"        {path.name}: bit {bit:#04x} of byte {place}", flush=True)
        content = bytearray(path.read_bytes())
        content[place] ^= bit
        path.write_bytes(content)

    return flip


def cut(path):
    os.truncate(path, path.stat().st_size - 1)


def check_refused(broker, job, what, path):
    """The start ends and names the file; nothing was written, nothing removed."""
    ends, names = broker.end_offsets(job.results), listing(job)
    job.expect(job.start(), RECOVERY, 30)
    log = job.log()
    assert str(path) in log, f"{what}: the message does not name {path}:\n{log}"
    assert "--assume-epoch 0" in log, f"{what}: the message has no choices:\n{log}"
    verified = subprocess.run([ENGINE, "checkpoints", "verify", job.storage / job.name], capture_output=True, text=True)
    assert verified.returncode == RECOVERY, f"{what}: `checkpoints verify` ended with {verified.returncode}"
    assert path.name in verified.stdout, f"{what}: `checkpoints verify` does not name {path}:\n{verified.stdout}"
    assert listing(job) == names, f"{what}: the start changed the storage: {listing(job)}, was {names}"
    assert broker.end_offsets(job.results) == ends, f"{what}: the start wrote results"


def listing(job):
    """All files of the job but RocksDB's."""
    root = job.storage / job.name
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if "scratch" not in p.parts)
