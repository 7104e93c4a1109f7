"""Where plans are kept until they are applied: sealed to the member who made them, under `.git/crmctl/imports/`."""

from __future__ import annotations

import secrets
from pathlib import Path

from crmctl.errors import Conflict, NotFound
from crmctl.exchange.plan import Plan, decode
from crmctl.i18n import _
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.keys.seal import seal
from crmctl.ledger.ledger import Ledger

_SUFFIX = ".plan.age"


def keep(ledger: Ledger, plan: Plan, out: Path | None = None) -> Path:
    """Seal the plan to its member and write it down. Returns where."""
    stamp = "".join(sign for sign in plan.at[:19] if sign.isdigit())
    path = out.absolute() if out else folder(ledger) / f"{stamp}-{secrets.token_hex(4)}{_SUFFIX}"
    write_atomic(path, seal(plan.encode(), ledger.identity.opens))
    return path


def take(ledger: Ledger, path: Path | None = None) -> tuple[Plan, Path]:
    """The plan at `path`, or the one made last. Raises NotFound, NoKey, Conflict (another ledger's)."""
    if path is None:
        kept = sorted(folder(ledger).glob(f"*{_SUFFIX}"), key=lambda one: (one.stat().st_mtime_ns, one.name))
        if not kept:
            raise NotFound(_("No import is planned"), hint="crmctl import plan FILE")
        path = kept[-1]
    try:
        sealed = path.read_bytes()
    except OSError as error:
        raise NotFound(_("The file cannot be read"), where=str(path), hint="crmctl import plan FILE") from error
    plan = decode(ledger.identity.opener().open(sealed, path.name), path.name)
    if plan.ledger != ledger.in_force.settings.id:
        raise Conflict(_("This plan was made for another ledger"), where=path.name, hint="crmctl import plan FILE")
    return plan, path


def drop(ledger: Ledger, path: Path) -> None:
    """Forget an applied plan, where it is ours to forget."""
    if path.parent == folder(ledger):
        path.unlink(missing_ok=True)


def folder(ledger: Ledger) -> Path:
    """Where this copy keeps its plans."""
    return ledger.repo.git_dir / "crmctl" / "imports"
