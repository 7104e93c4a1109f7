"""What this installation ships: packs and kinds, as files. Only what was copied into a ledger counts (DESIGN 5)."""

from __future__ import annotations

from pathlib import Path

from crmctl.errors import NotFound
from crmctl.i18n import _
from crmctl.resources import data_path, packs_path

# Beside the packs lie the catalogues of rules and of requirements.
_CATALOGUES = frozenset({"requirements", "rules"})


def pack_names() -> list[str]:
    """The shipped packs."""
    return sorted(file.stem for file in packs_path().glob("*.yaml") if file.stem not in _CATALOGUES)


def pack_file(name: str) -> Path:
    """The file of a shipped pack. Raises NotFound with the nearest name."""
    from difflib import get_close_matches

    known = pack_names()
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = _("Did you mean {near}?", near=near[0]) if near else ", ".join(known)
        raise NotFound(_("There is no pack {name}", name=name), hint=hint)
    return packs_path() / f"{name}.yaml"


def kind_files() -> dict[str, Path]:
    """The shipped kinds: name → file."""
    return {file.stem: file for file in sorted(data_path("schemas").glob("*.yaml"))}


def catalogue_file(name: str) -> Path:
    """The file of a catalogue: `rules` or `requirements`."""
    return packs_path() / f"{name}.yaml"
