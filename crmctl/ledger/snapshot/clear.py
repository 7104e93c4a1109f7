"""The clear side as tables: assignments of the dossiers, and where each record lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crmctl import __version__
from crmctl.ledger.ledger import Ledger, parse_dossier
from crmctl.ledger.snapshot.difference import Entry
from crmctl.ledger.snapshot.records import taker
from crmctl.ledger.snapshot.segment import Made, Row, Segment
from crmctl.model.dossier import clear_path
from crmctl.model.kinds import Kind
from crmctl.model.paths import dossier_of, place_of

ASSIGNMENT = (
    ("dossier", "TEXT"), ("department", "TEXT"), ("owner", "TEXT"), ("team", "TEXT"), ("keeper", "TEXT"),
    ("state", "TEXT"), ("since", "TEXT"),
)  # fmt: skip


def assignment_segment() -> Segment:
    """The table `assignment`: each department's dealing with each customer."""
    return Segment(
        "assignment", f"2 {__version__}", "assignment", ASSIGNMENT, _is_dossier, assignments,
        key="dossier", key_of=_dossier, primary=("dossier", "department"), sealed=False,
    )  # fmt: skip


def place_segment(kind: Kind) -> Segment:
    """The table `place`: record id → path of one kind, found by the beginning of the id."""
    return Segment(
        f"place-{kind.name}", f"1 {__version__}", "place", (("id", "TEXT"), ("path", "TEXT")), taker(kind), places,
        primary=("id", "path"), sealed=False, light=True, folder="" if kind.single else kind.folder,
    )  # fmt: skip


def assignments(ledger: Ledger, _argument: str, entries: Sequence[Entry]) -> Iterator[Made]:
    """The assignments in each dossier's clear file. Raises BadConfiguration for one that does not read."""
    contents = ledger.repo.read_blobs([blob for _path, blob in entries])
    for (path, _blob), (_same, content) in zip(entries, contents, strict=True):
        dossier = parse_dossier(content, path)
        rows: list[Row] = [
            (_dossier(path), department, a.owner, " ".join(a.team), a.keeper, a.state, a.since.isoformat())
            for department, a in dossier.assignments.items()
        ]
        yield Made(path, None, rows)


def places(_ledger: Ledger, _argument: str, entries: Sequence[Entry]) -> Iterator[Made]:
    """Where each record lies, read off its path."""
    for path, _blob in entries:
        place = place_of(path)
        yield Made(path, None, [(place.record_id, path)] if place else [])


def _is_dossier(path: str) -> bool:
    if not path.endswith("/dossier.yaml"):
        return False
    try:
        return clear_path(_dossier(path)) == path
    except ValueError:  # no dossier has such an id; `check` tells
        return False


def _dossier(path: str) -> str:
    return dossier_of(path) or ""
