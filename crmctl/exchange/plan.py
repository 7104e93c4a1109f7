"""An import as a plan: what each row of each sheet will do, and why some will not go in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from crmctl.errors import InvalidInput
from crmctl.i18n import _
from crmctl.model.changes import FieldChange
from crmctl.model.findings import Finding

SCHEMA = "crmctl/import-plan/1"
Action = Literal["create", "update", "same", "duplicate", "blocked", "error"]
GOING_IN: tuple[Action, ...] = ("create", "update")
LEFT_OUT: tuple[Action, ...] = ("duplicate", "blocked", "error")


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for: file or folder, mapping, kind, department, encoding. Paths are absolute."""

    path: str
    mapping: str | None = None
    kind: str | None = None
    department: str | None = None
    encoding: str | None = None


@dataclass(slots=True)
class PlanRow:
    """What one row does.

    `id`, `path` and `row` name the existing record. A new record belongs to `dossier`, or to the
    customer that plan row number `customer` makes. `values` are canonical. `title` is what a
    person recognises the row by.
    """

    place: str
    kind: str
    action: Action
    title: str = ""
    id: str = ""
    path: str = ""
    row: str | None = None
    dossier: str = ""
    customer: int | None = None
    department: str = ""
    owner: str = ""
    state: str | None = None
    reason: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    changes: list[FieldChange] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def leave_out(self, action: Action, *findings: Finding) -> None:
        """Keep the row out, for these reasons."""
        self.action = action
        self.findings += findings

    @property
    def essence(self) -> tuple[object, ...]:
        """What the row does, told exactly."""
        return (self.kind, self.action, self.id, self.customer, self.dossier, self.values, self.changes)

    @property
    def goes_in(self) -> bool:
        """Whether applying the plan writes the row."""
        return self.action in GOING_IN


@dataclass(slots=True)
class Plan:
    """The whole import. `sources` are the files read with their sha256; `notes` concern whole sheets."""

    ledger: str
    head: str
    member: str
    at: str
    order: Order
    sources: dict[str, str] = field(default_factory=dict)
    encodings: dict[str, str] = field(default_factory=dict)
    rows: list[PlanRow] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    def counts(self) -> dict[str, Counter[Action]]:
        """How many rows do what, by kind."""
        found: dict[str, Counter[Action]] = {}
        for row in self.rows:
            found.setdefault(row.kind, Counter())[row.action] += 1
        return found

    def left_out(self) -> list[PlanRow]:
        """The rows that cannot go in."""
        return [row for row in self.rows if row.action in LEFT_OUT]

    def writes(self) -> list[PlanRow]:
        """The rows that go in."""
        return [row for row in self.rows if row.goes_in]

    def differing(self, other: Plan) -> list[str]:
        """The places of rows that do something else in another plan of the same files."""
        mine = {row.place: row.essence for row in self.rows}
        theirs = {row.place: row.essence for row in other.rows}
        return [place for place in dict.fromkeys([*mine, *theirs]) if mine.get(place) != theirs.get(place)]

    def encode(self) -> bytes:
        """The plan as bytes, to be sealed."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, ensure_ascii=False).encode()


def decode(content: bytes, where: str) -> Plan:
    """The plan that `encode` wrote. Raises InvalidInput."""
    try:
        raw = json.loads(content)
        if raw.pop("schema") != SCHEMA:
            raise KeyError("schema")
        return Plan(
            ledger=raw["ledger"], head=raw["head"], member=raw["member"], at=raw["at"], order=Order(**raw["order"]),
            sources=raw["sources"], encodings=raw["encodings"], rows=[_row(one) for one in raw["rows"]],
            notes=[_finding(one) for one in raw["notes"]],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput(_("This is no import plan"), where=where, hint="crmctl import plan FILE") from error


def _row(raw: Mapping[str, Any]) -> PlanRow:
    changes = [FieldChange(**one) for one in raw["changes"]]
    return PlanRow(**{**raw, "changes": changes, "findings": [_finding(one) for one in raw["findings"]]})


def _finding(raw: Mapping[str, Any]) -> Finding:
    return Finding(**raw)
