"""Keeps a job's engine running beside a test, and kills it now and then."""

import random
import threading

from jobs import wait_for


class Keeper:
    """Runs a job, and fails if its engine ends by itself. With `kills` it dies at random moments, `kills` seconds apart on
    average, and is started again."""

    def __init__(self, job, dice, kills=None, environment=None):
        self.job, self.kills, self.environment = job, kills, environment
        # Its own: when it throws them depends on time, and the test's must not.
        self.dice = random.Random(dice.random())
        self.kill_count = 0
        self._ended = threading.Event()
        self._failure = None
        self.process = self._start()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _start(self):
        return self.job.start(stop="never", environment_more=self.environment)

    def _run(self):
        try:
            while not self._ended.wait(self.dice.uniform(0.2, 2 * self.kills) if self.kills else 0.1):
                if self.kills:
                    self.kill_and_start()
                elif self.process.poll() is not None:
                    raise AssertionError(f"the engine ended by itself with exit code {self.process.returncode}")
        except BaseException as failure:  # noqa: B902  (told by `check`, to whom it concerns)
            self._failure = failure

    def kill_and_start(self):
        self.job.kill(self.process)
        self.kill_count += 1
        self.process = self._start()

    def check(self):
        if self._failure:
            raise self._failure

    def wait_for(self, is_so, timeout_s, what):
        """Waits while the engine runs, and is killed."""

        def is_so_and_well():
            self.check()
            return is_so()

        wait_for(is_so_and_well, timeout_s, what)

    def finish(self):
        """No more kills; gives the engine's process, which runs."""
        self._ended.set()
        self._thread.join(30)
        self.check()
        if self.kills and not self.kill_count:
            self.kill_and_start()  # The fault was over before its time came.
        return self.process
