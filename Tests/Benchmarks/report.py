"""Interleaved rounds and their medians."""

from statistics import median


class Rounds:
    """Figures by name of what was measured, one row a round."""

    def __init__(self):
        self.rows: dict[str, list[dict]] = {}

    def add(self, name: str, **figures: float) -> None:
        """Notes a round's figures and prints them."""
        self.rows.setdefault(name, []).append(figures)
        print(f"  {name}: " + "  ".join(f"{key}={number(value)}" for key, value in figures.items()), flush=True)

    def median(self, name: str, figure: str) -> float:
        return median(row[figure] for row in self.rows[name])

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
