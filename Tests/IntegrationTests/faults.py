"""What may go wrong between a job and a cluster of three brokers, and the proof that nothing comes of it.

A fault is a function of a `Scene`. It says for how long rows come, does its harm meanwhile, and leaves the rest to `prove`:
that mends the cluster, lets the job read all there is, and compares all that it made with what was due.
"""

import time
from dataclasses import dataclass, field
from typing import Callable

from clocks import Clock
from cluster import NODES
from flights_job import PARTITIONS, FlightsJob, due
from jobs import FAILED, wait_for
from kafka_tools import check_transactions
from keeper import Keeper

# Rows of a case, however long it takes to send them.
COUNT = 48_000
# Longer than any fault: see idle_after in docs/pipeline-file.md.
IDLE_AFTER = "10m"
INTERVALS = ("50ms", "1s")


@dataclass
class Scene:
    """One case. `is_long`: outages are as long as they are in life, not as short as they can be."""

    cluster: object
    job: object
    dice: object
    keeper: Keeper
    is_long: bool
    feeders: list = field(default_factory=list)
    clock: Clock | None = None

    def feed(self, seconds, first=0, last=None):
        """Sends flights `first` to `last` in about so many seconds, beside what comes next."""
        rows = (self.job.count if last is None else last) - first
        self.feeders.append(self.job.feed_flights(rows / seconds, first, last))

    def span(self, short_s, long_s):
        return long_s if self.is_long else short_s

    def wait(self, short_s, long_s=None):
        """Waits while the job runs."""
        end = time.monotonic() + self.span(short_s, long_s or short_s)
        self.keeper.wait_for(lambda: time.monotonic() >= end, 1000, "time passes")

    def some_leader(self):
        """A node that leads a partition that is read."""
        return self.cluster.leader(self.job.flights, self.dice.randrange(PARTITIONS))

    def some_coordinator(self):
        """A node that coordinates the transactions of one of the job's producers."""
        return self.cluster.coordinator(f"{self.job.name}-{self.dice.randrange(2)}")

    def node(self):
        return self.dice.choice((self.some_leader, self.some_coordinator))()


@dataclass
class Fault:
    """`settings`: of the job; `is_through_proxies`: the job reaches the brokers so. `proof`: what to do instead of
    `prove` where the job does not survive the fault."""

    function: Callable
    settings: dict
    is_through_proxies: bool
    proof: Callable | None

    @property
    def name(self):
        return self.function.__name__


FAULTS: list[Fault] = []


def fault(is_through_proxies=False, proof=None, **settings):
    """Registers a fault."""

    def register(function):
        FAULTS.append(Fault(function, settings, is_through_proxies, proof))
        return function

    return register


# Brokers

def strike(scene, nodes, short_s, long_s):
    """Kills nodes, and starts them after a while."""
    scene.cluster.kill(*nodes)
    scene.wait(short_s, long_s)
    scene.cluster.start(*nodes)
    scene.wait(1)


@fault()
def leader_killed(scene):
    scene.feed(scene.span(12, 25))
    scene.wait(1.5)
    strike(scene, [scene.some_leader()], 5, 12)


@fault()
def coordinator_killed(scene):
    scene.feed(scene.span(12, 25))
    scene.wait(1.5)
    strike(scene, [scene.some_coordinator()], 5, 12)


@fault()
def each_broker_killed(scene):
    scene.feed(scene.span(25, 60))
    nodes = scene.dice.sample(NODES, len(NODES))
    for node in nodes:
        scene.wait(1)
        strike(scene, [node], 1, 6)
        scene.cluster.wait_until_whole()


@fault()
def two_brokers_down(scene):
    scene.feed(scene.span(14, 70))
    scene.wait(1.5)
    strike(scene, scene.dice.sample(NODES, 2), 8, 60)


@fault()
def all_brokers_killed(scene):
    scene.feed(scene.span(12, 25))
    scene.wait(1.5)
    strike(scene, NODES, 2, 10)


@fault()
def broker_paused(scene):
    """For longer than a transaction may be open."""
    scene.feed(scene.span(14, 50))
    scene.wait(1.5)
    node = scene.node()
    scene.cluster.pause(node)
    scene.wait(10, 40)
    scene.cluster.resume(node)


@fault()
def brokers_restarted_cleanly(scene):
    scene.feed(scene.span(25, 60))
    for node in NODES:
        scene.wait(0.5, 3)
        scene.cluster.shut_down(node)
        scene.wait(0.5, 3)
        scene.cluster.start(node)
        scene.cluster.wait_until_whole()


# The way to them

def cut_off(scene, silently):
    scene.feed(scene.span(12, 45))
    scene.wait(1.5)
    proxy = scene.cluster.proxies[scene.node()]
    proxy.cut(silently)
    scene.wait(7, 40)
    proxy.mend()


@fault(is_through_proxies=True)
def network_cut(scene):
    cut_off(scene, silently=False)


@fault(is_through_proxies=True)
def network_silent(scene):
    cut_off(scene, silently=True)


@fault(is_through_proxies=True)
def network_slow(scene):
    scene.feed(scene.span(12, 35))
    scene.wait(1.5)
    proxy = scene.cluster.proxies[scene.node()]
    proxy.slow(scene.dice.uniform(0.1, 0.4))
    scene.wait(7, 30)
    proxy.mend()


# What the topic is

@fault()
def partitions_raised(scene):
    """An aircraft's flights move to other partitions with it, so those before have to be read first, and the new
    partitions have to be known: nothing tells which of two partitions' rows were sent first."""
    half, more = COUNT // 2, PARTITIONS + 3
    scene.feed(scene.span(3, 8), last=half)
    scene.feeders[0].finish()
    scene.keeper.wait_for(lambda: is_read(scene), 120, "the first half is read")
    scene.cluster.raise_partitions(scene.job.flights, more)
    scene.keeper.wait_for(lambda: read_partitions(scene.job) == set(range(more)), 60, "new partitions are read")
    scene.feed(scene.span(4, 8), first=half)
    scene.wait(2)


def is_read(scene):
    ends, committed = (of(scene) for of in (ends_of, committed_of))
    return all((committed[p] or 0) >= end for p, end in ends.items())


def ends_of(scene):
    return scene.cluster.end_offsets(scene.job.flights)


def committed_of(scene):
    return scene.cluster.committed(scene.job.name, scene.job.flights)


def read_partitions(job):
    """The partitions that the last checkpoint knows."""
    manifests = job.manifests()
    return {place["partition"] for place in manifests[max(manifests)]["sources"]} if manifests else set()


@fault()
def partitions_reassigned(scene):
    """Each partition leaves its leader, and comes back with another one."""
    scene.feed(scene.span(12, 25))
    scene.wait(1.5)
    for topic in (scene.job.flights, scene.job.alerts):
        found = scene.cluster.metadata().topics[topic].partitions
        others = {p: [node for node in NODES if node != found[p].leader] for p in found}
        scene.cluster.reassign(topic, others)
        scene.wait(0.5, 3)
        scene.cluster.reassign(topic, {p: [*nodes, *set(NODES) - set(nodes)] for p, nodes in others.items()})
        scene.wait(0.5, 3)


@fault()
def read_records_deleted(scene):
    """Retention behind the reader is none of its business."""
    scene.feed(scene.span(8, 20))
    for _ in range(scene.span(4, 10)):
        scene.wait(1.5)
        before = {p: offset for p, offset in committed_of(scene).items() if offset}
        if before:
            scene.cluster.delete_records(scene.job.flights, before)


def prove_deletion(scene):
    """Records that the job has not read yet are gone: it has to end, and say why. What it made until then counts."""
    job, half = scene.job, COUNT // 2
    scene.feed(3, last=half)
    scene.feeders[0].finish()
    scene.keeper.wait_for(lambda: is_read(scene), 120, "the first half is read")
    process, is_killed = scene.keeper.finish(), scene.keeper.kills
    if is_killed:
        job.kill(process)
    else:
        job.pause(process)
    ends = ends_of(scene)
    job.feed_flights(first=half).finish()
    gone = scene.dice.randrange(PARTITIONS)
    scene.cluster.delete_records(job.flights, {gone: ends[gone] + scene.dice.randrange(1, 1000)})
    if is_killed:
        process = job.start(stop="never")
    else:
        job.resume(process)
    job.expect(process, FAILED, 60)
    for words in (f"{job.flights}-{gone} from offset {ends[gone]}", "on_offset_out_of_range"):
        assert words in job.log(), f"{words!r} is not in the log"
    job.expect(job.start(stop="never"), FAILED, 60)
    check_no_transactions(scene)
    check_part(job, half)


@fault(proof=prove_deletion)
def unread_records_deleted(scene):
    raise NotImplementedError("prove_deletion does it")


def check_part(job, least_flights):
    """What a job has made that ended in between: all of the first flights, none twice, none that is not due."""
    have, least, most = job.alerts_by_aircraft(), due(least_flights), due(job.count)
    for tailnum in sorted(set(have) | set(least)):
        rows, want = have.get(tailnum, []), [dict(row, version="1.0.0") for row in most.get(tailnum, [])]
        for row in want:
            del row["first_origin"]
        assert len(rows) >= len(least.get(tailnum, [])), f"{tailnum}: {len(rows)} alerts of the first half"
        assert rows == want[:len(rows)], f"{tailnum}: {len(rows)} alerts are not the first of {len(want)}"


# The machine

@fault()
def clock_stepped(scene):
    """The engine's wall clock: an hour ahead, an hour behind, and right again."""
    scene.feed(scene.span(10, 25))
    for ahead_s in (3600, -3600, 0):
        scene.wait(2, 6)
        scene.clock.set(ahead_s)
    scene.wait(2, 6)


# The proof

def matrix():
    """All cases: (name, fault, interval, whether the engine is killed)."""
    return [
        (f"{one.name} at {interval}{', killed' if kills else ''}", one, interval, kills)
        for one in FAULTS for interval in INTERVALS for kills in (False, True)]


def play(cluster, dice, chosen, interval, kills, is_long):
    """Runs one case: a fault at an interval of checkpoints, the engine killed again and again during it, or not."""
    name = "-".join([chosen.name.replace("_", "-"), interval, *(["killed"] if kills else [])])
    # A transaction of a broker that is away is aborted while it is away.
    properties = {"transaction.timeout.ms": 15_000 if is_long else 6_000}
    if chosen.is_through_proxies:
        properties["bootstrap.servers"] = cluster.proxied
    settings = dict(
        interval=interval, idle_after=IDLE_AFTER, properties=properties, more=", discovery_interval: 500ms",
        **chosen.settings)
    with FlightsJob(cluster, name, count=COUNT, **settings) as job:
        clock = Clock(job.dir) if chosen.function is clock_stepped else None
        keeper = Keeper(job, dice, kills=3 if kills else None, environment=clock and clock.environment)
        scene = Scene(cluster, job, dice, keeper, is_long, clock=clock)
        keeper.wait_for(job.manifests, 60, "a first checkpoint")
        (chosen.proof or prove)(scene, *([] if chosen.proof else [chosen.function]))
        check_transactions(cluster, job, NODES)


def prove(scene, harm):
    """Does harm to a running job, and checks that nothing came of it."""
    job = scene.job
    harm(scene)
    scene.cluster.mend()
    process = scene.keeper.finish()
    for feeder in scene.feeders:
        feeder.finish()
    job.wait_until_all_read(process, 180)
    job.drain(process)
    check_no_transactions(scene)
    job.run_to_end()
    check_no_transactions(scene)
    job.check()


def check_no_transactions(scene):
    """No transaction of the job is open: by what coordinators say, by where readers of committed messages may read to, and
    by the groups whose offsets go with it."""
    job, cluster = scene.job, scene.cluster
    left = {}

    def are_over():
        left.clear()
        left.update(cluster.open_transactions(f"{job.name}-"))
        return not left

    wait_for(are_over, 30, f"transactions {left} end")
    for topic in (job.alerts, job.dead):
        stable, ends = cluster.end_offsets(topic), cluster.end_offsets(topic, "read_uncommitted")
        assert stable == ends, f"{topic}: a transaction is left open at {stable}, the partitions end at {ends}"
    for group, topic in ((job.name, job.flights), (f"{job.name}.epochs", job.alerts)):
        cluster.committed(group, topic, "read_committed")
