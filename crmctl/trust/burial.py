"""Destruction as a change of main: a tombstone, the dossier gone whole, the next epoch; nothing under it ever after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from crmctl.errors import CrmctlError
from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.git.repository import CommitInfo, PathChange
from crmctl.model.clear_files import ClearFileError, read_settings
from crmctl.model.dossier import folder_of
from crmctl.model.findings import Finding
from crmctl.model.org import Member
from crmctl.model.paths import dossier_of
from crmctl.model.tombstone import buried_in, tombstone_path
from crmctl.policy.review import asks_about
from crmctl.trust.authority import Authority
from crmctl.trust.standing import Standing
from crmctl.trust.view import View
from crmctl.trust.words import found

_SETTINGS = "ledger.yaml"


@dataclass
class Burial:
    """What of a change is the destruction of dossiers by somebody who may destroy them."""

    info: CommitInfo
    view: View
    authority: Authority
    member: Member
    changes: list[PathChange]

    @cached_property
    def buried(self) -> frozenset[str]:
        """The dossiers this change destroys, as far as its signer may."""
        named = (buried_in(change.path) for change in self.changes if change.new_oid and not change.old_oid)
        return frozenset(dossier for dossier in named if dossier and self._may(dossier))

    def explains(self, change: PathChange) -> bool:
        """Whether a destruction is why this file changes."""
        if change.path == _SETTINGS:
            return bool(self.buried) and self._only_the_epoch(change)
        if not change.new_oid:
            return dossier_of(change.path) in self.buried
        return buried_in(change.path) in self.buried

    def findings(self) -> Iterator[Finding]:
        """A dossier that is not gone whole, a keyring that does not begin anew, something under a tombstone."""
        gone = {change.path for change in self.changes if not change.new_oid}
        for dossier in sorted(self.buried):
            left = [path for path, _oid in self.view.repo.walk(self.view.base, folder_of(dossier)) if path not in gone]
            if left or _SETTINGS not in {change.path for change in self.changes}:
                yield found("TRU090", self.info.oid, tombstone_path(dossier), name=dossier)
        rules = self.view.in_force.pack.review
        asked = asks_about(rules, self.view.in_force.values.on(self.view.day(self.info)), "destroy")
        for dossier in sorted(self.buried) if asked else ():
            known = self.view.dossier(dossier)
            if known is None or "destroy" not in known.allowed:
                yield found("TRU095", self.info.oid, tombstone_path(dossier), name=dossier)
        for change in self.changes:
            dossier_id = dossier_of(change.path) if change.path.startswith("customers/") else None
            if change.new_oid and dossier_id and self._is_dead(dossier_id):
                yield found("TRU091", self.info.oid, change.path, name=dossier_id)

    def _is_dead(self, dossier: str) -> bool:
        path = tombstone_path(dossier)
        return self.view.oid(path) is not None or any(change.path == path for change in self.changes)

    def _may(self, dossier_id: str) -> bool:
        dossier = self.view.dossier(dossier_id)
        if dossier is None:
            return False
        standing = Standing(self.member, self.view.in_force, self.view.day(self.info), dossier)
        return standing.any_of(self.authority.fields["destroy"])

    def _only_the_epoch(self, change: PathChange) -> bool:
        if not change.old_oid or not change.new_oid:
            return False
        repo = self.view.repo
        try:
            was, now = (read_settings(load(repo.read_blob(o), change.path)) for o in (change.old_oid, change.new_oid))
        except (CrmctlError, ClearFileError):
            return False
        return now.epoch == was.epoch + 1 and replace(now, epoch=was.epoch, root=was.root) == was
