"""Computes the alerts of examples.knock_on_delay without Millrace, straight from the definitions in README.md.

    python expected.py flights.csv.zip [1.0.0|2.0.0] > alerts.jsonl

Prints one JSON object per alert, aircraft by aircraft (in the order of their tail numbers), each aircraft's in the
order of its flights. Importable: `expected(rows, version)` takes rows as flights.load gives them.
"""
import json
import sys
from datetime import datetime, timedelta

import flights

LATE_MINUTES = 15
DAY = timedelta(hours=24)


def instant(text):
    """A time of a row."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")


def flown(rows):
    """The flights that took off, by aircraft, in the order of `rows`."""
    by_aircraft = {}
    for row in rows:
        if row["tailnum"] is not None and row["departure_delay"] is not None:
            by_aircraft.setdefault(row["tailnum"], []).append(row)
    return by_aircraft


def is_knock_on(previous, row, late_minutes):
    """Whether `row` is late because `previous`, the aircraft's flight before it, was."""
    apart = instant(row["scheduled_departure"]) - instant(previous["scheduled_departure"])
    arrived_late = (previous["arrival_delay"] or 0) > late_minutes
    return timedelta(0) <= apart < DAY and arrived_late and row["departure_delay"] > late_minutes


def chains(aircraft_rows, late_minutes):
    """Splits the flights of one aircraft into chains: lists in which each flight but the first is a knock-on of
    the one before."""
    result = []
    for row in aircraft_rows:
        if result and is_knock_on(result[-1][-1], row, late_minutes):
            result[-1].append(row)
        else:
            result.append([row])
    return result


def alert(chain, position, version):
    """The alert for the flight at `position` (from 1) of a chain."""
    row, previous = chain[position], chain[position - 1]
    names = ("tailnum", "carrier", "flight", "origin", "dest", "scheduled_departure", "departure_delay")
    result = {name: row[name] for name in names}
    result["previous_arrival_delay"] = previous["arrival_delay"]
    result["chain_length"] = position
    result["version"] = version
    if version.startswith("2."):
        result["first_origin"] = chain[0]["origin"]
    return result


def expected(rows, version, late_minutes=LATE_MINUTES):
    """All alerts of `rows`, as the operator of `version` ("1.0.0" or "2.0.0") has to emit them."""
    by_aircraft = flown(rows)
    return [
        alert(chain, position, version)
        for tailnum in sorted(by_aircraft)
        for chain in chains(by_aircraft[tailnum], late_minutes)
        for position in range(1, len(chain))
    ]


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    version = sys.argv[2] if len(sys.argv) == 3 else "1.0.0"
    for item in expected(flights.load(sys.argv[1]), version):
        print(json.dumps(item, separators=(",", ":")))


if __name__ == "__main__":
    main()
