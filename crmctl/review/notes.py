"""What reviewers tell authors: changes sent back, comments, instructions; kept as records filed to the author."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crmctl.errors import InvalidInput, NotFound, Refused
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.model.dossier import is_office
from crmctl.model.paths import place_of
from crmctl.model.record import Record

if TYPE_CHECKING:  # whoever looks at a record reads the notes on it: what writes is loaded where it writes
    from crmctl.ledger.changing.draft import Draft
    from crmctl.review.inbox import Handed

KIND = "review_note"
_OFFICES = "offices"


@dataclass(frozen=True, slots=True)
class Note:
    """One note as the ledger has it: its id, and what it says."""

    id: str
    path: str
    record: Record

    @property
    def is_open(self) -> bool:
        """Whether its author has not answered it yet."""
        return self.record.data.get("state") == "open"

    @property
    def sender(self) -> str:
        """The member who told it; its last version may be the author's own answer."""
        return self.says("from_member") or self.record.by

    def says(self, name: str) -> str:
        """A field's text; empty where there is none."""
        return str(self.record.data.get(name) or "")


def send_back(
    ledger: Ledger, changes: Sequence[Handed], reason: str, instruction: str | None = None
) -> tuple[str, ...]:
    """Send changes back to their authors as they stand. Returns the notes' ids; nothing is exchanged yet.

    Raises InvalidInput without a reason, Refused for changes of one's own or ones that were sent back already.
    """
    if not reason.strip():
        raise InvalidInput(_("Say why it is sent back"), hint="--reason TEXT", rule="REV016")
    for change in changes:
        if ledger.member_id in change.authors:
            raise Refused(_("This change is your own"), where=change.name, hint="crmctl undo")
        if change.returned:
            raise Refused(_("It was sent back already"), where=change.name)
    return _filed(ledger, changes, "returned", reason, instruction)


def comment(ledger: Ledger, changes: Sequence[Handed], text: str, instruction: str | None = None) -> tuple[str, ...]:
    """Tell authors something about changes without holding them up. Returns the notes' ids. Raises InvalidInput."""
    said = text.strip() or (instruction or "").strip()
    if not said:
        raise InvalidInput(_("Say what you want to tell"), hint="--text TEXT")
    return _filed(ledger, changes, "instruction" if instruction else "comment", said, instruction)


def notes_to(ledger: Ledger, member: str) -> Iterator[Note]:
    """The notes filed to a member that the reader can open, as main has them."""
    for department in ledger.in_force.org.departments:
        folder = f"{_OFFICES}/{department}/review.{member}"
        yield from _opened(ledger, folder)


def notes_about(ledger: Ledger, record_id: str) -> list[Note]:
    """Every note about a record that the reader can open, the oldest first."""
    if KIND not in ledger.in_force.kinds:
        return []
    found = []
    for department in ledger.in_force.org.departments:
        folder = f"{_OFFICES}/{department}"
        entry = ledger.repo.entry(ledger.head, folder)
        for name in ledger.repo.tree(entry.oid) if entry else ():
            if name.startswith("review."):
                found += [note for note in _opened(ledger, f"{folder}/{name}") if record_id in _about(note)]
    return sorted(found, key=lambda note: note.record.at)


def close_answered(ledger: Ledger) -> tuple[str, ...]:
    """Close the member's notes about changes that were made anew or taken back since. Returns their ids."""
    if KIND not in ledger.in_force.kinds:
        return ()
    waiting = {stack.tip for stack in ledger.pending.stacks}
    answered = [
        note for note in notes_to(ledger, ledger.member_id)
        if note.is_open and note.says("decision") == "returned" and note.says("change") not in waiting
    ]  # fmt: skip
    if answered:
        from crmctl.ledger.changing.draft import Draft, Origin

        draft = Draft(ledger)
        for note in answered:
            values = {"state": "answered", "answered_on": ledger.today.isoformat()}
            draft.new_version(note.path, values, Origin(), note.id)
        draft.commit("advance", KIND)
    return tuple(note.id for note in answered)


def returns(changes: Sequence[Handed]) -> list[str]:
    """The marks in the clear that these changes went back to their authors as they stand."""
    from crmctl.review.inbox import RETURNS

    return [f"{RETURNS}: {change.stack.tip}" for change in changes]


def _filed(
    ledger: Ledger, changes: Sequence[Handed], decision: str, reason: str, instruction: str | None
) -> tuple[str, ...]:
    from crmctl.ledger.changing.draft import Draft

    draft = Draft(ledger)
    ids = filed_into(draft, changes, decision, reason, instruction)
    draft.commit("add", KIND, returns(changes) if decision == "returned" else [])
    return ids


def filed_into(
    draft: Draft, changes: Sequence[Handed], decision: str, reason: str, instruction: str | None = None
) -> tuple[str, ...]:
    """File a note for the author of each change into a draft. Returns the notes' ids."""
    ledger, kind = draft.ledger, draft.kind(KIND)
    ids = []
    for change in changes:
        author = change.authors[-1]
        values: dict[str, object] = {
            "on": ledger.today.isoformat(), "to": author, "from_member": ledger.member_id, "decision": decision,
            "change": change.stack.tip, "submitted_as": change.name, "about": list(change.about),
            "reason": reason.strip(),
        }  # fmt: skip
        if instruction:
            values["instruction"] = instruction.strip()
        if decision == "comment":
            values["state"] = "answered"  # nothing is asked
        department = _department(ledger, change, author)
        ids.append(draft.new_record(kind, f"office/{department}", department, values).id)
    return tuple(ids)


def _department(ledger: Ledger, change: Handed, author: str) -> str:
    """The author's department that the change is about, else any of the author's, else any."""
    member = ledger.in_force.org.members.get(author)
    own = member.departments(ledger.today) if member else []
    concerned = [name for item in change.open for name in item.wanted.departments]
    found = [*(name for name in own if name in concerned), *own, *concerned, *ledger.in_force.org.departments]
    if not found:
        raise NotFound(_("There is no department {key}", key="-"), hint="crmctl department add")
    return found[0]


def _opened(ledger: Ledger, folder: str) -> Iterator[Note]:
    from crmctl.errors import NoKey

    if ledger.repo.entry(ledger.head, folder) is None:
        return
    for path, oid in ledger.repo.walk(ledger.head, folder):
        place = place_of(path)
        if place is None or not place.is_record or not is_office(place.dossier):
            continue
        try:
            yield Note(place.record_id, path, ledger.read(path, oid))
        except NoKey:
            continue


def _about(note: Note) -> list[str]:
    found = note.record.data.get("about")
    return [str(item) for item in found] if isinstance(found, list) else []
