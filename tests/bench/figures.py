"""Figures of a benchmark: a name, a value, what it is of, and the target it is held against."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured number. Exactly one of `at_most` and `at_least` is the target; neither where there is none."""

    name: str
    value: float
    told: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def target(self) -> str:
        """The target in words."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return f"≥ {self.at_least:g}" if self.at_least is not None else ""

    @property
    def verdict(self) -> str:
        """ "yes" or "NO", the target being met or not; empty without one."""
        if self.at_most is not None:
            return "yes" if self.value <= self.at_most else "NO"
        if self.at_least is not None:
            return "yes" if self.value >= self.at_least else "NO"
        return ""


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print the figures as a table."""
    table = Table("figure", "value", "target", "met", "what it is", title=title, title_justify="left")
    for figure in figures:
        table.add_row(figure.name, f"{figure.value:.3g}", figure.target, figure.verdict, figure.told)
    Console().print(table)


def write(path: Path, figures: Sequence[Figure]) -> None:
    """Merge the figures into the flat JSON object at `path`."""
    known: Mapping[str, float] = json.loads(path.read_text()) if path.exists() else {}
    merged = {**known, **{figure.name: round(figure.value, 4) for figure in figures}}
    path.write_text(json.dumps(dict(sorted(merged.items())), indent=2) + "\n")
