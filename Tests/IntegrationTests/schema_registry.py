"""A real schema registry to test against."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka.schema_registry import SchemaRegistryClient

from ports import free_port
from registry import Skip


class SchemaRegistry:
    """Apicurio Registry with Confluent's API; schemas outlive a kill."""

    def __init__(self, home):
        self._command, self._dir, self.port = Path(home) / "registry", Path(tempfile.mkdtemp(prefix="millrace-registry-")), free_port()
        self.url = f"http://127.0.0.1:{self.port}/apis/ccompat/v7"
        self.start()

    def _call(self, verb, *more):
        # It runs for seconds: code that starts soon is worth more than code that is fast.
        environment = {**os.environ, "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1"}
        subprocess.run([self._command, verb, self._dir, *more], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env=environment, timeout=90)

    def start(self):
        self._call("up", "--port", str(self.port), "--set", "persist=1")

    def kill(self):
        """It may forget what it was told in the last moments before."""
        self._call("kill")

    def shut_down(self):
        self._call("down")

    def pause(self):
        self._call("pause")

    def resume(self):
        self._call("resume")

    def stop(self):
        try:
            self.kill()
        except subprocess.CalledProcessError:
            pass  # It is down already.
        shutil.rmtree(self._dir, ignore_errors=True)

    def is_paused(self):
        stat = Path(f"/proc/{(self._dir / 'pid').read_text().strip()}/stat")
        # After its name, which is in parentheses.
        return stat.exists() and stat.read_text().rpartition(")")[2].startswith(" T ")

    def bring_back(self):
        """After an end or a pause."""
        if self.is_paused():
            self.resume()
        else:
            self.start()

    def client(self):
        """Confluent's."""
        return SchemaRegistryClient({"url": self.url})


@contextmanager
def schema_registry():
    home = os.environ.get("MILLRACE_REGISTRY_HOME")
    if not home:
        raise Skip("MILLRACE_REGISTRY_HOME is not set")
    registry = SchemaRegistry(home)
    try:
        yield registry
    finally:
        registry.stop()
