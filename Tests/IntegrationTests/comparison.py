"""What a job made, compared with what was due: totals, and where they differ."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Comparison:
    """`kind`: of rows, e.g. "alerts"."""

    kind: str
    want_count: int = 0
    have_count: int = 0
    missing_count: int = 0
    extra_count: int = 0
    # Keys with the right rows in the wrong order.
    disordered: list = field(default_factory=list)
    # The first few differences.
    examples: list = field(default_factory=list)

    def is_equal(self):
        return not (self.missing_count or self.extra_count or self.disordered)

    def __str__(self):
        words = (f"{self.kind}: {self.have_count} rows, expected {self.want_count}; {self.missing_count} missing, "
                 f"{self.extra_count} extra, {len(self.disordered)} keys out of order")
        return "\n  ".join([words, *self.examples])


def compare(kind, want, have, most_examples=5):
    """Compares rows by key, each a list in order. Rows are compared by their texts."""
    result = Comparison(kind, sum(map(len, want.values())), sum(map(len, have.values())))
    for key in sorted(set(want) | set(have)):
        due, made = want.get(key, []), have.get(key, [])
        if due == made:
            continue
        due_texts, made_texts = Counter(map(str, due)), Counter(map(str, made))
        missing, extra = due_texts - made_texts, made_texts - due_texts
        result.missing_count += missing.total()
        result.extra_count += extra.total()
        if not missing and not extra:
            result.disordered.append(key)
        if len(result.examples) < most_examples:
            result.examples.append(explain(key, due, made))
    return result


def explain(key, want, have):
    for index, (left, right) in enumerate(zip(want, have)):
        if left != right:
            return f"{key}: row {index} of {len(have)} is {right}, expected {left}"
    return f"{key}: {len(have)} rows, expected {len(want)}"


def evidence(broker, topics):
    """Where the partitions of topics end and what can be read of them, by committed and by all: for a failure's report."""
    lines = []
    for topic in topics:
        stable, ends = broker.end_offsets(topic), broker.end_offsets(topic, "read_uncommitted")
        committed = {p: len(rows) for p, rows in broker.read_committed(topic).items()}
        everything = {p: len(rows) for p, rows in broker.read_committed(topic, isolation="read_uncommitted").items()}
        lines += [f"{topic}-{p}: last stable offset {stable[p]} of {ends[p]}, {committed[p]} messages committed, "
                  f"{everything[p]} in all" for p in ends]
    return "\n".join(lines)
