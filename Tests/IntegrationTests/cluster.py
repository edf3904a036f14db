"""An Apache Kafka of three nodes: each broker and part of the controllers' quorum."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from confluent_kafka import KafkaException

import wire
from brokers import Broker
from jobs import wait_for
from kafka_tools import OPEN
from ports import free_ports
from proxy import KafkaProxy

NODES = (1, 2, 3)
# Enough for what tests write; an eighth of what Kafka takes by default.
HEAP = "256m"
# Failures are to be noticed in seconds, and a small machine runs three of it.
PROPERTIES = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "broker.session.timeout.ms": 4000, "broker.heartbeat.interval.ms": 500, "replica.lag.time.max.ms": 5000,
    "default.replication.factor": 3, "min.insync.replicas": 2, "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": 3, "offsets.topic.num.partitions": 3,
    "transaction.state.log.replication.factor": 3, "transaction.state.log.min.isr": 2,
    "transaction.state.log.num.partitions": 3, "transaction.abort.timed.out.transaction.cleanup.interval.ms": 500,
    "share.coordinator.state.topic.replication.factor": 3, "share.coordinator.state.topic.min.isr": 2,
    "group.initial.rebalance.delay.ms": 0, "log.cleaner.dedupe.buffer.size": 8 << 20,
    "num.network.threads": 2, "num.io.threads": 3,
}


class RealCluster(Broker):
    """Three nodes, 1 to 3. Clients of `bootstrap` reach them directly, as they reach each other; those of `proxied` reach
    each through its proxy in `proxies`."""

    name = "cluster"
    replicas = 3

    def __init__(self, home):
        self.home, self.dir = home, Path(tempfile.mkdtemp(prefix="millrace-cluster-"))
        self.proxies, self.down, self.paused = {}, set(), set()
        ports = free_ports(9)
        self.ports, controllers, behind = (dict(zip(NODES, ports[first:first + 3])) for first in (0, 3, 6))
        self.bootstrap = ",".join(f"127.0.0.1:{port}" for port in self.ports.values())
        try:
            self.proxies = {node: KafkaProxy(behind[node]) for node in NODES}
            self.proxied = ",".join(f"127.0.0.1:{proxy.port}" for proxy in self.proxies.values())
            self._write(controllers, behind)
            self._at_all(lambda node: [f"{home}/bin/kafka-storage.sh", "format", "--cluster-id", "millraceTestCluster000",
                                       "--config", self._node(node) / "server.properties"])
            self._at_all(lambda node: [f"{home}/cluster", "start", self.dir, str(node)])
        except BaseException:
            self.stop()
            raise

    def _node(self, node) -> Path:
        return self.dir / f"node-{node}"

    def _write(self, controllers, behind):
        (self.dir / "heap").write_text(f"{HEAP}\n")
        (self.dir / "brokers").write_text(f"{len(NODES)}\n")
        for node in NODES:
            self._node(node).mkdir()
            own = {
                "node.id": node, "log.dirs": self._node(node) / "data",
                "controller.quorum.voters": ",".join(f"{n}@127.0.0.1:{port}" for n, port in controllers.items()),
                "listeners": f"PLAINTEXT://127.0.0.1:{self.ports[node]},CONTROLLER://127.0.0.1:{controllers[node]},"
                             f"PROXIED://127.0.0.1:{behind[node]}",
                "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.ports[node]},"
                                        f"PROXIED://127.0.0.1:{self.proxies[node].port}",
            }
            lines = [f"{name}={value}\n" for name, value in {**PROPERTIES, **own}.items()]
            (self._node(node) / "server.properties").write_text("".join(lines))

    @staticmethod
    def _at_all(command, nodes=NODES):
        """Runs a command for each node, all at once."""
        # They run for seconds: code that starts soon is worth more than code that is fast.
        environment = {**os.environ, "KAFKA_JIT_LEVEL": "1"}
        running = [subprocess.Popen(command(node), stdout=subprocess.DEVNULL, env=environment) for node in nodes]
        codes = [process.wait() for process in running]
        assert not any(codes), f"{command(nodes[0])[:2]} ended with {codes}"

    def _signal(self, node, number):
        os.kill(int((self._node(node) / "pid").read_text()), number)

    def _wait_for_end(self, node, timeout_s):
        def is_over():
            try:
                self._signal(node, 0)
                return False
            except ProcessLookupError:
                return True

        wait_for(is_over, timeout_s, f"node {node} ends")
        self.down.add(node)

    # Nodes

    def kill(self, *nodes):
        """kill -9."""
        for node in nodes:
            self._signal(node, signal.SIGKILL)
        for node in nodes:
            self._wait_for_end(node, 10)
            self.paused.discard(node)

    def shut_down(self, node):
        """A clean end: its partitions go to others first."""
        self._signal(node, signal.SIGTERM)
        self._wait_for_end(node, 60)

    def start(self, *nodes):
        """Starts nodes that have ended, all at once, and waits until they have."""
        self._at_all(lambda node: [f"{self.home}/cluster", "start", self.dir, str(node)], nodes)
        self.down -= set(nodes)

    def pause(self, node):
        self._signal(node, signal.SIGSTOP)
        self.paused.add(node)

    def resume(self, node):
        self._signal(node, signal.SIGCONT)
        self.paused.discard(node)

    def stop(self):
        """Ends all by kill -9: nobody needs the data."""
        try:
            for node in NODES:
                if (self._node(node) / "pid").exists() and node not in self.down:
                    self.kill(node)
        finally:
            for proxy in self.proxies.values():
                proxy.close()
            shutil.rmtree(self.dir, ignore_errors=True)

    # What they know

    def leader(self, topic, partition):
        """The node that leads a partition; waits until there is one."""
        found = []

        def is_known():
            node = self.metadata().topics[topic].partitions[partition].leader
            found[:] = [node]
            return node > 0

        wait_for(is_known, 30, f"{topic}-{partition} has a leader")
        return found[0]

    def coordinator(self, transactional_id):
        """The node that coordinates the transactions of an id."""
        found = []

        def is_known():
            found[:] = [wire.coordinator(self._port_of_one(), transactional_id)]
            return found[0] is not None

        wait_for(is_known, 30, f"{transactional_id} has a coordinator")
        return found[0]

    def _port_of_one(self):
        """The port of a node that is there."""
        return next(port for node, port in self.ports.items() if node not in self.down | self.paused)

    def is_whole(self):
        """Whether every node is there and has all messages of every partition."""
        try:
            found = self.metadata()
        except KafkaException:
            return False
        partitions = [p for topic in found.topics.values() for p in topic.partitions.values()]
        return len(found.brokers) == len(NODES) and all(
            p.leader > 0 and set(p.isrs) == set(p.replicas) and len(p.replicas) == len(NODES) for p in partitions)

    def wait_until_whole(self, timeout_s=90):
        wait_for(self.is_whole, timeout_s, "all nodes have all messages")

    def mend(self):
        """Brings everything back that a fault has taken away."""
        for proxy in self.proxies.values():
            proxy.mend()
        for node in list(self.paused):
            self.resume(node)
        if self.down:
            self.start(*self.down)
        self.wait_until_whole()

    def reassign(self, topic, replicas):
        """Moves partitions: `replicas` are nodes by partition. Waits until it is done."""
        wire.reassign(self._port_of_one(), topic, replicas)

        def is_done():
            found = self.metadata().topics[topic].partitions
            return all(found[p].replicas == nodes and set(found[p].isrs) == set(nodes) for p, nodes in replicas.items())

        wait_for(is_done, 60, f"{topic} is reassigned")

    def open_transactions(self, prefix):
        """State by transactional id, of those that begin with `prefix` and are neither committed nor aborted. All nodes
        have to be there."""
        found = {}
        for port in self.ports.values():
            states = wire.transactions(port)
            deadline = time.monotonic() + 20
            while states is None and time.monotonic() < deadline:
                time.sleep(0.1)
                states = wire.transactions(port)
            assert states is not None, f"the node on port {port} does not tell its transactions"
            found.update(states)
        return {name: state for name, state in found.items() if name.startswith(prefix) and state in OPEN}
