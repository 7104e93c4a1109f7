"""Plan an import: every row read, matched, checked by the rules of hand entry, and nothing written."""

from __future__ import annotations

from pathlib import Path

from crmctl.errors import UsageError
from crmctl.exchange.mapping import SheetMap, load_mapping
from crmctl.exchange.plan import Order, Plan
from crmctl.exchange.plan_members import plan_members
from crmctl.exchange.plan_records import RecordPlanning
from crmctl.exchange.planning import Planning, Progress
from crmctl.exchange.staff import MEMBER
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger

Part = tuple[SheetMap | None, Path]


def plan_import(ledger: Ledger, order: Order, progress: Progress = lambda _done: None) -> Plan:
    """What importing these sheets would do. Raises what concerns whole files: NotFound, InvalidInput, UsageError.

    Whatever concerns a row stands in the row. People are planned first: customers need who answers for them.
    """
    planning = Planning(ledger, order, progress)
    for sheet_map, path in sorted(_parts(planning), key=lambda part: part[0] is None or part[0].kind != MEMBER):
        if sheet_map and sheet_map.kind == MEMBER:
            plan_members(planning, sheet_map, path)
        else:
            RecordPlanning(planning, sheet_map, path).run()
    return planning.plan


def _parts(planning: Planning) -> list[Part]:
    """Which sheets to read, each with what the mapping says of it."""
    order = planning.order
    path = Path(order.path)
    if order.mapping is None:
        if order.kind is None:
            raise UsageError(_("Say of what kind the records are: --kind, or --map MAPPING"), hint="--kind customer")
        if path.is_dir():
            raise UsageError(_("Which file of this folder?"), where=path.name, hint="--map MAPPING")
        return [(None, path)]
    sheets = load_mapping(Path(order.mapping))
    planning.source(Path(order.mapping))
    if order.kind:
        sheets = tuple(one for one in sheets if one.kind == order.kind)
    if path.is_dir():
        return [(one, path / (one.file or "")) for one in sheets]
    chosen = [one for one in sheets if one.file in {None, path.name}] or (list(sheets) if len(sheets) == 1 else [])
    if not chosen:
        files = ", ".join(str(one.file) for one in sheets)
        raise UsageError(_("The mapping says nothing of this file"), where=path.name, hint=files)
    return [(one, path) for one in chosen]
