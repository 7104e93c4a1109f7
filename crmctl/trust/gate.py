"""What `sync` asks before it takes anything from a server, and before it gives anything to it."""

from __future__ import annotations

from dataclasses import dataclass

from crmctl import clock
from crmctl.errors import TrustBroken
from crmctl.i18n import _, finding_text
from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.git.repository import Repository
from crmctl.trust.pin import Pin, read_pin, write_pin
from crmctl.trust.verify import Judge, Progress, Verified

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Gate:
    """Verifies what goes between this copy and its server; what is proved once is not looked at again.

    With `give_back` a server that was set back may go on from there: it is proved anew from the beginning.
    """

    give_back: bool = False
    progress: Progress = lambda _done: None

    def known(self, repo: Repository, main: str | None, keyring: str | None) -> None:
        """Prove what was fetched before, the measure for what comes. Raises TrustBroken.

        Where this copy has fallen behind what it proved (a disk, an old backup), the fetch to come mends that.
        """
        pin = read_pin(repo)
        behind = pin and main and is_ancestor(repo, main, pin.tip)
        if behind and pin and pin.keyring and keyring and _holds(repo, keyring, pin.keyring):
            return
        self.taken(repo, main, keyring)

    def taken(self, repo: Repository, main: str | None, keyring: str | None) -> None:
        """Prove the server's main and keyring before anything of them is used. Raises TrustBroken."""
        if main is None:
            return
        pin = read_pin(repo)
        if pin and is_ancestor(repo, main, pin.tip) and (keyring is None or keyring == pin.keyring):
            return  # proved before; whether a server may go back is not for signatures to say
        result = self._judged(repo, pin, main, keyring)
        if not result.clean:
            hint = _(
                "Nothing was taken and your own work is safe. Show this to who looks after the ledger: crmctl verify"
            )
            raise broken(result, _("The server's ledger does not prove true: {why}", why=_first(result)), hint)
        if result.pin:
            write_pin(repo, result.pin)

    def given(self, repo: Repository, main: str, keyring: str | None) -> None:
        """Prove what this copy is about to give: others would refuse to take it. Raises TrustBroken."""
        result = self._judged(repo, read_pin(repo), main, keyring)
        if not result.clean:
            hint = _("Nothing was sent. What the others cannot take must be entered anew in a new copy: crmctl clone")
            raise broken(result, _("The others could not take your changes: {why}", why=_first(result)), hint)

    def _judged(self, repo: Repository, pin: Pin | None, main: str, keyring: str | None) -> Verified:
        return Judge(repo, clock.now("UTC"), progress=self.progress).verify(pin, main, keyring)


def _holds(repo: Repository, older: str, newer: str) -> bool:
    return repo.resolve(newer) is not None and is_ancestor(repo, older, newer)


def broken(result: Verified, what: str, hint: str) -> TrustBroken:
    """The error that carries a verification's first findings: one fault brings many, and `verify` has them all."""
    first = next(finding for finding in result.findings if finding.severity == "error")
    return TrustBroken(what, where=first.where or None, rule=first.code, hint=hint, findings=result.findings[:_SHOWN])


def _first(result: Verified) -> str:
    return finding_text(next(finding for finding in result.findings if finding.severity == "error"))
