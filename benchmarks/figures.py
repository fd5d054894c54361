"""Medians, percentiles and the lines that the benchmarks print."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

LOUD = 0.3
"""Cores of other programs beside which a figure does not count."""


def p95(values: Sequence[float]) -> float:
    """The 95th percentile, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(0.95 * len(ordered) + 0.5) - 1)]


@dataclass
class Row:
    """One quantity of both workers.

    Attributes:
        most: the ratio of medians that lkrun may have at most.
        scale: what turns a value into its unit.
    """

    name: str
    most: float | None
    unit: str = "ms"
    scale: float = 1000.0
    handwritten: list[float] = field(default_factory=list)
    lkrun: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The ratio of medians."""
        return statistics.median(self.lkrun) / statistics.median(self.handwritten)

    def line(self) -> str:
        """What is printed of it."""
        if not self.lkrun or not self.handwritten:
            return f"{self.name:<34} no figure: {len(self.handwritten)} and {len(self.lkrun)} came"
        shown = f"{self.name:<34} {self._of(self.handwritten)}  {self._of(self.lkrun)}  "
        shown += f"{self.ratio:5.2f} x"
        if self.most is None:
            return shown
        verdict = "ok" if self.ratio <= self.most else "MISSED"
        return f"{shown}  {verdict} (≤ {self.most:.2f} x)"

    def _of(self, values: list[float]) -> str:
        middle, high = statistics.median(values) * self.scale, p95(values) * self.scale
        return f"{middle:7.1f} {self.unit} (p95 {high:7.1f}, n {len(values):3})"


def heading() -> str:
    """The line above rows."""
    return f"{'':<34} {'hand-written':<33}  {'lkrun':<33}  ratio of medians"


@dataclass
class Quiet:
    """Counts what was measured beside other programs, and says whether to measure again.

    Attributes:
        tries: how often a row is measured at most.
        cores: what other programs used, row by row, of those that count.
        repeated: rows that did not count.
        loud: rows that count although they should not, since it never became quiet.
    """

    tries: int = 3
    cores: list[float] = field(default_factory=list)
    repeated: int = 0
    loud: int = 0
    _tries: int = 0

    def again(self, beside: float) -> bool:
        """Whether a row beside so many cores of other programs is to be repeated."""
        self._tries += 1
        if beside > LOUD and self._tries < self.tries:
            self.repeated += 1
            return True
        self.loud += beside > LOUD
        self._tries = 0
        self.cores.append(beside)
        return False

    def line(self) -> str:
        """What is printed of it."""
        middle = statistics.median(self.cores) if self.cores else 0.0
        return (
            f"other programs beside it: median {middle:.2f} cores, most "
            f"{max(self.cores, default=0.0):.2f}; {self.repeated} rows repeated, "
            f"{self.loud} kept beside more than {LOUD} cores"
        )
