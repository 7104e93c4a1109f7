"""Open the ledger a command works on, asking for the passphrase only where somebody can answer."""

from __future__ import annotations

from pathlib import Path

from crmctl.cli.ask import ask_passphrase, can_ask
from crmctl.cli.progress import progress
from crmctl.i18n import _
from crmctl.ledger.ledger import Ask, Ledger


def asker() -> Ask | None:
    """How to ask for the passphrase, or None where nobody can be asked."""
    return (lambda: ask_passphrase(_("Passphrase"))) if can_ask() else None


def open_ledger(directory: Path | None, at: str | None = None) -> Ledger:
    """The ledger at `directory` or above it; what takes long shows how far it is."""
    ledger = Ledger.find(directory or Path(), at=at, ask=asker())
    ledger.watch = lambda total: progress(_("Reading the ledger"), total)
    return ledger


def open_quietly(directory: Path | None) -> Ledger:
    """The ledger for a command that nobody watches: it never asks, and shows no progress."""
    return Ledger.find(directory or Path(), ask=None)
