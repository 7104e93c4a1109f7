"""Check what lies in the clear: dossiers that read, names that belong, nothing but plain files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crmctl.errors import CrmctlError
from crmctl.i18n import N_
from crmctl.ledger.git.objects import TreeEntry
from crmctl.ledger.ledger import Ledger, parse_dossier
from crmctl.model.dossier import Dossier
from crmctl.model.findings import Finding
from crmctl.model.paths import place_of

_CLEAR_TOPS = (
    ".gitattributes", ".github/workflows/", ".gitea/workflows/", ".gitlab-ci.yml", "ledger.yaml", "org/", "policy/",
    "schemas/", "templates/", "numbers/", "tombstones/", "tombstones/",
)  # fmt: skip
_DOSSIERS = ("/dossier.yaml", "/office.yaml")
Leaf = tuple[str, TreeEntry]


class ClearCheck:
    """What `leaves` of main hold: `dossiers` by id, the `sealed` files that belong there, and `findings`."""

    def __init__(self, ledger: Ledger, leaves: Iterable[Leaf]) -> None:
        self.dossiers: dict[str, Dossier] = {}
        self.findings: list[Finding] = []
        self._ledger = ledger
        found = list(leaves)
        self._read_dossiers([leaf for leaf in found if leaf[0].endswith(_DOSSIERS) and _is_dossiers(leaf[0])])
        self.sealed = list(self._sealed(found))

    def _read_dossiers(self, leaves: list[Leaf]) -> None:
        contents = self._ledger.repo.read_blobs([entry.oid for _path, entry in leaves if entry.kind == "blob"])
        for (path, _entry), (_oid, content) in zip(
            (leaf for leaf in leaves if leaf[1].kind == "blob"), contents, strict=True
        ):
            try:
                dossier = parse_dossier(content, path)
            except CrmctlError as error:
                args = {"why": error.what}
                self.findings.append(Finding("CHK001", N_("A dossier does not read: {why}"), "error", path, "", args))
                continue
            if dossier.path != path:
                self.findings.append(Finding("CHK002", N_("A dossier lies in another one's folder"), "error", path))
            self.dossiers[dossier.id] = dossier

    def _sealed(self, leaves: list[Leaf]) -> Iterator[tuple[str, str]]:
        folded: dict[str, str] = {}
        for path, entry in leaves:
            twin = folded.setdefault(path.casefold(), path)
            if twin != path:
                message, args = N_("Differs from another name only in capitals"), {"other": twin}
                self.findings.append(Finding("CHK015", message, "error", path, "", args))
            if entry.mode != "100644":
                self.findings.append(Finding("CHK003", N_("Not a plain file"), "error", path))
            elif not path.startswith(_CLEAR_TOPS) and not path.endswith(_DOSSIERS):
                yield from self._belonging(path, entry.oid)

    def _belonging(self, path: str, oid: str) -> Iterator[tuple[str, str]]:
        place = place_of(path)
        if place is None or place.dossier not in self.dossiers:
            self.findings.append(Finding("CHK004", N_("This file does not belong in a ledger"), "error", path))
        elif place.compartment not in self.dossiers[place.dossier].compartments:
            self.findings.append(Finding("CHK005", N_("The dossier has no such compartment"), "error", path))
        else:
            yield path, oid


def _is_dossiers(path: str) -> bool:
    return path.startswith(("customers/", "offices/"))
