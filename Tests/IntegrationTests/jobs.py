"""A job, run and judged from outside: its directory, its processes, its log, its checkpoints."""

import copy
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException

from brokers import wait_until_stopped
from feeder import Feeder

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("MILLRACE_BUILD", ROOT / ".build"))
ENGINE = Path(os.environ.get("MILLRACE_ENGINE", BUILD / "release" / "millrace"))

# Exit codes of the engine.
SUCCESS, FAILED, USAGE, ALREADY_RUNNING, RECOVERY, REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
KILLED = -signal.SIGKILL
# What the log says when a job goes on by itself after an attempt that failed.
STARTS_AGAIN = "starting again from the last committed epoch"

# A fresh broker's answers to the first questions about a group.
COORDINATOR_IS_NEW = {
    KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS}

HEAD = """
job: {job}
parallelism: {parallelism}
checkpoint: {{ {checkpoint} }}
plugins: {{ directories: ["{plugins}"], on_new_version: swap, scan_interval: 100ms }}
connections:
  kafka: {{ {connection} }}
"""


class Job:
    """One job on one broker. A context manager: feeders, processes and files are gone when it ends; if it ends with an
    error, the engine's log is shown. `pipeline`: topics and steps in YAML, with `{names}` of settings."""

    def __init__(self, broker, name, pipeline, **settings):
        self.broker, self.name, self.pipeline = broker, name, pipeline
        self._place(Path(tempfile.mkdtemp(prefix="millrace-job-")))
        self.settings = dict(
            parallelism=2, interval="200ms", guarantee="exactly_once", retention=3, timeout="60s", stop="end",
            idle_interval="0s",  # so that cases can wait for epochs
            start="earliest", properties={})
        self.settings.update(settings)
        for plugin in sorted((BUILD / "plugins").glob("*.so")):
            shutil.copy(plugin, self.plugins)

    def _place(self, directory):
        self.dir = directory
        self.plugins, self.storage, self.log_path = self.dir / "plugins", self.dir / "checkpoints", self.dir / "engine.log"
        self.plugins.mkdir()
        (self.dir / "tmp").mkdir()
        self.log_path.touch()
        self._mark, self._feeders, self._processes = 0, [], []

    def __enter__(self):
        return self

    def __exit__(self, _kind, failure, _trace):
        if failure is not None and not getattr(failure, "is_skip", False):
            print(f"--- the end of the engine's log ({self.name})\n{self.tail()}\n---", file=sys.stderr, flush=True)
            print(self._what_it_does(), file=sys.stderr, flush=True)
        self.close()

    def _what_it_does(self):
        """Of each engine that still runs, what it says of itself and where its threads wait."""
        told = []
        for process in self._processes:
            if process.poll() is None:
                try:
                    done = subprocess.run(
                        [ENGINE, "status", self.storage / self.name], capture_output=True, text=True, timeout=20)
                    told.append(done.stdout + done.stderr)
                except subprocess.TimeoutExpired:
                    told.append("it does not answer `millrace status`")
                try:
                    told += [f"{(task / 'comm').read_text().strip()}: {(task / 'wchan').read_text()}"
                             for task in sorted(Path(f"/proc/{process.pid}/task").iterdir())]
                except OSError as failure:
                    told.append(f"its threads can't be looked at: {failure}")
        return "\n".join(told)

    def close(self):
        for feeder in self._feeders:
            feeder.stop()
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def twin(self):
        """The same job in a directory of its own, without checkpoints, as on another machine. A context manager too."""
        other = copy.copy(self)
        other._place(Path(tempfile.mkdtemp(prefix="millrace-job-")))
        shutil.copytree(self.plugins, other.plugins, dirs_exist_ok=True)
        return other

    # Files

    def install(self, path, name):
        """Puts a plugin into the job's directory as a careful user would: by rename."""
        part = self.plugins / (name + ".part")
        shutil.copy(path, part)
        os.rename(part, self.plugins / name)

    def write_pipeline(self, **overrides):
        settings = {**self.settings, **overrides}
        checkpoint = f"guarantee: {settings['guarantee']}"
        if settings["guarantee"] != "none":
            for key in ("interval", "idle_interval", "retention", "timeout"):
                checkpoint += f", {key}: {settings[key]}"
            checkpoint += f', storage: "file://{self.storage}"'
        properties = {"bootstrap.servers": self.broker.bootstrap, **settings["properties"]}
        text = (HEAD + self.pipeline).format(
            job=self.name, plugins=self.plugins, checkpoint=checkpoint,
            connection=", ".join(f'{name}: "{value}"' for name, value in properties.items()),
            **{name: value for name, value in settings.items() if name != "properties"})
        path = self.dir / "pipeline.yaml"
        path.write_text(text)
        return path

    def manifests(self):
        """The manifests of all committed checkpoints, by epoch, ascending."""
        found = {}
        for directory in sorted((self.storage / self.name).glob("epoch-*")):
            if (directory / "committed").exists():
                try:
                    manifest = json.loads((directory / "manifest.json").read_bytes())["manifest"]
                except FileNotFoundError:
                    continue  # The running job has just removed it.
                found[manifest["epoch"]] = manifest
        return found

    def checkpoint(self, epoch):
        """The directory of a checkpoint."""
        return self.storage / self.name / f"epoch-{epoch:020}"

    # The engine

    def start(self, *, fault=None, arguments=(), environment_more=None, **overrides):
        """Starts the engine; `overrides` are settings for this run, `environment_more` is added to its environment."""
        path = self.write_pipeline(**overrides)
        self._mark = self.log_path.stat().st_size
        environment = {
            **os.environ, "TMPDIR": str(self.dir / "tmp"), "MILLRACE_PLUGIN_CACHE": str(self.dir / "plugin-cache")}
        environment.pop("MILLRACE_FAULT", None)
        environment.update(environment_more or {})
        if fault:
            environment["MILLRACE_FAULT"] = fault
        with open(self.log_path, "a") as log:
            process = subprocess.Popen(
                [ENGINE, "run", *arguments, path], stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment,
                cwd=self.dir)
        self._processes.append(process)
        return process

    def expect(self, process, code, timeout_s=60):
        """Waits for the process's end, which has to be `code`."""
        try:
            actual = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the engine did not end in {timeout_s} s, expected exit code {code}") from None
        assert actual == code, f"the engine ended with exit code {actual}, expected {code}"

    def drain(self, process, timeout_s=60):
        """SIGTERM, as soon as it handles that; it has to end well."""
        wait_for(lambda: handles(process.pid, signal.SIGTERM), 10, "it handles SIGTERM", process, pause_s=0.01)
        process.send_signal(signal.SIGTERM)
        self.expect(process, SUCCESS, timeout_s)

    def kill(self, process):
        """kill -9; it must not have ended by itself."""
        assert process.poll() is None, f"the engine ended by itself with exit code {process.returncode}"
        process.kill()
        process.wait()

    def pause(self, process):
        """It stands still, as on a machine that swaps or is moved."""
        process.send_signal(signal.SIGSTOP)
        wait_until_stopped(process.pid)

    def resume(self, process):
        process.send_signal(signal.SIGCONT)

    def run_to_end(self, timeout_s=180, **overrides):
        """Runs until all that is in the topics is done."""
        self.expect(self.start(stop="end", **overrides), SUCCESS, timeout_s)

    def log(self):
        """What the engine has said since its last start."""
        with open(self.log_path, "rb") as file:
            file.seek(self._mark)
            return file.read().decode(errors="replace")

    def tail(self, lines=40):
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    # Waiting

    def feed(self, topic, messages, rows_per_s=None):
        """Feeds a topic in the background."""
        feeder = Feeder(self.broker, topic, messages, rows_per_s)
        self._feeders.append(feeder)
        feeder.start()
        return feeder

    def wait_until_read(self, topic, process=None, timeout_s=60):
        """Waits until the group's committed offsets are the topic's ends."""
        ends = self.broker.end_offsets(topic)

        def is_read():
            try:
                committed = self.broker.committed(self.name, topic)
            except KafkaException as failure:
                if failure.args[0].code() not in COORDINATOR_IS_NEW:
                    raise
                return False
            return all((committed[p] or 0) >= end for p, end in ends.items())

        wait_for(is_read, timeout_s, f"{self.name} reads {topic} to its ends {ends}", process)

    def wait_until_started(self, topic, process, timeout_s=30):
        """Waits until the group has an offset in each partition: then all start offsets are settled."""
        wait_for(lambda: None not in self.broker.committed(self.name, topic).values(), timeout_s,
                 f"{self.name} commits offsets of {topic}", process)


def handles(pid, number):
    """Whether a process has a handler for a signal. One that has just been started has none yet."""
    (caught,) = re.findall(r"^SigCgt:\t([0-9a-f]+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return bool(int(caught, 16) >> (number - 1) & 1)


def wait_for(is_so, timeout_s, what, process=None, pause_s=0.1):
    """Waits until `is_so()`; fails after `timeout_s`, or if `process` ends before."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert process is None or process.poll() is None, f"the engine ended with {process.returncode} before: {what}"
        assert time.monotonic() < deadline, f"did not happen in {timeout_s} s: {what}"
        time.sleep(pause_s)
