"""What one planning of an import knows: the sheets read, the plan so far, the draft on which rows are tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from crmctl.errors import CrmctlError
from crmctl.exchange.joining import JoinedRow, join_rows
from crmctl.exchange.mapping import Join, SheetMap
from crmctl.exchange.matching import Known
from crmctl.exchange.plan import Order, Plan
from crmctl.exchange.sheet import Sheet
from crmctl.exchange.sheet_read import read_sheet, sha256_of
from crmctl.i18n import N_
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.ledger import Ledger
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind
from crmctl.model.org import Member

Progress = Callable[[int], None]


class Planning:
    """One planning. The draft is thrown away; `made` maps plan rows to the customers it made of them."""

    def __init__(self, ledger: Ledger, order: Order, progress: Progress) -> None:
        self.ledger = ledger
        self.order = order
        self.progress = progress
        settings = ledger.in_force.settings
        self.plan = Plan(settings.id, ledger.head, ledger.member_id, ledger.now.isoformat(), order)
        self.draft = Draft(ledger)
        self.made: dict[int, str] = {}
        self._known: dict[str, Known] = {}
        self._sheets: dict[tuple[Path, str | None, str | None], Sheet] = {}

    def sheet(self, path: Path, encoding: str | None = None, title: str | None = None) -> Sheet:
        """A sheet, read once; its digest goes into the plan."""
        key = (path, encoding or self.order.encoding, title)
        if key not in self._sheets:
            sheet = read_sheet(path, encoding=key[1], title=title)
            self._sheets[key] = sheet
            self.plan.sources[str(path)] = sheet.sha256
            if sheet.encoding:
                self.plan.encodings[str(path)] = sheet.encoding
        return self._sheets[key]

    def source(self, path: Path) -> None:
        """Keep a file's digest: the plan holds only while it stays as it is."""
        self.plan.sources[str(path)] = sha256_of(path)

    def rows(self, sheet: Sheet, sheet_map: SheetMap | None, path: Path) -> list[JoinedRow]:
        """The sheet's rows with those joined to them."""

        def other(join: Join) -> Sheet:
            return self.sheet(path.parent / join.file, join.encoding)

        return join_rows(sheet, sheet_map.joins if sheet_map else (), other)

    def known(self, kind: Kind) -> Known:
        """The records of a kind that the member can open."""
        if kind.name not in self._known:
            self._known[kind.name] = Known(self.ledger, kind)
        return self._known[kind.name]

    def with_members(self, members: list[Member]) -> None:
        """From here on these members are known."""
        from crmctl.exchange.staff import with_members

        self.ledger = with_members(self.ledger, members)
        self.draft = Draft(self.ledger)


def said(error: CrmctlError, where: str) -> Finding:
    """An error of hand entry as a finding of the row."""
    return Finding(error.rule or "IMP020", N_("{why}"), "error", where, "", {"why": error.what}, error.hint or "")
