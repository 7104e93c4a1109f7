"""The operating system's own store of passwords as a place for an opened key (Keychain, Secret Service …).

Optional (the extra `crmctl[keyring]`): nothing is imported until a member asked for it. Unlike `agent` it holds the
key until `crmctl lock`, across restarts, for as long as the user's session opens that store.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from crmctl.errors import BadConfiguration
from crmctl.i18n import _

if TYPE_CHECKING:
    from types import ModuleType

_SERVICE = "crmctl"
_MARK = "in-keyring"  # beside the keys: says that asking the store is worth its while
_IN_THE_CLEAR = ("keyrings.alt.", "keyring.backends.fail", "keyring.backends.null")


def keep(home: Path, member: str, secret: str) -> None:
    """Put a member's secret into the store. Raises BadConfiguration where there is none that protects it."""
    store = _store()
    name = _name(home, member)
    try:
        store.set_password(_SERVICE, name, secret)
        kept = store.get_password(_SERVICE, name)
    except Exception as error:  # noqa: BLE001 (each system's store fails in its own way)
        raise _unusable(type(error).__name__) from None
    if kept != secret:
        raise _unusable(_("it does not give back what it got"))
    from crmctl.ledger.disk.files import write_atomic

    write_atomic(_mark(home, member), b"")


def held(home: Path, member: str) -> str | None:
    """The secret the store holds for a member; None where it was never put there or does not come out."""
    if not _mark(home, member).exists():
        return None
    with contextlib.suppress(Exception):
        found = _store().get_password(_SERVICE, _name(home, member))
        return str(found) if found else None
    return None


def forget(home: Path, member: str) -> bool:
    """Take a member's secret out of the store; whether there was one. Raises BadConfiguration when it stays there."""
    mark = _mark(home, member)
    if not mark.exists():
        return False
    store = _store()
    try:
        if store.get_password(_SERVICE, _name(home, member)) is not None:
            store.delete_password(_SERVICE, _name(home, member))
    except Exception as error:  # noqa: BLE001 (as above)
        raise _unusable(type(error).__name__) from None
    mark.unlink(missing_ok=True)
    return True


def _store() -> ModuleType:
    try:
        import keyring
    except ImportError:
        raise BadConfiguration(
            _("What speaks to this system's store of passwords is not installed"), hint="pip install 'crmctl[keyring]'"
        ) from None
    backend = keyring.get_keyring()
    parts = getattr(backend, "backends", None) or [backend]  # the chainer asks several in turn
    if all(type(one).__module__.startswith(_IN_THE_CLEAR) for one in parts):
        raise _unusable(_("this system has none"))
    return keyring


def _unusable(why: str) -> BadConfiguration:
    return BadConfiguration(
        _("This system's store of passwords cannot be used: {why}", why=why), hint=_("crmctl unlock without --keyring")
    )


def _mark(home: Path, member: str) -> Path:
    return home / "identities" / member / _MARK


def _name(home: Path, member: str) -> str:
    """One entry a member and place of keys: two homes on one machine may hold different keys of one member."""
    from zlib import crc32

    return f"{member}@{crc32(str(home.resolve()).encode()):08x}"
