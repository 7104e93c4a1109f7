"""Measure how well duplicates are found on hand-labelled organisations. For developers only.

    python tools/measure_duplicates.py organisations.csv

The CSV has the columns `Id`, `Site name`, `Phone` and `True Id`; rows of one true id are one
organisation. Two rows are one pair; precision and recall count pairs, the surest strengths first.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from crmctl.rules.duplicates import Identity, Mark, pairs

NAME = ("名称", "Name")
PHONE = ("电话", "Phone")


def read(path: Path) -> tuple[list[Identity], dict[str, str]]:
    """The rows as identities, and each row's true id."""
    identities, truth = [], {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            marks = [Mark(NAME, "name", row["Site name"].strip())]
            if row["Phone"].strip():
                marks.append(Mark(PHONE, "phone", row["Phone"].strip()))
            identities.append(Identity(row["Id"], tuple(marks)))
            truth[row["Id"]] = row["True Id"]
    return identities, truth


@dataclass(frozen=True)
class Figures:
    """What the pairs up to a strength are worth."""

    pairs: int
    precision: float
    recall: float

    @property
    def mean(self) -> float:
        """The harmonic mean of precision and recall (F1)."""
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)


def figures(path: Path) -> dict[str, Figures]:
    """The figures up to each strength, the surest first."""
    identities, truth = read(path)
    existing = sum(count * (count - 1) // 2 for count in Counter(truth.values()).values())
    found = [(one, other.id, other.strength) for one, other in pairs(identities)]
    reached: dict[str, Figures] = {}
    for strength in ("exact", "strong", "weak"):
        chosen = [(one, other) for one, other, how in found if how in {*reached, strength}]
        right = sum(truth[one] == truth[other] for one, other in chosen)
        reached[strength] = Figures(len(chosen), right / max(len(chosen), 1), right / existing)
    return reached


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Measure how well duplicates are found.")
    parser.add_argument("organisations", type=Path)
    began = time.perf_counter()
    for strength, one in figures(parser.parse_args().organisations).items():
        line = f"up to {strength}: {one.pairs} pairs, P {one.precision:.3f}, R {one.recall:.3f}, F1 {one.mean:.3f}"
        sys.stdout.write(line + "\n")
    sys.stdout.write(f"{time.perf_counter() - began:.2f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
