"""What an exchange with the server is given from outside: who proves it, and who is told how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from crmctl.ledger.git.repository import Repository

Progress = Callable[[str, int, int | None], None]


class Gate(Protocol):
    """Proves what goes between this copy and its server; `trust` provides it. All raise TrustBroken."""

    def known(self, repo: Repository, main: str | None, keyring: str | None) -> None:
        """Prove what was fetched before, unless more than that was proved already."""

    def taken(self, repo: Repository, main: str | None, keyring: str | None) -> None:
        """Prove the server's tips before anything of them is used."""

    def given(self, repo: Repository, main: str, keyring: str | None) -> None:
        """Prove this copy's tips before the server gets them."""
