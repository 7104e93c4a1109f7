"""One plain signed change: its signer, its files, and whether the signer may touch them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from crmctl.errors import CrmctlError
from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.git.repository import CommitInfo, PathChange
from crmctl.model.clear_files import ClearFileError, read_member
from crmctl.model.dossier import Dossier, clear_path
from crmctl.model.findings import Finding
from crmctl.model.org import Member
from crmctl.model.paths import Place, place_of
from crmctl.trust.authority import Authority, PathRule
from crmctl.trust.burial import Burial
from crmctl.trust.dossier_fields import DossierFields
from crmctl.trust.since import added_alone
from crmctl.trust.standing import Standing, filed_by_anyone
from crmctl.trust.view import View, by_path, read_clear
from crmctl.trust.words import found


@dataclass(slots=True)
class ChangeCheck:
    """A change's files against what its signer may do where it enters main.

    `lent`: who approved it by verifying or signing; what one of them may do in a dossier, counts for the change.
    """

    info: CommitInfo
    view: View
    authority: Authority
    member: Member
    changes: list[PathChange]
    lent: tuple[Member, ...] = ()

    def findings(self) -> Iterator[Finding]:
        """What the signer may not do."""
        burial = Burial(self.info, self.view, self.authority, self.member, self.changes)
        yield from burial.findings()
        for change in self.changes:
            rule = self.authority.rule(change.path)
            if rule is None:
                if not change.new_oid:
                    yield found("TRU031", self.info.oid, change.path)
                continue  # a new file without a place is told by the file check
            if rule.sort == "sealed":
                yield from self._sealed(change, rule, burial)
                continue
            standing = self._standing(None)
            standing.destroys = partial(burial.explains, change)
            standing.added = partial(self._added, change.path)
            standing.named = change.path.rpartition("/")[2].partition(".")[0]
            standing.keys = partial(self._own_keys, change)
            yield from self._may(change, rule, standing)
            if rule.sort == "dossier" and not (burial.explains(change) and not change.new_oid):
                fields = DossierFields(self.info, self.view, self.authority, self.member, change, self.lent)
                yield from fields.findings()

    def _own_keys(self, change: PathChange) -> bool:
        """Whether a member changes the keys in his own file, and nothing else."""
        if change.path != f"org/members/{self.member.id}.yaml" or not change.old_oid or not change.new_oid:
            return False
        repo = self.view.repo
        try:
            was, now = (read_member(load(repo.read_blob(oid), change.path)) for oid in (change.old_oid, change.new_oid))
        except (CrmctlError, ClearFileError):
            return False
        return replace(now, opens=was.opens, signs=was.signs, issued=was.issued) == was

    def _sealed(self, change: PathChange, rule: PathRule, burial: Burial) -> Iterator[Finding]:
        place = place_of(change.path)
        if place is None:
            return  # told by the file check
        before, after = self.view.dossier(place.dossier), self._made(place)
        dossier = before or after
        present = after or before
        if dossier is None or present is None or (change.new_oid and place.compartment not in present.compartments):
            yield found("TRU045", self.info.oid, change.path, name=place.compartment)
            return
        standing = self._standing(dossier, place.compartment)
        standing.lent = self.lent
        if after:
            standing.made = frozenset(after.compartments.keys() - (before.compartments.keys() if before else set()))
        standing.files = partial(filed_by_anyone, self.view.in_force, place)
        standing.added = partial(self._added, change.path)
        standing.destroys = partial(burial.explains, change)
        yield from self._may(change, rule, standing)

    def _made(self, place: Place) -> Dossier | None:
        """The dossier as this very change writes it."""
        path = clear_path(place.dossier)
        change = by_path(self.changes).get(path)
        return read_clear(self.view.repo, path, change.new_oid) if change and change.new_oid else None

    def _may(self, change: PathChange, rule: PathRule, standing: Standing) -> Iterator[Finding]:
        action = "remove" if not change.new_oid else "change" if change.old_oid else "add"
        terms = rule.terms[action]
        if not standing.any_of(terms):
            allowed = ", ".join(terms) or "-"
            yield found(
                "TRU040", self.info.oid, change.path, member=self.member.id, action=action, allowed=allowed
            )  # fmt: skip

    def _standing(self, dossier: Dossier | None, compartment: str | None = None) -> Standing:
        return Standing(self.member, self.view.in_force, self.view.day(self.info), dossier, compartment)

    def _added(self, path: str) -> bool:
        repo = self.view.repo
        return added_alone(repo, self.info, lambda commit: repo.entry(commit, path) is not None)
