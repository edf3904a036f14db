"""Disks that are full, quotas, files that can have no more bytes, and disks that fail."""
import errno
import os

from harness import check
from reading import container, put
from sink_epochs import ROW, Numbers, rows
from sinking import FATAL, RETRY, TITLE, Sink, names, values

PASSING = {
    errno.ENOSPC: "No space left on device; make room there; it is tried again",
    errno.EDQUOT: "Disk quota exceeded; make room there, or raise the quota; it is tried again",
    errno.EFBIG: "File too large; raise the limit of a file's size (prlimit --fsize); it is tried again"}
IO = "Input/output error"
MEND = "mend it, and start the job again"
KERNEL = "see what the kernel's log says of it, and start the job again"


def failed(kind, path, what, problem):
    return kind, TITLE + f'"{path}" can\'t be {what}: {problem}'


def passing(numbers):
    """Faults that pass at every call: nothing is lost, nothing is written twice."""
    write = numbers.write
    for number, said in PASSING.items():
        sink = numbers.sink(f"passing-{number}", workers=2, config={"block_size": 1})
        part, text = sink.path(1, 0, True), f"{number} 0"
        got = sink.errors(
            "recover 0", write(1, 1, 2, 3), f"fault openat {text}", write(1, 4), "again", "fault none 0 0", "again",
            f"fault pwrite {text}", write(1, 5, 6), "again", "fault none 0 0", "again", write(1, 7, worker=1),
            f"fault pwrite {text}", "prepare 1", "fault pwrite 0 0", f"fault openat {text}", "prepare 1", "fault none 0 0", "prepare 1",
            f"fault renameat {text}", "commit 1", f"fault renameat {number} 1", "commit 1", "fault none 0 0", "commit 1")
        made, written = failed(RETRY, part, "made", said), failed(RETRY, part, "written", said)
        renamed = [failed(RETRY, sink.path(1, worker, True), "renamed", said) for worker in (0, 1)]
        check(f"passing: {said}", got, [
            None, None, None, made, made, None, None, None, written, written, None, None, None, None, written, None, None,
            failed(RETRY, sink.path(1, 1, True), "made", said), None, None, None, renamed[0], None, renamed[1], None, None])
        check(f"passing: {said}: rows", (names(sink.place), values(sink.path(1)), values(sink.path(1, 1))), (
            [sink.name(1), sink.name(1, 1)], rows(1, 2, 3, 4, 5, 6), rows(7)))


def limits(numbers):
    """A limit of the kernel's own, at every byte: what was written in part is written again."""
    count = 40
    columns = numbers.path()
    path = put(numbers.directory, "limits.rows", container(ROW, [{"n": n * 10**6} for n in range(count)]))
    for limit in range(0, 280, 7):
        sink = Sink(os.path.join(numbers.directory, f"limit-{limit}"), columns, config={"block_size": 30, "codec": "null"})
        said = failed(RETRY, sink.path(1, 0, True), "written", PASSING[errno.EFBIG])
        got = sink.errors("recover 0", f"limit {limit}", f"write 0 1 {path} 5", "prepare 1", "limit -1", "again", "prepare 1", "commit 1")
        check(f"limit {limit}", got[:2] + got[4:], [None] * 6)
        check(f"limit {limit}: refused", (got[2], got[3]), (said, said))
        check(f"limit {limit}: rows", values(sink.path(1)), rows(*(n * 10**6 for n in range(count))))


def fatal(numbers):
    write, number = numbers.write, errno.EIO
    for call, skipped, which, what, problem in (
            ("openat", 0, "part", "made", f"{IO}; {MEND}"), ("pwrite", 0, "part", "written", f"{IO}; {MEND}"),
            ("fsync", 0, "part", "written to the disk (fsync)", f"{IO}; {KERNEL}"),
            ("fsync", 1, "place", "written to the disk (fsync)", f"{IO}; {KERNEL}")):
        sink = numbers.sink(f"fatal-{call}-{skipped}")
        got = sink.errors("recover 0", write(1, 1), f"fault {call} {number} {skipped}", "prepare 1", "crash")
        path = sink.path(1, 0, True) if which == "part" else sink.place
        check(f"fatal: {call} {skipped}", got[3], failed(FATAL, path, what, problem))
        good = sink.errors("recover 0", write(1, 2), "prepare 1", "commit 1")
        check(f"fatal: {call} {skipped}: the next start", (good, values(sink.path(1))), ([None] * 4, rows(2)))
    # A file that could not be written to the disk for lack of room is not whole, whatever a second fsync says.
    sink = numbers.sink("fatal-full")
    got = sink.errors("recover 0", write(1, 1), f"fault fsync {errno.ENOSPC} 0", "prepare 1")
    check("fatal: fsync, a full disk", got[3], failed(FATAL, sink.path(1, 0, True), "written to the disk (fsync)",
                                                         f"No space left on device; {KERNEL}"))
    sink = numbers.sink("fatal-rename")
    got = sink.errors("recover 0", write(1, 1), "prepare 1", f"fault renameat {number} 0", "commit 1", "crash")
    check("fatal: renameat", got[4], failed(FATAL, sink.path(1, 0, True), "renamed", f"{IO}; {MEND}"))
    check("fatal: renameat: the next start", (sink.errors("recover 1"), values(sink.path(1))), ([None], rows(1)))
    sink = numbers.sink("fatal-shown")
    got = sink.errors("recover 0", write(1, 1), "prepare 1", f"fault fsync {number} 0", "commit 1", "crash")
    check("fatal: fsync of what is shown", got[4], failed(FATAL, sink.place, "written to the disk (fsync)", f"{IO}; {KERNEL}"))


def starts(numbers):
    rights = "Permission denied; let the engine's user write there, or name another `path`"
    sink = numbers.sink("starts")
    check("can't be made", sink.errors(f"fault mkdir {errno.EACCES} 0", "recover 0")[1], failed(FATAL, sink.place, "made", rights))
    check("a full disk", sink.errors(f"fault mkdir {errno.ENOSPC} 0", "recover 0", "fault none 0 0", "recover 0"), [
        None, failed(RETRY, sink.place, "made", PASSING[errno.ENOSPC]), None, None])
    os.rmdir(sink.place)
    check("what is above can't be opened", sink.errors(f"fault openat {errno.EACCES} 0", "recover 0")[1], failed(
        FATAL, sink.place, "looked above of", rights))
    check("is there for long", sink.errors("recover 0"), [None])
    check("can't be listed", sink.errors(f"fault openat {errno.EACCES} 1", "recover 0")[1], failed(FATAL, sink.place, "listed", rights))
    check("written to the disk", sink.errors(f"fault fsync {errno.EIO} 1", "recover 0")[1], failed(
        FATAL, sink.place, "written to the disk (fsync)", f"{IO}; {KERNEL}"))


def all_cases(directory):
    numbers = Numbers(os.path.join(directory, "faults"))
    os.mkdir(numbers.directory)
    for suite in (passing, limits, fatal, starts):
        suite(numbers)
