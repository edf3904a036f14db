"""Interleaved rounds and their medians."""

import os
import platform
from pathlib import Path
from statistics import median


class Rounds:
    """Figures by name of what was measured, one row a round. A name is a text or several."""

    def __init__(self):
        self.rows: dict[str | tuple, list[dict]] = {}

    def add(self, name, **figures: float) -> None:
        """Notes a round's figures and prints them."""
        self.rows.setdefault(name, []).append(figures)
        print(f"  {name if isinstance(name, str) else ', '.join(name)}: " + "  ".join(f"{key}={number(value)}" for key, value in figures.items()), flush=True)

    def names(self) -> list:
        return list(self.rows)

    def values(self, name, figure: str) -> list[float]:
        return [row[figure] for row in self.rows[name]]

    def median(self, name, figure: str) -> float:
        return median(self.values(name, figure))

    def write(self, path: Path) -> None:
        """Every run as a line of tab-separated values, a line of names before them."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "w") as file:
            for index, (name, row) in enumerate((name, row) for name, rows in self.rows.items() for row in rows):
                if index == 0:
                    print("name", *row, sep="\t", file=file)
                print(name if isinstance(name, str) else "/".join(name), *row.values(), sep="\t", file=file)

    def print_medians(self) -> None:
        for name, rows in self.rows.items():
            figures = "  ".join(
                f"{key} {number(self.median(name, key))} ({number(min(r[key] for r in rows))} to "
                f"{number(max(r[key] for r in rows))})" for key in rows[0])
            print(f"{name}: median of {len(rows)}: {figures}")

    def print_ratio(self, what: str, one: str, other: str, figure: str) -> None:
        """How many times `other`'s median figure `one`'s is."""
        print(f"{what}: {self.median(one, figure) / self.median(other, figure):.2f}")


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3f}"


def machine() -> str:
    """What it was measured on."""
    model = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    memory_gb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return (f"{os.cpu_count()} × {model.split(':')[1].strip()}, {memory_gb:.0f} GB, Linux {platform.release()}, "
            f"load {os.getloadavg()[0]:.1f}")
