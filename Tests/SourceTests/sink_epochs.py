"""When a sink's files are seen: epochs, workers, every state that a kill leaves, and files of others."""
import os

from harness import check
from reading import container, put, read
from sinking import FATAL, TITLE, Answer, Sink, names, values

ROW = {"type": "record", "name": "Row", "fields": [{"name": "n", "type": "long"}]}


class Numbers:
    """Files of numbers that are to be written."""

    def __init__(self, directory):
        self.directory = directory

    def path(self, *numbers):
        return put(self.directory, f"numbers-{'-'.join(map(str, numbers))}", container(ROW, [{"n": n} for n in numbers]))

    def write(self, epoch, *numbers, worker=0):
        return f"write {worker} {epoch} {self.path(*numbers)} 1000"

    def sink(self, name, **more):
        return Sink(os.path.join(self.directory, name), self.path(), **more)


def good(name, sink, *commands):
    check(name, sink.errors(*commands), [None] * len(commands))


def rows(*numbers):
    return [f"{{{n}}}" for n in numbers]


def epochs(numbers):
    sink = numbers.sink("epochs", workers=3, config={"block_size": 1})
    write = numbers.write
    good("only what is committed is seen", sink, "recover 0", write(1, 1, worker=0), write(1, 2, worker=2), "crash")
    # Whole blocks are written when the next rows come.
    check("blocks are not written at once", names(sink.place), [])
    good("as far as it came", sink, "recover 0", write(1, 1), write(1, 2), write(1, 3, worker=1), "crash")
    check("the part of a worker", names(sink.place), [sink.name(1, 0, True)])
    good("prepared", sink, "recover 0", write(1, 1, 2), write(1, 3), write(1, 4, worker=2), "prepare 1", "crash")
    check("prepared: parts", names(sink.place), [sink.name(1, 0, True), sink.name(1, 2, True)])
    check("parts are whole", values(sink.path(1, 0, True)), rows(1, 2, 3))
    good("committed", sink, "recover 0", write(1, 1, 2), write(1, 4, worker=2), "prepare 1", write(2, 5), write(2, 6), "commit 1", "crash")
    check("committed: files", names(sink.place), [sink.name(2, 0, True), sink.name(1, 0), sink.name(1, 2)])
    check("committed: rows", (values(sink.path(1, 0)), values(sink.path(1, 2))), (rows(1, 2), rows(4)))
    good("many", sink, "recover 1", write(2, 7), "prepare 2", "commit 2", "prepare 3", "commit 3", write(4, 8, worker=1), "prepare 4", "commit 4")
    check("many: files", names(sink.place), [sink.name(1, 0), sink.name(1, 2), sink.name(2), sink.name(4, 1)])
    got = read({"path": sink.place})
    check("many: in the order of epochs", (got.error, got.rows), (None, rows(1, 2, 4, 7, 8)))
    sink = numbers.sink("no-rows", workers=2)
    good("without rows", sink, "recover 0", write(1), "prepare 1", "commit 1", "prepare 2", "commit 2")
    check("without rows: no files", names(sink.place), [])
    sink = numbers.sink("late")
    good("late epochs", sink, "recover 999999999998", write(999999999999, 1), "prepare 999999999999", "commit 999999999999",
         write(10**12, 2), f"prepare {10**12}", f"commit {10**12}")
    check("late epochs: files", names(sink.place), [f"job~out~{10**12}~0.avro", "job~out~999999999999~0.avro"])
    good("late epochs are known again", sink, f"recover {10**12}")
    check("and refused", sink.errors("recover 999999999999")[0][0], FATAL)


def on_disk(numbers):
    """What is written to the disk before it is said to be."""
    sink = numbers.sink("on-disk", workers=2)
    part, other, final = sink.name(1, 0, True), sink.name(1, 1, True), sink.name(1, 0)
    calls = [answer.calls for answer in sink.run(
        "trace", "recover 0", numbers.write(1, 1), numbers.write(1, 2, worker=1), "prepare 1", "commit 1", "prepare 2", "commit 2")]
    above = os.path.basename(numbers.directory)
    check("on disk", calls, [[], [f"fsync {above}", "fsync on-disk"], [], [], [f"fsync {part}", f"fsync {other}", "fsync on-disk"],
                             [f"rename {final}", f"rename {sink.name(1, 1)}", "fsync on-disk"], [], []])
    good("prepared", sink, "recover 1", numbers.write(2, 3), "prepare 2", numbers.write(3, 4), "prepare 3", "crash")
    above_it, *own, last = sink.run("trace", "recover 2")[1].calls
    check("on disk: recovered", (above_it, sorted(own), last), (
        f"fsync {above}", [f"rename {sink.name(2)}", f"unlink {sink.name(3, 0, True)}"], "fsync on-disk"))


def recovery(numbers):
    """Every state that a kill leaves, and every epoch that may count then."""
    def left(name, *commands, workers=2):
        sink = numbers.sink(name, workers=workers, config={"block_size": 1})
        good(f"{name}: before", sink, "recover 0", numbers.write(1, 1), numbers.write(1, 2, worker=1), "prepare 1", "commit 1", *commands, "crash")
        return sink

    first = [(1, 0), (1, 1)]
    second = [numbers.write(2, 3), numbers.write(2, 4), numbers.write(2, 5, worker=1), numbers.write(2, 6, worker=1)]
    for workers in (1, 2, 5):  # after the restart
        for name, commands, counts, expected in (
                ("written", second, 1, first), ("prepared", [*second, "prepare 2"], 1, first),
                ("counted", [*second, "prepare 2"], 2, [*first, (2, 0), (2, 1)]),
                ("committed", [*second, "prepare 2", "commit 2"], 2, [*first, (2, 0), (2, 1)]),
                ("committed in part", [*second, "prepare 2", f"shell mv {{part}} {{final}}"], 2, [*first, (2, 0), (2, 1)]),
                ("and the next written", [*second, "prepare 2", "commit 2", numbers.write(3, 7), numbers.write(3, 8)], 2, [*first, (2, 0), (2, 1)]),
                ("and the next written before", [*second, "prepare 2", numbers.write(3, 7), numbers.write(3, 8)], 2, [*first, (2, 0), (2, 1)]),
                ("and the next written, but not counted", [*second, "prepare 2", numbers.write(3, 7), numbers.write(3, 8)], 1, first)):
            name = f"{name.replace(' ', '-').replace(',', '')}-{workers}"
            paths = numbers.sink(name)
            sink = left(name, *(command.format(part=paths.path(2, 1, True), final=paths.path(2, 1)) for command in commands))
            sink.workers = workers
            good(f"{name}: recovered", sink, f"recover {counts}")
            check(f"{name}: files", names(sink.place), sorted(sink.name(*file) for file in expected))
            good(f"{name}: recovered again", sink, f"recover {counts}", numbers.write(counts + 1, 9), f"prepare {counts + 1}", f"commit {counts + 1}")
            check(f"{name}: goes on", values(sink.path(counts + 1)), rows(9))
            check(f"{name}: rows", read({"path": sink.place}).rows, rows(1, 2, *([3, 4, 5, 6] if counts == 2 else []), 9))


def taken_out(numbers):
    """A step that is gone while epochs count leaves parts that are none of theirs."""
    sink = numbers.sink("taken-out")
    good("taken out: before", sink, "recover 0", numbers.write(1, 1), "prepare 1", "commit 1", numbers.write(2, 2), "prepare 2",
         numbers.write(3, 3), "crash")
    good("taken out: comes back", sink, "recover 9", numbers.write(10, 4), "prepare 10", "commit 10")
    check("taken out: files", names(sink.place), [sink.name(1), sink.name(10)])


def shown_already(numbers):
    """Starts that would show rows twice, from a checkpoint before: they change nothing."""
    sink = numbers.sink("shown", workers=2)
    good("shown: before", sink, "recover 0", numbers.write(1, 1), "prepare 1", "commit 1", numbers.write(2, 2), numbers.write(2, 3, worker=1),
         "prepare 2", "commit 2", numbers.write(3, 4), "prepare 3", "commit 3", numbers.write(4, 5), "prepare 4", "crash")
    before = names(sink.place)
    remedy = "move such files away, name another `path`, or start from a later checkpoint"
    for epoch, first, count in ((0, (1, 0), 4), (1, (2, 0), 3), (2, (3, 0), 1)):
        check(f"behind epoch {epoch}", sink.errors(f"recover {epoch}"), [(FATAL, TITLE + (
            f'"{sink.path(*first)}" is there ({count} in all), but the job goes on behind epoch {epoch}, and writes those rows again; {remedy}'))])
    check("nothing was changed", names(sink.place), before)
    os.mkdir(sink.place + "-away")
    for which in ((2, 0), (2, 1), (3, 0)):
        os.rename(sink.path(*which), os.path.join(sink.place + "-away", sink.name(*which)))
    good("they were moved away", sink, "recover 1", numbers.write(2, 6), "prepare 2", "commit 2")
    check("they were moved away: rows", read({"path": sink.place}).rows, rows(1, 6))


def others(numbers):
    """Files of other jobs and steps, and what only looks like one of the sink's."""
    write = numbers.write
    alike = [("a", "b-c"), ("a-b", "c"), ("a", "b"), ("a.b", "c"), ("a-b-c", "c"), ("a", "b_c"), ("a", "B")]
    sinks = [numbers.sink("others", job=job, step=step) for job, step in alike]
    for index, sink in enumerate(sinks):
        good(f"others: {sink.job} {sink.step}", sink, "recover 0", write(1, index), "prepare 1", "commit 1",
             write(2, 10 + index), "prepare 2", "crash")
    place = sinks[0].place
    check("others: all are there", len(names(place)), 2 * len(sinks))
    strange = ["a~b~1~0.avro", "a~b~000000000009~00.avro", ".a~b~000000000009~0.avro", "a~b~000000000009~0.avro.part", "a~b~000000000009~0.avro.bak",
               "a~b~0000000000009~0.avro", "a~b~99999999999999999999999~0.avro", "a~b~18446744073709551616~0.avro",
               "a~b~000000000009~4294967296.avro", "a~b~000000000009~.avro", "a~b~000000000009.avro", "a~b~~0.avro", "a~b~00000000000x~0.avro",
               ".a~b~000000000000~0.avro.part", "xa~b~000000000009~0.avro", "..a~b~000000000009~0.avro.part", "A~b~000000000009~0.avro",
               ".a~b~-00000000009~0.avro.part", ".a~b~ 00000000009~0.avro.part", "a~b~000000000009~0.avro~", "rows.avro"]
    for name in strange:
        put(place, name, b"someone's")
    for index, sink in enumerate(sinks):
        good(f"others: {sink.job} {sink.step} goes on", sink, f"recover {1 + index % 2}")
    expected = [sink.name(1) for sink in sinks] + [sink.name(2) for sink in sinks[1::2]]
    check("others: each its own", names(place), sorted(expected + strange))
    check("others: bytes", {open(os.path.join(place, name), "rb").read() for name in strange}, {b"someone's"})


def again(numbers):
    """Calls that are repeated, and files that are not what they were."""
    def prepared(name):
        sink = numbers.sink(name)
        return sink, ["recover 0", numbers.write(1, 1), "prepare 1"]

    sink, begin = prepared("again")
    good("again", sink, *begin, "prepare 1", "commit 1", "commit 1", "prepare 2", "commit 2", "commit 1")
    check("again: rows", values(sink.path(1)), rows(1))
    sink, begin = prepared("shown-by-hand")
    good("a file has its name already", sink, *begin, f"shell mv {sink.path(1, 0, True)} {sink.path(1)}", "commit 1")
    sink, begin = prepared("another")
    good("another epoch is not committed", sink, *begin, "commit 2", "crash")
    check("another epoch is not committed: files", names(sink.place), [sink.name(1, 0, True)])
    sink, begin = prepared("gone")
    check("a file is gone", sink.errors(*begin, f"shell rm {sink.path(1, 0, True)}", "commit 1")[-1], (FATAL, TITLE + (
        f'"{sink.path(1, 0, True)}" is gone, with rows of an epoch that counts: someone removed it; put it back, or start the job from an '
        "earlier checkpoint")))
    sink, begin = prepared("both")
    both = TITLE + (f'"{sink.path(1)}" is there already, and so is its part: another job of this name writes here, or someone put it there; '
                    "move one of the two away, and start the job again")
    check("a file is there already", sink.errors(*begin, f"shell echo mine > {sink.path(1)}", "commit 1")[-1], (FATAL, both))
    check("also at a start", sink.errors("recover 1"), [(FATAL, both)])
    check("it was not written over", open(sink.path(1), "rb").read(), b"mine\n")
    sink, begin = prepared("made")
    check("a part is there already", sink.errors("recover 0", numbers.write(1, 1), f"shell touch {sink.path(1, 0, True)}", "prepare 1")[-1], (
        FATAL, TITLE + f'"{sink.path(1, 0, True)}" can\'t be made: File exists; mend it, and start the job again'))


def places(numbers):
    sink = numbers.sink("nowhere/within")
    check("one directory is made, not two", sink.errors("recover 0"), [(FATAL, TITLE + (
        f'"{sink.place}" can\'t be made: No such file or directory; `path` must be a directory, or a name in one that is there'))])
    sink = numbers.sink("file")
    put(numbers.directory, "file", b"")
    check("a file is there", sink.errors("recover 0"), [(FATAL, TITLE + (
        f'"{sink.place}" can\'t be opened: Not a directory; `path` must be a directory, or a name in one that is there'))])
    os.mkdir(numbers.directory + "/target")
    os.symlink("target", numbers.directory + "/link")
    good("a link, with a slash behind", numbers.sink("link/"), "recover 0", numbers.write(1, 1), "prepare 1", "commit 1")
    check("a link: rows", read({"path": numbers.directory + "/target"}).rows, rows(1))
    check("a name that is too long", numbers.sink("long", job="j" * 65).run(), [Answer(error=(FATAL, (
        TITLE + "the name of the job or of the step has more than 64 bytes; shorten it")))])
    sink = numbers.sink("longest", job="j" * 64, step="s" * 64, workers=64)
    good("the longest names", sink, "recover 18446744073709551614", numbers.write(2**64 - 1, 1, worker=63),
         f"prepare {2**64 - 1}", f"commit {2**64 - 1}")
    check("the longest names: rows", values(sink.path(2**64 - 1, 63)), rows(1))
    good("the longest names: known again", sink, f"recover {2**64 - 1}")
    check("the longest names: refused", sink.errors("recover 1")[0][0], FATAL)


def all_cases(directory):
    numbers = Numbers(os.path.join(directory, "epochs"))
    os.mkdir(numbers.directory)
    for suite in (epochs, on_disk, recovery, taken_out, shown_already, others, again, places):
        suite(numbers)
