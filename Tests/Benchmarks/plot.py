"""Draws what `run.py curve` measured: `plot.py CURVE.tsv DIRECTORY` writes keys.svg and values.svg there."""

import csv
import math
import sys
from pathlib import Path

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 84, 170, 48, 56
COLORS = {"memory": "#1f6feb", "disk": "#bf5700"}
TITLES = {
    "keys": ("Events per core-second by number of keys", "keys, uniform"),
    "values": ("Events per core-second by size of a key's value", "bytes of a value, read and replaced at every row"),
}
STYLE = """<style>
  text { font: 13px sans-serif; fill: #24292f } .title { font-size: 15px; font-weight: bold }
  .grid { stroke: #d0d7de; stroke-width: 1 } .line { fill: none; stroke-width: 2 }
</style>"""


class Scale:
    """A logarithmic axis from `least` to `most` on the pixels `first` to `last`."""

    def __init__(self, least, most, first, last):
        self.low, self.high, self.first, self.last = math.log10(least), math.log10(most), first, last

    def __call__(self, value) -> float:
        return self.first + (math.log10(value) - self.low) / (self.high - self.low) * (self.last - self.first)


def short(value: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"


def short_bytes(value: int) -> str:
    return f"{value >> 10} KiB"


def text(x, y, what, anchor="middle", css="") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{f" class={css!r}" if css else ""}>{what}</text>'


def line(x1, y1, x2, y2) -> str:
    return f'<line class="grid" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def axes(chart, rows, across: Scale, up: Scale, low: int, high: int) -> list[str]:
    """Grid, ticks and titles."""
    label = short if chart == "keys" else short_bytes
    parts = []
    steps = (1, 2, 5) if high - low <= 2 else (1,)
    for value in (step * 10**power for power in range(low, high + 1) for step in steps):
        if value <= 10**high:
            parts += [line(LEFT, up(value), WIDTH - RIGHT, up(value)), text(LEFT - 8, up(value) + 4, short(value), "end")]
    for x in sorted({int(row["x"]) for row in rows}):
        parts += [line(across(x), TOP, across(x), HEIGHT - BOTTOM), text(across(x), HEIGHT - BOTTOM + 18, label(x))]
    title, below = TITLES[chart]
    middle = (LEFT + WIDTH - RIGHT) / 2
    return parts + [text(LEFT, 26, title, "start", "title"), text(middle, HEIGHT - 12, below)]


def curve(store, parallelism, points, across: Scale, up: Scale) -> list[str]:
    """A polyline with a dot at each point. Dashed for one worker."""
    color, dash = COLORS[store], ' stroke-dasharray="6 4"' if parallelism == "1" else ""
    places = [(across(x), up(y)) for x, y in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{color}"/>' for x, y in places]
    return [f'<polyline class="line" stroke="{color}"{dash} points="{path}"/>', *dots]


def legend(names: list) -> list[str]:
    parts, x, y = [], WIDTH - RIGHT + 14, TOP + 8
    for store, parallelism in names:
        dash = ' stroke-dasharray="6 4"' if parallelism == "1" else ""
        workers = f"{parallelism} worker{'s' if parallelism != '1' else ''}"
        parts.append(f'<line class="line" stroke="{COLORS[store]}"{dash} x1="{x}" y1="{y}" x2="{x + 26}" y2="{y}"/>')
        parts.append(text(x + 32, y + 4, f"{store}, {workers}", "start"))
        y += 22
    return parts


def draw(chart: str, rows: list[dict]) -> str:
    rates, places = [float(row["events_per_core_s"]) for row in rows], [int(row["x"]) for row in rows]
    low, high = math.floor(math.log10(min(rates))), math.ceil(math.log10(max(rates)))
    across = Scale(min(places), max(places), LEFT + 20, WIDTH - RIGHT - 20)
    up = Scale(10**low, 10**high, HEIGHT - BOTTOM, TOP)
    names = list(dict.fromkeys((row["store"], row["parallelism"]) for row in rows))
    parts = axes(chart, rows, across, up, low, high) + legend(names)
    for store, parallelism in names:
        points = sorted((int(row["x"]), float(row["events_per_core_s"])) for row in rows
                        if (row["store"], row["parallelism"]) == (store, parallelism))
        parts += curve(store, parallelism, points, across, up)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
    return "\n".join([head, STYLE, '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>", ""])


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: plot.py CURVE.tsv DIRECTORY")
    with open(sys.argv[1]) as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
    for chart in TITLES:
        chosen = [row for row in rows if row["chart"] == chart]
        if chosen:
            (Path(sys.argv[2]) / f"{chart}.svg").write_text(draw(chart, chosen))


if __name__ == "__main__":
    main()
