"""The policies a report belongs to: which of them is in force, and how to get one."""

from __future__ import annotations

from collections.abc import Sequence

from crmctl.i18n import _, label
from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.ledger import Ledger
from crmctl.model.kinds import Label
from crmctl.policy.pack_files import packs_in_force
from crmctl.report.definition import Report
from crmctl.resources import packs_path


def waits_for(ledger: Ledger, report: Report) -> tuple[tuple[str, Label], ...]:
    """The report's policies with what they are called, when none of them is in force; else nothing."""
    if any(raw.get("pack") in report.packs for _path, raw in packs_in_force(ledger.in_force.raw)):
        return ()
    return tuple((name, _called(name)) for name in report.packs)


def _called(pack: str) -> Label:
    path = packs_path() / f"{pack}.yaml"
    raw = load(path.read_bytes(), path.name) if path.is_file() else None
    title = raw.get("label") if isinstance(raw, dict) else None
    return (str(title[0]), str(title[1])) if isinstance(title, list) else (pack, pack)


def belongs_to(policies: Sequence[tuple[str, Label]]) -> str:
    """That a report waits for a policy not in force, and how to get that; empty for none."""
    if not policies:
        return ""
    names = _(" or ").join(f"{pack.upper()} {label(title)}" for pack, title in policies)
    return _("{names}, not in force here: crmctl policy adopt {pack}", names=names, pack=policies[0][0])
