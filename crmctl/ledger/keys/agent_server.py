"""The key agent's own process: holds one secret, answers its owner, forgets on time."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import NoReturn

from crmctl.ledger.keys.agent import LONGEST_SECRET, drop_empty, peer_is_me

_GLANCE = 20.0  # seconds between looks at the clock: after a suspend the time may be up
_PATIENCE = 1.0


def uptime() -> float:
    """Seconds that also pass while the machine sleeps, and that nobody can set back."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Server:
    """Listens from the moment it is made; `serve` returns when the time is up or somebody says stop."""

    def __init__(self, path: Path, secret: bytearray, seconds: int) -> None:
        self._path = path
        self._secret = secret
        self._end = uptime() + seconds
        self._stopped = False
        _forbid_dumps()
        new = path.with_name(f"{path.name}.{os.getpid()}")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            self._socket.bind(str(new))
        finally:
            os.umask(before)
        self._socket.listen(8)
        self._inode = new.stat().st_ino
        new.rename(path)

    def detach(self) -> None:
        """Leave the starter's terminal, folder and streams."""
        os.setsid()
        os.chdir("/")
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(name, lambda *_: sys.exit(0))

    def serve(self) -> None:
        """Answer until the end; then the secret is overwritten and the socket gone."""
        try:
            while not self._stopped and (left := self._end - uptime()) > 0:
                self._socket.settimeout(min(left, _GLANCE))
                with contextlib.suppress(OSError):
                    connection, _address = self._socket.accept()
                    with connection:
                        self._answer(connection)
        finally:
            self._forget()

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        if not peer_is_me(connection):
            return
        word = connection.recv(16)
        left = self._end - uptime()
        if word == b"stop\n":
            self._stopped = True
            self._forget()
            connection.sendall(b"stopped")
        elif left > 0 and word == b"get\n":
            connection.sendall(self._secret)
        elif left > 0 and word == b"left\n":
            connection.sendall(str(int(left) + 1).encode())

    def _forget(self) -> None:
        for index in range(len(self._secret)):
            self._secret[index] = 0
        with contextlib.suppress(OSError):
            if self._path.lstat().st_ino == self._inode:
                self._path.unlink()
                drop_empty(self._path.parent)


def _forbid_dumps() -> None:
    """No core file may hold the secret."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _main(arguments: list[str]) -> NoReturn:
    """Read the secret from standard input, listen, go to the background, serve until the time is up."""
    path, seconds = Path(arguments[0]), int(arguments[1])
    secret = bytearray(LONGEST_SECRET)
    del secret[os.readv(0, [secret]) :]
    if not secret:
        sys.exit(1)
    server = Server(path, secret, seconds)
    if os.fork():
        os._exit(0)
    server.detach()
    server.serve()
    os._exit(0)


if __name__ == "__main__":
    _main(sys.argv[1:])
