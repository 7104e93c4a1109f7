"""Dossiers in the making: new compartments with their keys, assignments, and wraps for their readers."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from crmctl.errors import NoKey, NotFound, Refused, TrustBroken
from crmctl.i18n import _
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.transaction import Change
from crmctl.ledger.keys.groups import WrapLines
from crmctl.ledger.keys.keyring import wrap
from crmctl.ledger.keys.seal import new_key
from crmctl.ledger.keys.turning import group_generations, lapsed, must_turn
from crmctl.ledger.ledger import Ledger
from crmctl.model.clear_files import encode_dossier
from crmctl.model.dossier import Assignment, Compartment, Dossier, clear_path, wraps_folder
from crmctl.model.ids import new_id
from crmctl.model.wraps import Wraps, write_wraps


class Wrapping:
    """The clear side of a draft: what it makes of dossiers, and the wraps that must stand before main."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._dossiers: dict[str, Dossier] = {}
        self._secrets: dict[tuple[str, str], str] = {}
        self.lines: WrapLines = {}
        self.dropped: dict[str, set[tuple[str, int]]] = {}
        self._held: dict[str, dict[str, Wraps]] = {}

    def dossier(self, dossier_id: str) -> Dossier:
        """A dossier as the draft has it so far. Raises NotFound."""
        return self._dossiers.get(dossier_id) or self._ledger.dossier(dossier_id)

    def has_dossier(self, dossier_id: str) -> bool:
        """Whether the dossier exists, in the draft or on main."""
        try:
            self.dossier(dossier_id)
        except NotFound:
            return False
        return True

    def put(self, dossier: Dossier) -> None:
        """Replace a dossier's clear part."""
        self._dossiers[dossier.id] = dossier

    def holds_new_key(self, dossier_id: str, compartment: str) -> bool:
        """Whether the draft itself made this compartment's key."""
        return (dossier_id, compartment) in self._secrets

    def new_dossier(self, prefix: str, department: str, assignment: Assignment) -> str:
        """Make a customer's dossier with its card's and its department's compartments. Returns its id."""
        dossier_id = new_id(prefix, secrets.token_bytes(16))
        while self.has_dossier(dossier_id):
            dossier_id = new_id(prefix, secrets.token_bytes(16))
        self.put(Dossier(dossier_id).assigned(department, assignment))
        self.make_compartments(dossier_id, ["core", *self._of_department(department)])
        return dossier_id

    def assign(self, dossier_id: str, department: str, assignment: Assignment) -> None:
        """Let one more department deal with the customer. Raises Refused when it does already."""
        dossier = self.dossier(dossier_id)
        if department in dossier.assignments:
            raise Refused(_("{department} deals with this customer already", department=department), where=dossier_id)
        self.put(dossier.assigned(department, assignment))
        self.make_compartments(dossier_id, self._of_department(department))
        self.extend_readers(dossier_id, ["core"])

    def ensure_office(self, dossier_id: str, compartment: str) -> None:
        """Make a department's office, or a compartment of it, when it is not there yet."""
        if not self.has_dossier(dossier_id):
            self.put(Dossier(dossier_id))
        if compartment not in self.dossier(dossier_id).compartments:
            self.make_compartments(dossier_id, [compartment])

    def make_compartments(self, dossier_id: str, names: Sequence[str]) -> None:
        """Make compartments, each with a key of its own wrapped to the readers the policy gives."""
        pairs = {name: new_key() for name in names}
        added = {name: Compartment(pair.public) for name, pair in pairs.items()}
        self.put(self.dossier(dossier_id).with_compartments(added))
        for name, pair in pairs.items():
            readers = self._readers(dossier_id, name)
            self._made_for(dossier_id, name, readers)
            self._secrets[dossier_id, name] = pair.secret
            self._wrap_to(dossier_id, name, readers)

    def extend_readers(self, dossier_id: str, compartments: Iterable[str]) -> int:
        """Wrap these compartments' keys to readers the policy names and the keyring lacks. Returns how many.

        Who reads a compartment reads all of it, so keys of earlier generations go along where this member has them.
        Raises NoKey for a compartment this member cannot open.
        """
        made = 0
        present = self.held(dossier_id)
        dossier = self.dossier(dossier_id)
        for name in compartments:
            for generation in dossier.compartments[name].generations:
                lacking = [r for r in self._readers(dossier_id, name) if (name, generation) not in present.get(r, {})]
                try:
                    self._wrap_to(dossier_id, name, lacking, generation)
                except NoKey:
                    if generation == dossier.compartments[name].generation:
                        raise
                    continue  # another holder's to make
                made += len(lacking)
        return made

    def held(self, dossier_id: str) -> dict[str, Wraps]:
        """Every reader's wraps of a dossier, on the keyring or waiting in the own outbox."""
        if dossier_id not in self._held:
            self._held[dossier_id] = self._ledger.wraps_of(dossier_id)
        return self._held[dossier_id]

    def turn_where_due(self, dossier_id: str, compartments: Iterable[str]) -> list[str]:
        """Give a new key to those of these compartments whose present one somebody has who reads it no more.

        Former readers' wraps go, today's readers get the new key. Returns the compartments turned; one that
        this member does not read or cannot open is left to somebody who does.
        """
        turned = []
        held = self.held(dossier_id)
        for name in compartments:
            if (dossier_id, name) in self._secrets or not held:
                continue  # made or turned in this very draft
            entry, readers = self.dossier(dossier_id).compartments[name], self._readers(dossier_id, name)
            if not must_turn(held, name, entry, readers, self._ledger.in_force.org):
                self._drop(dossier_id, lapsed(held, name, readers))
            elif self._may_turn(dossier_id, name, readers):
                self._turn(dossier_id, name, readers)
                self._drop(dossier_id, lapsed(held, name, readers))
                turned.append(name)
        return turned

    def _may_turn(self, dossier_id: str, name: str, readers: frozenset[str]) -> bool:
        """Whoever makes the new key knows it, so it is for one who goes on reading, and did before."""
        ledger = self._ledger
        try:
            before = ledger.dossier(dossier_id)
            known = ledger.expected_readers(before, name) & readers & {*ledger.ring.readers}
            return bool(known) and ledger.ring.can_open(before, name)
        except (TrustBroken, NotFound):
            return False  # `check` tells

    def _turn(self, dossier_id: str, name: str, readers: frozenset[str]) -> None:
        pair = new_key()
        entry = self.dossier(dossier_id).compartments[name].turned(pair.public, {})
        self.put(self.dossier(dossier_id).with_compartments({name: entry}))
        self._made_for(dossier_id, name, readers)
        self._secrets[dossier_id, name] = pair.secret
        self._wrap_to(dossier_id, name, readers)

    def _made_for(self, dossier_id: str, name: str, readers: frozenset[str]) -> None:
        org, entry = self._ledger.in_force.org, self.dossier(dossier_id).compartments[name]
        later = {group: number for group, number in group_generations(readers, org).items() if number > 1}
        self.put(self.dossier(dossier_id).with_compartments({name: replace(entry, groups=later)}))

    def _drop(self, dossier_id: str, gone: Mapping[str, set[tuple[str, int]]]) -> None:
        for reader, lines in gone.items():
            self.dropped.setdefault(f"{wraps_folder(dossier_id)}/{reader}", set()).update(lines)

    def edits(self) -> dict[str, bytes | None]:
        """The clear files of main that the draft makes or changes."""
        return {clear_path(key): dump(encode_dossier(dossier)) for key, dossier in self._dossiers.items()}

    def _of_department(self, department: str) -> list[str]:
        return [f"{department}/{short}" for short in self._ledger.in_force.pack.compartments]

    def _readers(self, dossier_id: str, compartment: str) -> frozenset[str]:
        found = self._ledger.expected_readers(self.dossier(dossier_id), compartment)
        if not found:
            raise Refused(
                _("The policy names no reader for {compartment}", compartment=compartment),
                where=dossier_id,
                hint="crmctl policy show",
            )
        return found

    def _wrap_to(self, dossier_id: str, name: str, wanted: Iterable[str], generation: int | None = None) -> None:
        wanted = list(wanted)
        if not wanted:
            return
        present = self.dossier(dossier_id).compartments[name].generation
        number = generation or present
        secret = self._secrets.get((dossier_id, name)) if number == present else None
        secret = secret or self._ledger.ring.secret(self.dossier(dossier_id), name, number)
        for reader in wanted:
            file = f"{wraps_folder(dossier_id)}/{reader}"
            sealed = wrap(secret, reader, self._ledger.in_force.org)
            self.lines.setdefault(file, {})[name, number] = sealed


def keyring_change(
    ledger: Ledger, lines: Mapping[str, Mapping[tuple[str, int], bytes]],
    dropped: Mapping[str, Collection[tuple[str, int]]] = MappingProxyType({}),
) -> list[Change]:  # fmt: skip
    """The keyring commit that adds these wraps and takes the `dropped` ones away; none when there are none."""
    edits: dict[str, bytes | None] = {}
    for file in {**lines, **dropped}:
        folder, _slash, reader = file.rpartition("/")
        gone = dropped.get(file, ())
        kept = {key: sealed for key, sealed in ledger.keyring.wraps(folder, reader).items() if key not in gone}
        held = {**kept, **lines.get(file, {})}
        edits[file] = write_wraps(held) if held else None
    if not edits:
        return []
    message = f"wrap {len(edits)} files\n\nCrmctl-Main: {ledger.head}\n"
    return [Change(ledger.keyring.ref, ledger.keyring.tip, edits, message)]
