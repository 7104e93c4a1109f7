"""The rows of a kind's records: one segment a kind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence

from crmctl import __version__
from crmctl.errors import CrmctlError, NoKey
from crmctl.ledger.in_force import InForce
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.difference import Entry
from crmctl.ledger.snapshot.segment import DAMAGED, Made, Row, Segment
from crmctl.ledger.snapshot.tables import rows_of, shape_of
from crmctl.model.kinds import Kind
from crmctl.model.paths import SUFFIX, place_of, placed_as_said
from crmctl.model.record import Record

ROWS = 2  # goes up when the same record gives other rows


def kind_segment(in_force: InForce, kind: Kind) -> Segment:
    """The segment of a kind's table."""
    shape = shape_of(kind)
    return Segment(
        f"kind-{kind.name}", kind_shape(in_force, kind), shape.table, shape.columns, taker(kind), rows, kind.name,
        folder="" if kind.single else kind.folder,
    )  # fmt: skip


def kind_shape(in_force: InForce, kind: Kind, form: int = ROWS) -> str:
    """What the rows of a kind depend on besides the records: its schema, zone, currency, this program."""
    schema = next(
        raw for path, raw in in_force.raw.items()
        if path.startswith("schemas/") and isinstance(raw, dict) and raw.get("kind") == kind.name
    )  # fmt: skip
    settings = in_force.settings
    text = json.dumps([form, __version__, settings.timezone, settings.currency, schema], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def taker(kind: Kind) -> Callable[[str], bool]:
    """Whether a path is that of a record of the kind."""
    end = f"/{kind.name}{SUFFIX}" if kind.single else SUFFIX
    inside = "/" if kind.single else f"/{kind.folder}/"
    folder = "" if kind.single else kind.folder

    def takes(path: str) -> bool:
        if not path.endswith(end) or inside not in path:
            return False
        place = place_of(path)
        return place is not None and place.folder == folder

    return takes


def rows(ledger: Ledger, kind_name: str, entries: Sequence[Entry]) -> Iterator[Made]:
    """Open each record and make its rows."""
    kind = ledger.in_force.kinds[kind_name]
    currency = ledger.in_force.settings.currency
    return opened(
        ledger, entries, lambda path, record: list(rows_of(kind, _placed(kind, record, path), path, currency))
    )


def _placed(kind: Kind, record: Record, path: str) -> Record:
    """The record. Raises ValueError where its field names another part: by its path it was decided who approves."""
    place = place_of(path)
    if place is not None and not placed_as_said(kind, record.data, place):
        raise ValueError(path)
    return record


def opened(ledger: Ledger, entries: Sequence[Entry], make: Callable[[str, Record], list[Row]]) -> Iterator[Made]:
    """Open each record and let `make` turn it into rows; one that is damaged or of another kind gives none."""
    contents = ledger.repo.read_blobs([blob for _path, blob in entries])
    for (path, _blob), (_same, sealed) in zip(entries, contents, strict=True):
        try:
            record, generation = ledger.open_with_generation(path, sealed)
            made = Made(path, generation, make(path, record))
        except NoKey:
            made = Made(path, None, [])
        except (CrmctlError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            made = Made(path, DAMAGED, [])
        yield made
