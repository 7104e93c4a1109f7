"""What was found out about main up to some commit, sealed, so that the next look goes on from there.

Such a note holds for one set-up (organisation, policy, kinds) and for a main that came from where it stood. Whatever
else there is reads as nothing: everything is looked at anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.in_force import set_up_key
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.store import notes_of

Seen = tuple[str | None, dict[str, Any]]


def read_onward(ledger: Ledger, name: str, form: int) -> Seen:
    """The commit of main up to which the note `name` tells, and what; None and nothing where no note holds."""
    content = notes_of(ledger).read(name)
    try:
        raw = json.loads(bytes(content)) if content is not None else {}
        key, main, told = raw["key"], str(raw["main"]), dict(raw["told"])
    except (ValueError, KeyError, TypeError):
        return None, {}
    holds = key == _key(ledger, form) and (main == ledger.main or is_ancestor(ledger.repo, main, ledger.main))
    return (main, told) if holds else (None, {})


def keep_onward(ledger: Ledger, name: str, form: int, told: Mapping[str, object]) -> None:
    """Remember this of main as it stands now."""
    note = {"key": _key(ledger, form), "main": ledger.main, "told": told}
    notes_of(ledger).write(name, json.dumps(note, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def range_since(ledger: Ledger, since: str | None) -> list[str]:
    """What Git goes through from a commit of main on."""
    return [ledger.main, *([f"^{since}"] if since else [])]


def _key(ledger: Ledger, form: int) -> str:
    return f"{form} {set_up_key(ledger.repo, ledger.main)}"
