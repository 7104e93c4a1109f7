"""Merge two states of a dossier's clear file that grew out of one: who deals with it, its keys, rights given."""

from __future__ import annotations

from collections.abc import Mapping

from crmctl.model.clear_files import ClearFileError, encode_dossier, read_dossier
from crmctl.model.dossier import Dossier
from crmctl.model.merge import FieldConflict, merge
from crmctl.model.values import Value

_KEYS = ("compartments", "grants")


def merge_dossiers(base: Dossier, ours: Dossier, theirs: Dossier) -> tuple[Dossier, list[FieldConflict]]:
    """The merged dossier, and the fields of assignments both changed to something else.

    A key both turned is theirs: what we sealed to ours must be sealed anew. A reading right that either
    side took back is gone.
    """
    before, mine, shared = (_fields(side) for side in (base, ours, theirs))
    merged, conflicts = merge(before, mine, shared)
    compartments = {
        name: theirs.compartments[name]
        if name in theirs.compartments and theirs.compartments[name] != base.compartments.get(name)
        else ours.compartments.get(name, entry)
        for name, entry in {**ours.compartments, **theirs.compartments}.items()
    }
    kept = [grant for grant in theirs.grants if grant in ours.grants or grant not in base.grants]
    added = [grant for grant in ours.grants if grant not in base.grants and grant not in theirs.grants]
    whole = Dossier(theirs.id, {}, compartments, (*kept, *added))
    try:
        return read_dossier({**encode_dossier(whole), **merged}), conflicts
    except ClearFileError:  # both put something in what the other took away
        return theirs, [FieldConflict("assignments", None, mine["assignments"], shared["assignments"])]


def _fields(dossier: Dossier) -> Mapping[str, Value]:
    return {name: value for name, value in encode_dossier(dossier).items() if name not in _KEYS}
