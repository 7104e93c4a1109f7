"""Keep an unlocked age secret in memory for some hours: one small process and one socket a member.

The socket (0600, in a 0700 folder of this user) answers only processes of the same user. The secret comes to the
process by a pipe, never by arguments, environment or disk; it is gone when the time is up or at `stop`.
Where `XDG_RUNTIME_DIR` is set the folder lies there, so that logging out ends it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crmctl.errors import BadConfiguration, InvalidInput
from crmctl.i18n import _

if TYPE_CHECKING:
    import socket

_FOLDER_LIMIT = 60  # bytes, which leaves room for a name in the 104 to 108 of a socket's path
_PATIENCE = 1.0
_START_PATIENCE = 20.0
_STARTS = 2
_TEMPORARY = Path("/tmp")  # noqa: S108 (a folder of ours alone in it, or it is refused)
LONGEST_SECRET = 256


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A member whose keys are in memory, and for how many seconds yet."""

    member: str
    seconds_left: int


def start(home: Path, member: str, secret: str, seconds: int) -> None:
    """Hold `secret` for `seconds`, in place of what was held for this member.

    Raises BadConfiguration where the system has no unix sockets, the folder is not ours, or the process does not start.
    """
    import subprocess

    _require_sockets()
    if seconds <= 0:
        raise InvalidInput(_("The time must be longer than nothing"), hint="crmctl unlock --for 8h")
    path = _socket_path(home, member)
    stop(home, member)
    _sweep()
    package = Path(__file__).resolve().parents[3]
    # from the package's folder, because python -m imports from where it stands before all else
    command = [sys.executable, "-m", "crmctl.ledger.keys.agent_server", str(path), str(seconds)]
    started = False
    for _attempt in range(_STARTS):
        _own_folder(path.parent)
        try:
            done = subprocess.run(
                command,
                input=secret.encode("ascii"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=package,
                start_new_session=True,
                timeout=_START_PATIENCE,
                check=False,
            )
            started = done.returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            break
        if started:
            break  # else another agent that ended meanwhile took the empty folder along: once more
    if not started:
        raise BadConfiguration(
            _("The key agent did not start"), where=str(path), hint=_("`crmctl doctor` looks at the machine")
        )


def ask(home: Path, member: str) -> str | None:
    """The secret held for a member, or None. Never raises and never waits long."""
    answer = _request(_socket_path(home, member), b"get\n")
    return answer.decode("ascii", "replace") if answer else None


def stop(home: Path, member: str | None) -> list[str]:
    """Forget one member's secret, or all; the members whose secrets were held."""
    members = [member] if member else _members(home)
    return [name for name in members if _request(_socket_path(home, name), b"stop\n") == b"stopped"]


def status(home: Path) -> list[Unlocked]:
    """Who is unlocked, by name."""
    found = []
    for member in _members(home):
        answer = _request(_socket_path(home, member), b"left\n") or b""
        if answer.isdigit():
            found.append(Unlocked(member, int(answer)))
    return found


def _members(home: Path) -> list[str]:
    try:
        return sorted(path.stem for path in _folder(home).glob("*.sock"))
    except OSError:
        return []


def _socket_path(home: Path, member: str) -> Path:
    return _folder(home) / f"{member[:32]}.sock"


def _folder(home: Path) -> Path:
    """Where the sockets are: in the session's runtime folder, the home itself, or the temporary folder."""
    from zlib import crc32

    place = os.path.realpath(home)
    mark = f"{crc32(os.fsencode(place)):08x}"
    choices = [Path(place) / "agent"]
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        choices.insert(0, Path(runtime) / f"crmctl-{mark}")
    for choice in choices:
        if choice.is_absolute() and len(os.fsencode(choice)) <= _FOLDER_LIMIT:
            return choice
    return _TEMPORARY / f"crmctl-{_me()}-{mark}"


def _sweep() -> None:
    """Take away what agents that were killed left in the temporary folder: sockets nobody answers, empty folders."""
    with contextlib.suppress(OSError):
        for folder in _TEMPORARY.glob(f"crmctl-{_me()}-*"):
            if _is_ours(folder):
                for path in folder.glob("*.sock"):
                    _request(path, b"left\n")
                drop_empty(folder)


def drop_empty(folder: Path) -> None:
    """Remove an agent's folder once nothing is in it."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def _own_folder(folder: Path) -> None:
    from crmctl.ledger.disk.files import private_folder

    try:
        private_folder(folder)
        ours = _is_ours(folder)
    except OSError:
        ours = False
    if not ours:
        raise BadConfiguration(
            _("The agent's folder is not yours alone"), where=str(folder), hint=_("Remove it, or set XDG_RUNTIME_DIR")
        )


def _is_ours(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == _me() and not found.st_mode & 0o077


def _me() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


def _require_sockets() -> None:
    import socket

    if not hasattr(socket, "AF_UNIX") or not hasattr(os, "fork"):
        raise BadConfiguration(
            _("This system has no unix sockets, so keys cannot be kept unlocked"),
            hint=_("Type the passphrase at each command, or use keys without a passphrase"),
        )


def _request(path: Path, word: bytes) -> bytes | None:
    """One word to the agent, its answer; None where there is none. Clears away a dead agent's socket."""
    try:
        if not _is_ours(path.parent) or not stat.S_ISSOCK(path.lstat().st_mode):
            return None
    except OSError:
        return None
    import socket

    if not hasattr(socket, "AF_UNIX"):
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_PATIENCE)
        try:
            connection.connect(str(path))
            if not peer_is_me(connection):
                return None
            connection.sendall(word)
            return _read_all(connection)
        except ConnectionRefusedError:
            with contextlib.suppress(OSError):
                path.unlink()
            drop_empty(path.parent)
        except OSError:
            pass
    return None


def _read_all(connection: socket.socket) -> bytes:
    content = b""
    while len(content) < LONGEST_SECRET and (part := connection.recv(LONGEST_SECRET)):
        content += part
    return content


def peer_is_me(connection: socket.socket) -> bool:
    """Whether the other end is the same user's, where the system can tell; else the folder's mode decides."""
    import socket
    import struct

    credentials = getattr(socket, "SO_PEERCRED", None)
    if credentials is None:
        return True
    size = struct.calcsize("3i")
    _pid, uid, _gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, credentials, size))
    return bool(uid == _me())
