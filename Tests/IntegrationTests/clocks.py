"""A wall clock that a test sets, for one engine."""

import atexit
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent


@cache
def _clock_step():
    place = Path(tempfile.mkdtemp(prefix="millrace-clock-step-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    subprocess.run(
        ["gcc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", place / "clock_step.so",
         HERE / "clock_step" / "clock_step.c", "-ldl"], check=True)
    return place / "clock_step.so"


class Clock:
    """The clock of the engines that have `environment` added to theirs; its file is in `directory`."""

    def __init__(self, directory):
        self.file = Path(directory) / "clock-step"
        self.environment = {"LD_PRELOAD": str(_clock_step()), "CLOCK_STEP_FILE": str(self.file)}
        self.set(0)

    def set(self, ahead_s):
        """From now on the clock is so many seconds ahead of the machine's; behind it if negative."""
        part = self.file.with_suffix(".part")
        part.write_text(f"{ahead_s}\n")
        part.rename(self.file)
