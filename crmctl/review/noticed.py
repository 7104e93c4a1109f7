"""What a member's copy remembers of the changes to take note of, sealed: what is open, and the approvals given.

It holds for one set-up (organisation, policy, kinds) and goes on from one commit of main to the next. What cannot be
gone on from reads as an empty note: everything is searched anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.in_force import set_up_key
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.store import notes_of
from crmctl.rules.slots import Given

_NOTE, _FORMAT = "noticed", 1


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
        """The note of the last look, where it holds for this set-up and main came from where it stood."""
        content = notes_of(ledger).read(_NOTE)
        if content is None:
            return cls()
        try:
            raw = json.loads(bytes(content))
            key, main, given = raw["key"], str(raw["main"]), raw["given"]
            read = {change: [Given(**{**one, "records_as": ()}) for one in given[change]] for change in given}
            noted = cls(main, [str(oid) for oid in raw["open"]], read)
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()
        return noted if key == _key(ledger) and (main == ledger.main or is_ancestor(ledger.repo, main, ledger.main)) \
            else cls()  # fmt: skip

    def add(self, changes: Iterable[str], given: Mapping[str, Sequence[Given]]) -> None:
        """Take in what came to main since."""
        self.open += changes
        for change, slots in given.items():
            self.given.setdefault(change, []).extend(slots)
        self._changed = True

    def keep(self, ledger: Ledger, still: list[str]) -> None:
        """Remember that these are still open as main stands now; writes nothing where it was known."""
        if not self._changed and still == self.open:
            return
        given = {change: [asdict(one) for one in slots] for change, slots in self.given.items()}
        note = {"key": _key(ledger), "main": ledger.main, "open": still, "given": given}
        notes_of(ledger).write(_NOTE, json.dumps(note).encode())


def _key(ledger: Ledger) -> str:
    return f"{_FORMAT} {set_up_key(ledger.repo, ledger.head)}"
