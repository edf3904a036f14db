"""Building what is measured, and running it."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "IntegrationTests"))

BUILD = Path(os.environ.get("MILLRACE_BUILD", ROOT / ".build"))
ENGINE = Path(os.environ.get("MILLRACE_ENGINE", BUILD / "release" / "millrace"))
OUT = BUILD / "benchmarks"
TOTALS = re.compile(
    r"nexmark\.checksum: worker=\d+ rows=(\d+) checksum=(-?\d+) seconds=([\d.]+) timed_rows=(\d+) cpu_seconds=([\d.]+)")
OPERATORS = BUILD / "examples" / "knock-on-delays"


def build() -> None:
    """Builds the C programs and plugins; the engine too, unless it is there or MILLRACE_ENGINE names one."""
    if not ENGINE.exists():
        subprocess.run([ROOT / "scripts" / "build"], check=True)
    for directory, out in (("Tests/Benchmarks", OUT), ("plugins/nexmark", BUILD / "plugins"),
                           ("examples/knock-on-delays/operator", OPERATORS)):
        subprocess.run(["make", "-s", "-C", ROOT / directory, f"OUT={out}"], check=True)


@dataclass
class Usage:
    """What a process took."""

    seconds: float
    cpu_s: float
    peak_rss_mb: float
    log: str


class Run:
    """A run of the engine on a pipeline file, in a directory of its own that is removed at the end: in `directory`, or
    the temporary one. `prefix`: a command that runs it, such as a profiler."""

    def __init__(self, pipeline: str, plugins, options=(), directory: Path | None = None, prefix=()):
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
        self.dir = Path(tempfile.mkdtemp(prefix="millrace-bench-", dir=directory))
        (self.dir / "plugins").mkdir()
        for plugin in plugins:
            shutil.copy(plugin, self.dir / "plugins")
        (self.dir / "pipeline.yaml").write_text(pipeline)
        self.log_path = self.dir / "engine.log"
        with open(self.log_path, "w") as log:
            self.start = time.monotonic()
            command = [*prefix, ENGINE, "run", *options, self.dir / "pipeline.yaml"]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def log(self) -> str:
        return self.log_path.read_text()

    def finish(self, timeout_s: float = 600) -> Usage:
        """Waits for the end; anything but exit code 0 is an error, which shows the log's end."""
        deadline = time.monotonic() + timeout_s
        while True:
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                self.fail(f"did not end in {timeout_s:.0f} s")
            time.sleep(0.005)
        seconds = time.monotonic() - self.start
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.process.returncode != 0:
            self.fail(f"ended with exit code {self.process.returncode}")
        log = self.log()
        shutil.rmtree(self.dir, ignore_errors=True)
        return Usage(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, log)

    def fail(self, what: str):
        tail = "\n".join(self.log().splitlines()[-20:])
        shutil.rmtree(self.dir, ignore_errors=True)
        raise RuntimeError(f"the engine {what}\n{tail}")


def totals(log: str) -> dict:
    """What the workers' nexmark.checksum steps logged: rows and checksum in all, and the longest time of a worker."""
    found = re.findall(TOTALS, log)
    if not found:
        raise RuntimeError(f"the log has no line of nexmark.checksum:\n{log[-2000:]}")
    rows, checksums, seconds, timed_rows, cpu_seconds = zip(*found)
    checksum = sum(map(int, checksums)) & (1 << 64) - 1
    return {
        "rows": sum(map(int, rows)),
        "checksum": checksum - (1 << 64) if checksum >> 63 else checksum,
        "seconds": max(map(float, seconds)),
        "timed_rows": sum(map(int, timed_rows)),
        "cpu_seconds": max(map(float, cpu_seconds)),
    }
