"""Cases about state that is larger than memory, and checkpoints of what changed."""

import time

from jobs import KILLED, USAGE, wait_for
from large_state_kills import prove
from ledger_job import LedgerJob, state_setting
from registry import case


@case("kafka")
def kills_with_state_on_disk_lose_and_repeat_nothing(broker, dice):
    prove(broker, dice, "rocksdb", kills=15)


@case("kafka")
def kills_with_state_in_memory_lose_and_repeat_nothing(broker, dice):
    prove(broker, dice, "memory", kills=15)
