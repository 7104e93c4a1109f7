"""Whether a request asks for what is there already, or for what waits for approval already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from crmctl.errors import NotFound, Refused
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import reader_name
from crmctl.model.dossier import Dossier
from crmctl.model.kinds import Kind
from crmctl.model.paths import place_of


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request of a kind is for: readers of parts until a day, or the word of what it allows."""

    kind: Kind
    readers: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    until: date | None = None
    allows: str = ""

    def held(self, ledger: Ledger, dossier: Dossier) -> bool:
        """Whether the dossier, as it stands there, gives all of it."""
        if self.allows:
            return self.allows in dossier.allowed
        return all(_reads(ledger, dossier, reader, part, self.until) for reader in self.readers for part in self.parts)


def must_be_new(ledger: Ledger, wish: Wish, dossier: Dossier) -> None:
    """Raise Refused where all of it holds already, or waits for approval; `dossier` as the own changes make it."""
    try:
        landed = ledger.landed.dossier(dossier.id)
    except NotFound:
        landed = dossier
    if wish.held(ledger, landed):
        if wish.allows:
            raise Refused(
                _("This is approved already: {id}", id=landed.allowed[wish.allows]), where=dossier.id,
                hint=f"crmctl {wish.allows} {dossier.id}",
            )  # fmt: skip
        names = ", ".join(reader_name(ledger, reader) for reader in wish.readers)
        what = _("{readers} may read this already, until {day} at least", readers=names, day=wish.until)
        raise Refused(what, where=dossier.id, hint=f"crmctl access {dossier.id}")
    if wish.held(ledger, dossier):
        waiting = ", ".join(_waiting(ledger, wish.kind))
        raise Refused(
            _("The same was asked for already and waits for approval"), where=waiting or dossier.id,
            hint=_("crmctl submit hands it in; crmctl undo {id} takes it back", id=waiting.partition(",")[0] or "…"),
        )  # fmt: skip


def _reads(ledger: Ledger, dossier: Dossier, reader: str, part: str, until: date | None) -> bool:
    org = ledger.in_force.org
    for day in (ledger.today, until or ledger.today):
        expected = ledger.expected_readers(dossier, part, day)
        groups = (name for name in expected if "." in name)
        if reader not in expected and not any(reader in org.group_members(name, day) for name in groups):
            return False
    return True


def _waiting(ledger: Ledger, kind: Kind) -> Iterable[str]:
    """The own requests of a kind that wait, by their ids."""
    places = (place_of(path) for path in sorted(ledger.pending_paths))
    return [place.record_id for place in places if place and place.record_id.startswith(f"{kind.prefix}-")]
