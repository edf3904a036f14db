"""Cases about dead letters as users handle them: listed, shown, sent again."""

import json
import random
import subprocess
import time

from cases_rows import STRICT
from jobs import ENGINE, FAILED, SUCCESS, USAGE, Job
from registry import case

TIMES = STRICT.replace('"timestamp[us, UTC]?"', '"{at}?"')
TIME_IS_WRONG = 'field "at"'


def headers_of(n):
    """The headers of a row: two have one name, one has no value; the last looks like a letter's own, and is not kept."""
    return [("trace", b"%d" % n), ("trace", b"\xff"), ("none", None), ("millrace.size", b"7")]


def check_headers(job, letters):
    """Each letter's row has its headers, and so has what was sent for it."""
    messages = [m for rows in job.broker.read_committed(job.source).values() for m in rows]
    rows = {(m.partition(), m.offset()): m for m in messages}
    for letters_of_partition in job.broker.read_committed(job.dead).values():
        for letter in letters_of_partition:
            about = dict(letter.headers())
            if "millrace.cause" in about:
                row = rows[int(about["millrace.partition"]), int(about["millrace.offset"])]
                assert letter.headers()[:3] == row.headers()[:3] and "millrace.size" not in about, (letter.headers(), row.headers())
    sent = [m.headers() for m in messages if "millrace.letter" in dict(m.headers())]
    assert len(sent) == len(letters) and all(len(headers) == 4 for headers in sent), f"{len(sent)} rows, {sent[:3]}"
    assert all(headers[0][0] == "trace" and headers[:3] == headers_of(int(headers[0][1]))[:3] for headers in sent), sent[:3]


class TimesJob(Job):
    """Numbers with times. Some times can't be read as such, but as text; some rows can't be read at all."""

    def __init__(self, broker, name):
        self.source, self.target, self.dead = f"in.{name}", f"out.{name}", f"dead.{name}"
        for topic in (self.source, self.target, self.dead):
            broker.create(topic, 3)
        super().__init__(
            broker, name, TIMES, source=self.source, target=self.target, dead=self.dead, at="timestamp[us, UTC]")

    def feed_rows(self, count, dice):
        """Gives the numbers with a wrong time, and those of hopeless rows."""
        producer, wrong, hopeless = self.broker.producer(), set(), set()
        for n in range(count):
            kind = dice.random()
            value = {"n": n, "at": "2013-01-01T00:00:00Z"}
            if kind < 0.4:
                value["at"] = "yesterday"
                wrong.add(n)
            elif kind < 0.42:
                value["n"] = f"no number {n}"
                hopeless.add(n)
            producer.produce(
                self.source, key=b"key-%d" % (n % 50), value=json.dumps(value).encode(), partition=n % 3,
                timestamp=1_700_000_000_000 + n, headers=headers_of(n))
        assert producer.flush(30) == 0, "the broker does not take the rows"
        return wrong, hopeless

    def numbers(self):
        return sorted(json.loads(m.value())["n"] for rows in self.broker.read_committed(self.target).values() for m in rows)

    def command(self, *words):
        return [ENGINE, "dead-letters", words[0], self.dir / "pipeline.yaml", *words[1:]]

    def ask(self, *words, code=SUCCESS):
        """What `millrace dead-letters` prints."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=120)
        assert done.returncode == code, f"{words}: exit code {done.returncode}, not {code}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def listed(self, *words):
        return [json.loads(line) for line in self.ask("list", "--format", "json", *words).splitlines() if line[:1] == "{"]


@case("kafka", "development")
def dead_letters_are_listed_shown_and_replayed_once(broker, dice):
    with TimesJob(broker, "letters") as job:
        wrong, hopeless = job.feed_rows(3000, dice)
        job.run_to_end()
        letters = job.listed()
        assert len(letters) == len(wrong) + len(hopeless), f"{len(letters)} letters, expected {len(wrong) + len(hopeless)}"
        check_list(job, letters, wrong)
        # The time is read as a text from now on: what was wrong can be read.
        process = job.start(stop="never", at="utf8")
        replay_some(job, [letter for letter in letters if TIME_IS_WRONG in letter["cause"]])
        replay_with_kills(job, dice)
        job.wait_until_read(job.source, process)
        job.drain(process)
        job.run_to_end(at="utf8")
        have, want = job.numbers(), sorted(set(range(3000)) - hopeless)
        assert have == want, f"{len(have)} rows, {len(set(have))} of them different, expected {len(want)}"
        check_after(job, letters, hopeless)


def check_list(job, letters, wrong):
    """All letters, with what is known of them, also as a table, and one by one."""
    assert not any(letter["replayed"] for letter in letters), "letters count as replayed"
    for letter in letters:
        assert letter["step"] == "reader" and letter["from"].startswith(job.source + "-"), letter
    times = job.listed("--cause", TIME_IS_WRONG)
    assert len(times) == len(wrong), f"{len(times)} letters whose cause has the time, expected {len(wrong)}"
    table = job.ask("list", "--limit", "3").splitlines()
    assert len(table) == 4 and table[0].split()[:3] == ["letter", "timestamp", "step"], table
    assert "only the first 100 letters" in job.ask("list"), "it does not tell that there are more"
    chosen = times[0]
    shown = json.loads(job.ask("show", chosen["letter"], "--format", "json"))
    assert json.loads(shown["value"])["at"] == "yesterday" and shown["millrace.cause"] == chosen["cause"], shown
    assert shown["header trace"] == str(json.loads(shown["value"])["n"]) and "header trace (2)" in shown, shown
    assert shown["header none"] is None and "header millrace.size" not in shown, shown
    assert "yesterday" in job.ask("show", chosen["letter"])
    assert "no letter" in job.ask("show", f"{job.dead}-0@99999999", code=FAILED)
    assert "is no dead-letter topic" in job.ask("show", f"{job.source}-0@0", code=USAGE)


def replay_some(job, letters):
    """Three by name, then the same again, which does nothing; and one that is not there."""
    names = [letter["letter"] for letter in letters[:3]]
    assert f"3 letters sent to {job.source}" in job.ask("replay", *names)
    assert "3 letters left out" in job.ask("replay", *names)
    missing = f"{job.dead}-2@99999999"
    assert f"{missing}: there is no such letter" in job.ask("replay", missing, code=FAILED)
    job.ask("replay", code=USAGE)


def replay_with_kills(job, dice: random.Random):
    """All with a wrong time, by replays that are killed at any moment and that get in each other's way."""
    words = ("replay", "--all", "--cause", TIME_IS_WRONG)
    for _ in range(6):
        replays = [subprocess.Popen(job.command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                   for _ in range(dice.choice((1, 2)))]
        time.sleep(dice.uniform(0.05, 1.5))
        for replay in replays:
            replay.kill()
            replay.wait()
    job.ask(*words)
    assert "left out" in job.ask(*words) and "sent to" not in job.ask(*words), "letters are sent again"


def check_after(job, letters, hopeless):
    """The list says which were sent; hopeless ones become letters again, which say where they come from."""
    found = {letter["letter"]: letter for letter in job.listed()}
    assert len(found) == len(letters), f"{len(found)} letters, there were {len(letters)}"
    assert sum(letter["replayed"] for letter in found.values()) == len(letters) - len(hopeless)
    if not hopeless:
        return
    name = next(name for name, letter in found.items() if not letter["replayed"])
    assert f"1 letter sent to {job.source}" in job.ask("replay", name)
    job.run_to_end(at="utf8")
    assert len(job.listed()) == len(letters) + 1, "a hopeless row is no letter again"
    check_headers(job, [letter for letter in found.values() if letter["replayed"]] + [name])
    assert f"1 letter sent to {job.target}" in job.ask("replay", name, "--again", "--to", job.target)
    [sent] = [m.headers() for rows in job.broker.read_committed(job.target).values() for m in rows if m.headers()]
    assert sent[3:] == [("millrace.letter", name.encode())] and [key for key, _ in sent[:3]] == ["trace", "trace", "none"], sent
