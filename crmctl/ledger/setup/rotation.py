"""Change one's own keys: the member's file, and every wrap made anew by the one who holds them (R-ACL-16).

The new keys lie beside the old ones until the ledger has them; the old ones are kept after that, because what
was sealed to them elsewhere (a backup) still needs them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from crmctl.errors import CrmctlError, Refused
from crmctl.i18n import _
from crmctl.ledger.changing.placing import Intent, place, waits
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.keys.identity import PublicKeys, create_beside, put_in_place, waiting_beside
from crmctl.ledger.keys.seal import seal
from crmctl.ledger.ledger import Ledger
from crmctl.model.clear_files import encode_member
from crmctl.model.wraps import read_wraps


@dataclass(frozen=True, slots=True)
class Rotated:
    """The new public keys, how many wraps were made anew, how many did not open, and the commit."""

    keys: PublicKeys
    wraps: int
    lost: int
    commit: str


def rotate(ledger: Ledger, passphrase: str | None) -> Rotated:
    """Give this member new keys. Returns what was done.

    Killed in between, the next call brings it to its end. Raises Refused where the policy wants somebody to look
    at it first, Conflict when somebody else wrote meanwhile (nothing is changed then).
    """
    home, member_id = ledger.home, ledger.member_id
    done = finish(ledger)
    if done:
        return done
    old = ledger.identity
    keys = waiting_beside(home, member_id) or create_beside(home, member_id, passphrase)
    member = replace(ledger.member, opens=keys.opens, signs=keys.signs, issued=ledger.today)
    edits = {f"org/members/{member_id}.yaml": dump(encode_member(member))}
    if waits(ledger, dict(edits)):
        raise Refused(
            _("The policy wants somebody else to look at this first, which keys cannot wait for"), where=member_id,
            hint=_("Let the policy leave out changes of one's own keys"),
        )  # fmt: skip
    lines: dict[str, dict[tuple[str, int], bytes]] = {}
    opener, lost = old.opener(), 0
    for path, oid in ledger.repo.walk(ledger.keyring.tip, "") if ledger.keyring.tip else ():
        if path.rpartition("/")[2] != member_id or "/" not in path:
            continue
        for line, sealed in read_wraps(ledger.repo.read_blob(oid)).items():
            try:
                lines.setdefault(path, {})[line] = seal(opener.open(sealed, path), keys.opens)
            except CrmctlError:
                lost += 1
    message = f"key-rotate {member_id}\n\nCrmctl-Action: key-rotate\n"
    commit = place(ledger, Intent(edits, message, lines))
    put_in_place(home, member_id, ledger.today)
    return Rotated(keys, sum(map(len, lines.values())), lost, commit)


def finish(ledger: Ledger) -> Rotated | None:
    """Put new keys in place that the ledger has already: the last step of a rotation that was broken off."""
    keys = waiting_beside(ledger.home, ledger.member_id)
    if keys is None or keys.opens != ledger.member.opens:
        return None
    put_in_place(ledger.home, ledger.member_id, ledger.today)
    return Rotated(keys, 0, 0, ledger.main)


def old_keys(home: Path, member: str) -> list[Path]:
    """The folders of keys that were replaced."""
    return sorted((home / "identities").glob(f"{member}.until-*"))
