"""Workers that write at once while the epoch before is committed, under the thread sanitizer."""
import os

import reading
from harness import check
from reading import put
from sink_epochs import ROW
from sinking import Sink, names, values


def all_cases(directory, threads):
    """`threads`: a directory with the driver and the plugin, built for that sanitizer."""
    count, workers, epochs = 2000, 4, 10
    path = put(directory, "threads.rows", reading.container(ROW, [{"n": n} for n in range(count)]))
    kept, reading.plugin = reading.plugin, threads + "/libavro_files.so"
    sink = Sink(os.path.join(directory, "threads"), path, workers=workers, driver=threads + "/driver_sink",
                config={"block_size": 200, "codec": "zstandard"})
    commands = ["recover 0"]
    for epoch in range(1, epochs + 1):
        commands += [f"together {epoch} {path}", f"prepare {epoch}"]
    check("threads", sink.errors(*commands, f"commit {epochs}"), [None] * (2 * epochs + 2))
    reading.plugin = kept
    files = [(epoch, worker) for epoch in range(1, epochs + 1) for worker in range(workers)]
    check("threads: files", names(sink.place), sorted(sink.name(*which) for which in files))
    expected = [f"{{{n}}}" for n in range(count)]
    check("threads: rows", [values(sink.path(*which)) == expected for which in files], [True] * len(files))
