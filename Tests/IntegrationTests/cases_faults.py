"""Cases of three brokers: a third of what scripts/faults does, every fault at least once, with short outages."""

from faults import FAULTS, matrix, play
from registry import register

CHOSEN = {
    "leader_killed at 50ms, killed",
    "coordinator_killed at 1s",
    "each_broker_killed at 50ms, killed",
    "two_brokers_down at 50ms, killed",
    "all_brokers_killed at 50ms",
    "broker_paused at 50ms",
    "broker_paused at 50ms, killed",
    "brokers_restarted_cleanly at 1s",
    "network_cut at 50ms, killed",
    "network_silent at 1s",
    "network_slow at 50ms, killed",
    "partitions_raised at 50ms",
    "partitions_reassigned at 1s, killed",
    "read_records_deleted at 50ms",
    "read_records_deleted at 1s, killed",
    "unread_records_deleted at 50ms, killed",
    "unread_records_deleted at 1s",
    "unread_records_deleted at 1s, killed",
    "clock_stepped at 50ms",
    "clock_stepped at 1s, killed",
}


def register_case(name, *case):
    register(name, "cluster", lambda cluster, dice: play(cluster, dice, *case, is_long=False))


chosen = [one for one in matrix() if one[0] in CHOSEN]
assert len(chosen) == len(CHOSEN), f"not in the matrix: {CHOSEN - {one[0] for one in chosen}}"
assert {one[1].name for one in chosen} == {one.name for one in FAULTS}, "a fault is left out"
for one in chosen:
    register_case(*one)
