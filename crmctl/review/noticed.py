"""What a member's copy remembers of the changes to take note of: what is open, and the approvals given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.onward import keep_onward, read_onward
from crmctl.rules.slots import Given

_NOTE, _FORM = "noticed", 2


@dataclass
class Noticed:
    """What was seen up to commit `main` (None: nothing yet).

    `open` are changes that somebody is still to take note of, the oldest first; `given` the approvals, by change.
    """

    main: str | None = None
    open: list[str] = field(default_factory=list)
    given: dict[str, list[Given]] = field(default_factory=dict)
    _changed: bool = False

    @classmethod
    def load(cls, ledger: Ledger) -> Noticed:
        """The note of the last look, where it can be gone on from."""
        main, told = read_onward(ledger, _NOTE, _FORM)
        try:
            given = {
                change: [Given(**{**one, "records_as": ()}) for one in slots]
                for change, slots in told.get("given", {}).items()
            }
            return cls(main, [str(oid) for oid in told.get("open", ())], given)
        except (TypeError, AttributeError):
            return cls()

    def add(self, changes: Iterable[str], given: Mapping[str, Sequence[Given]]) -> None:
        """Take in what came to main since."""
        self.open += changes
        for change, slots in given.items():
            self.given.setdefault(change, []).extend(slots)
        self._changed = True

    def keep(self, ledger: Ledger, still: list[str]) -> None:
        """Remember that these are still open as main stands now; writes nothing where it was known."""
        if self._changed or still != self.open:
            given = {change: [asdict(one) for one in slots] for change, slots in self.given.items()}
            keep_onward(ledger, _NOTE, _FORM, {"open": still, "given": given})
