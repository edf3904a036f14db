"""Kafka's own tools, and what they tell of a job's transactions."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

# A transaction in one of these states is not over.
OPEN = {"Ongoing", "PrepareCommit", "PrepareAbort"}
HANGING_COLUMNS = ["Topic", "Partition", "ProducerId", "ProducerEpoch", "CoordinatorEpoch", "StartOffset",
                   "LastTimestamp", "Duration(min)"]


def tool(broker, name, *arguments, stdin=b""):
    """What one of Kafka's tools prints."""
    done = subprocess.run(
        [f"{broker.home}/bin/kafka-{name}.sh", "--bootstrap-server", broker.bootstrap, *map(str, arguments)],
        input=stdin, capture_output=True, timeout=60)
    assert done.returncode == 0, f"kafka-{name}.sh ended with {done.returncode}: {done.stderr.decode()[-2000:]}"
    return done.stdout.decode()


def transactions(broker, job):
    """The states of the job's transactional ids, by id."""
    lines = [line.split() for line in tool(broker, "transactions", "list").splitlines()]
    return {line[0]: line[3] for line in lines if len(line) == 4 and line[0].startswith(f"{job.name}-")}


def check_none_is_open(broker, job):
    found = transactions(broker, job)
    assert set(found) == {f"{job.name}-0", f"{job.name}-1"}, f"a job has two transactional ids, not these: {found}"
    assert not OPEN & set(found.values()), f"a transaction is left behind: {found}"


def check_none_hangs(broker, node):
    """No partition of a node holds a transaction that its coordinator knows nothing of, however young it is."""
    told = tool(broker, "transactions", "find-hanging", "--broker-id", node, "--max-transaction-timeout", 0)
    header, *lines = told.splitlines()
    assert header.split() == HANGING_COLUMNS, f"kafka-transactions.sh find-hanging says something else:\n{told}"
    assert not lines, f"node {node} has hanging transactions:\n{told}"


def check_transactions(cluster, job, nodes):
    """Both checks, all nodes at once."""
    with ThreadPoolExecutor() as pool:
        checks = [pool.submit(check_none_is_open, cluster, job)]
        checks += [pool.submit(check_none_hangs, cluster, node) for node in nodes]
        for check in checks:
            check.result()
