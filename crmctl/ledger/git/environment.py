"""What every Git child runs under, and what its failures mean. Pure but for the environment.

Variables that steer Git at another repository (`GIT_DIR` and its kin, as a hook passes
them on) are dropped, as is configuration smuggled in by variables; transport and trace stay.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from crmctl.errors import Conflict, CrmctlError, GitFailed
from crmctl.i18n import _

_KEPT = re.compile(
    r"GIT_(SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|SSL_.*|HTTP_.*|PROXY_.*|TRACE.*|EXEC_PATH|ALLOW_PROTOCOL"
    r"|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM)"
)
_QUARANTINE = ("GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
_ALWAYS = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "LC_ALL": "C",
}
HARDENING = (
    "--no-pager", "-c", "core.quotepath=off", "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false",
    "-c", "core.useReplaceRefs=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
    "-c", "protocol.ext.allow=never", "-c", "core.precomposeUnicode=false",
)  # fmt: skip

_CONTROL = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b\[[0-9;?]*[ -/]*[@-~]"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_CREDENTIALS = re.compile(r"(\w+://)[^/@\s]+@")
_DISK_FULL = ("No space left on device", "Disk quota exceeded", "File too large")
_READ_ONLY = ("Read-only file system", "Permission denied", "insufficient permission", "Operation not permitted")
_UNREACHED = (
    "Could not read from remote", "Could not resolve host", "Connection refused", "timed out", "unable to access",
    "Authentication failed", "could not read Username", "Connection reset", "early EOF", "hung up unexpectedly",
)  # fmt: skip
_LOCKED = re.compile(r"Unable to create '[^']*\.lock': File exists|[Aa]nother git process")
_MOVED = re.compile(r"cannot lock ref .*(but expected|reference already exists|unable to resolve reference)")


def environment(quarantine: bool = False) -> dict[str, str]:
    """The environment for a Git child. `quarantine` keeps what a receiving hook must read through."""
    kept = {
        name: value for name, value in os.environ.items()
        if not name.startswith("GIT_") or _KEPT.fullmatch(name) or (quarantine and name in _QUARANTINE)
    }  # fmt: skip
    return kept | _ALWAYS


def plain(text: str) -> str:
    """Text from Git or a server without control characters, escapes or credentials."""
    return _CREDENTIALS.sub(r"\1", _CONTROL.sub("", text)).strip()


def last_line(stderr: bytes) -> str:
    """Git's last `fatal:`, `error:` or `remote:` line, else its last line."""
    lines = [line for line in map(plain, stderr.decode("utf-8", "replace").splitlines()) if line]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return (telling or lines or [""])[-1]


def failure(command: str, stderr: bytes, where: Path | str, code: int = 1) -> CrmctlError:
    """The error for a failed `git <command>`: Conflict for a lock or a moved ref, else GitFailed."""
    text, line = stderr.decode("utf-8", "replace"), last_line(stderr)
    if _MOVED.search(text):
        return Conflict(_("The ledger changed meanwhile"), where=str(where), hint=_("Run the command again"))
    if _LOCKED.search(text):
        wait = _("Another Git command is at work there; run the command again when it is done, else: crmctl doctor")
        return Conflict(_("Git is locked: {line}", line=line), where=str(where), hint=wait)
    hint: str | None = None
    if any(sign in text for sign in _UNREACHED):
        hint = _("Check the network and that the server lets you in, then run the command again")
    elif any(sign in text for sign in _DISK_FULL):
        hint = _("The disk is full; free some space and run the command again. The ledger is as it was")
    elif any(sign in text for sign in _READ_ONLY):
        hint = _("The ledger's folder cannot be written; check its permissions. The ledger is as it was")
    elif "dubious ownership" in text:
        hint = _("The folder belongs to somebody else; allow it with: git config --global --add safe.directory FOLDER")
    line = line or _("{command} ended with {code}", command=command, code=code)
    return GitFailed(_("Git failed: {line}", line=line), where=str(where), hint=hint)
