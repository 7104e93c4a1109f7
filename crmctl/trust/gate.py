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


@dataclass(frozen=True, slots=True)
class Gate:
    """Verifies what goes between this copy and its server; what is proved once is not looked at again.

    With `give_back` a server that was set back may go on from there: it is proved anew from the beginning.
    """

    give_back: bool = False
    progress: Progress = lambda _done: None

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


def broken(result: Verified, what: str, hint: str) -> TrustBroken:
    """The error that carries a verification's findings."""
    first = next(finding for finding in result.findings if finding.severity == "error")
    return TrustBroken(what, where=first.where or None, rule=first.code, hint=hint, findings=result.findings)


def _first(result: Verified) -> str:
    return finding_text(next(finding for finding in result.findings if finding.severity == "error"))
