"""Registration numbers without gaps: one clear file of main each, `numbers/<series>/<n>.yaml` (R-AUD-14). Pure.

A number is given to a record that main holds, the next one of its series, and never changes. The file says
which record: its id and where it lies, so that whoever has no key can see that it is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crmctl.model.dossier import folder_of
from crmctl.model.paths import place_of
from crmctl.model.values import Value

TOP = "numbers"
SCHEMA = "crmctl/number/1"
_PATH = re.compile(r"numbers/(?P<series>[a-z][a-z0-9_-]{0,60})/(?P<number>[1-9][0-9]{0,9})\.yaml")


@dataclass(frozen=True, slots=True)
class Number:
    """Number `number` of `series`, and the record that has it."""

    series: str
    number: int
    record: str
    dossier: str
    compartment: str

    @property
    def path(self) -> str:
        """Where it stands on main."""
        return number_path(self.series, self.number)

    def encode(self) -> dict[str, Value]:
        """The file's mapping."""
        return {"schema": SCHEMA, "record": self.record, "dossier": self.dossier, "compartment": self.compartment}


def number_path(series: str, number: int) -> str:
    """The path of a number."""
    return f"{TOP}/{series}/{number}.yaml"


def number_at(path: str) -> tuple[str, int] | None:
    """Series and number that a path says; None for any other path."""
    match = _PATH.fullmatch(path)
    return (match["series"], int(match["number"])) if match else None


def number_of(path: str, series: str, number: int) -> Number:
    """The number for the record at a path. Raises ValueError where no record can lie."""
    place = place_of(path)
    if place is None or not place.is_record:
        raise ValueError(path)
    return Number(series, number, place.record_id, place.dossier, place.compartment)


def read_number(path: str, raw: Value) -> Number | None:
    """Read a number's file; None where path or content is not that of one."""
    at = number_at(path)
    if at is None or not isinstance(raw, Mapping) or raw.keys() != {"schema", "record", "dossier", "compartment"}:
        return None
    texts = [raw[name] for name in ("record", "dossier", "compartment")]
    if raw["schema"] != SCHEMA or not all(isinstance(text, str) for text in texts):
        return None
    record, dossier, compartment = (str(text) for text in texts)
    try:
        folder_of(dossier)
    except ValueError:
        return None
    return Number(*at, record, dossier, compartment)
