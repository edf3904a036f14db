"""Cases of messages whose lines are rows."""

import json
import re
import subprocess
import time
from pathlib import Path

from jobs import ENGINE, KILLED, SUCCESS, Job
from registry import case

MIB = 1 << 20
LINES = """
state: {{ memory: {memory} }}
topics:
  {source}:
    key: {{ serde: utf8, field: id }}
    value:
      serde: json
      newline_delimited: true
      fields: {{ n: "int64?", at: "{at}?" }}
    tombstone: {{ field: gone }}
    headers: {{ trace: trace }}
    on_bad_row: {{ dead_letter: {dead} }}
  {target}:
    key: {{ serde: utf8, field: id }}
    value: {{ serde: json }}
steps:
  - {{ id: reader, from_topic: {source}, start: {start}, stop: {stop} }}
  - {{ id: out, from: reader, to_topic: {target} }}
"""
# Of column `at`: what is a time, what is none, and what is no JSON whatever the column is.
TIME, NO_TIME, HOPELESS = "2013-01-01T00:00:00Z", "yesterday", b'{"n":'
PARTITIONS = 3


class LinesJob(Job):
    def __init__(self, broker, name, **settings):
        self.source, self.target, self.dead = f"in.{name}", f"out.{name}", f"dead.{name}"
        topics = dict(source=self.source, target=self.target, dead=self.dead)
        for topic in topics.values():
            broker.create(topic, PARTITIONS, **{"max.message.bytes": str(12 * MIB)})
        settings = {"memory": "256MiB", "at": "timestamp[us, UTC]", **topics, **settings}
        super().__init__(broker, name, LINES, **settings)

    def rows(self):
        """What has come through, in order: by the partition that it was read from."""
        by_partition = {p: [] for p in range(PARTITIONS)}
        for messages in self.broker.read_committed(self.target).values():
            for message in messages:
                by_partition[int(message.key())].append(json.loads(message.value()))
        return by_partition

    def letters(self):
        return [(m.value(), {name: value.decode() for name, value in m.headers()}, m.key().decode())
                for messages in self.broker.read_committed(self.dead).values() for m in messages]


class Message:
    """`lines` of JSON, in a value with either ending, with empty lines, the last line with an ending or without. No `lines`:
    no value. The key says the partition."""

    def __init__(self, number, first, dice):
        self.partition, self.trace, self.lines = number % PARTITIONS, f"trace-{number}", []
        count = 9000 if number % 300 == 50 else dice.choice((0, 1, 2, 7, 20))
        if number % 100 == 99:
            self.lines = self.value = None
            return
        for n in range(first, first + count):
            at = NO_TIME if dice.random() < 0.03 else dice.choice((TIME, None))
            self.lines.append(HOPELESS if dice.random() < 0.01 else json.dumps({"n": n, "at": at}).encode())
        ended = [line + dice.choice((b"\n", b"\r\n", b"\n\n", b"\r\n\n")) for line in self.lines]
        self.value = dice.choice((b"", b"\n")) + b"".join(ended)
        if dice.random() < 0.5:
            self.value = self.value.rstrip(b"\r\n")

    def rows(self, lines):
        """What some of the lines are as rows."""
        more = {"id": str(self.partition), "gone": self.lines is None, "trace": self.trace}
        return [{**json.loads(line), **more} for line in lines] if self.lines is not None else [
            {"n": None, "at": None, **more}]

    def good(self):
        return self.rows([line for line in self.lines or [] if line != HOPELESS and NO_TIME.encode() not in line])

    def bad(self):
        return [line for line in self.lines or [] if line == HOPELESS or NO_TIME.encode() in line]


@case("kafka", "development")
def each_line_of_a_message_is_a_row(broker, dice):
    """Rows have their message's key and headers, and come in order; a bad line is a letter of its own, which can be sent again."""
    with LinesJob(broker, "lines") as job:
        messages, first = [], 0
        for number in range(600):
            messages.append(Message(number, first, dice))
            first += len(messages[-1].lines or [])
        send(broker, job.source, messages)
        for _ in range(3):
            process = job.start(stop="never", interval="50ms")
            time.sleep(dice.uniform(0.3, 1.0))
            job.kill(process)
        job.run_to_end()
        want = {p: [row for m in messages if m.partition == p for row in m.good()] for p in range(PARTITIONS)}
        have = job.rows()
        for p in range(PARTITIONS):
            assert have[p] == want[p], difference(have[p], want[p])
        check_letters(job.letters(), messages)
        replay(job, messages)


def send(broker, topic, messages):
    producer = broker.producer(**{"message.max.bytes": 12 * MIB})
    for message in messages:
        producer.produce(topic, message.value, str(message.partition).encode(), partition=message.partition,
                         headers=[("trace", message.trace.encode())])
    assert producer.flush(30) == 0, "the broker does not take the messages"


def difference(have, want):
    pairs = list(zip(have, want))
    first = next((pair for pair in pairs if pair[0] != pair[1]), "none")
    return f"{len(have)} rows, expected {len(want)}; the first difference (have, expected): {first}"


def check_letters(letters, messages):
    """Each bad line, with its message's place and its own number."""
    have = sorted((line, key, int(headers["millrace.offset"])) for line, headers, key in letters)
    offsets, want = [0] * PARTITIONS, []
    for message in messages:
        want += [(line, str(message.partition), offsets[message.partition]) for line in message.bad()]
        offsets[message.partition] += 1
    assert have == sorted(want), f"{len(have)} letters, expected {len(want)}"
    values = [[(m.value or b"").split(b"\n") for m in messages if m.partition == p] for p in range(PARTITIONS)]
    traces = [[m.trace for m in messages if m.partition == p] for p in range(PARTITIONS)]
    for line, headers, key in letters:
        assert headers["trace"] == traces[int(key)][int(headers["millrace.offset"])], headers
        number = int(re.match(r"line (\d+): ", headers["millrace.cause"])[1])
        there = values[int(key)][int(headers["millrace.offset"])][number - 1]
        assert there.rstrip(b"\r") == line, (number, headers, line)


def replay(job, messages):
    """With times as texts, the lines with wrong ones can be read."""
    words = [ENGINE, "dead-letters", "replay", job.write_pipeline(at="utf8"), "--all"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == SUCCESS, done.stdout + done.stderr
    before = {p: len(rows) for p, rows in job.rows().items()}
    job.run_to_end(at="utf8")
    for p, rows in job.rows().items():
        lines = [line for m in messages if m.partition == p for line in m.bad() if line != HOPELESS]
        have = [(row["n"], row["at"], row["id"]) for row in rows[before[p]:]]
        assert sorted(have) == sorted((json.loads(line)["n"], NO_TIME, str(p)) for line in lines), have[:5]


@case("kafka")
def a_message_of_many_lines_needs_little_memory(broker, dice):
    """It is decoded piece by piece, as there is room for rows and for letters. No epoch ends in the middle of it: the first that
    counts, and is the last before a kill, has all of it."""
    with LinesJob(broker, "many-lines", memory="64MiB", properties={"message.max.bytes": 12 * MIB}) as job:
        message, count = Message(0, 0, dice), 300_000
        message.value = b"".join(b'{"n":%d}\nx\n' % n for n in range(count))
        send(broker, job.source, [message])
        job.expect(job.start(stop="never", interval="20ms", fault="after-commit@1"), KILLED, 60)
        process = job.start(stop="end", interval="20ms")
        peak_bytes = peak_memory(process)
        job.expect(process, SUCCESS, 120)
        have = [row["n"] for row in job.rows()[0]]
        assert have == [*range(count)], f"{len(have)} rows, expected {count}"
        letters = sum(len(messages) for messages in broker.read_committed(job.dead).values())
        assert letters == count, f"{letters} letters, expected {count}"
        assert peak_bytes < 250 * MIB, f"it took {peak_bytes >> 20} MiB"


def peak_memory(process):
    """Until the process ends, the most that it has in memory."""
    peak = 0
    while process.poll() is None:
        found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
        peak = max(peak, int(found[1]) << 10 if found else 0)
        time.sleep(0.05)
    return peak
