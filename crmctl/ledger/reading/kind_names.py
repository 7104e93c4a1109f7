"""The kind a person means, by its name or one of its labels."""

from __future__ import annotations

from difflib import get_close_matches

from crmctl.errors import NotFound
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.model.kinds import Kind


def kind_named(ledger: Ledger, name: str) -> Kind:
    """A kind in force, by name or label. Raises NotFound with the nearest name."""
    kinds = ledger.in_force.kinds
    if name in kinds:
        return kinds[name]
    named = [kind for kind in kinds.values() if name in kind.label]
    if named:
        return named[0]
    near = get_close_matches(name, sorted(kinds), 1)
    hint = _("Did you mean {near}?", near=near[0]) if near else "crmctl schema list"
    raise NotFound(_("There is no kind {name}", name=name), hint=hint)
