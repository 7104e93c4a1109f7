"""Objects read through long-lived `git cat-file` processes: one request costs microseconds.

Every reader borrows a process of its own, so that a half-read stream and a second request
never mix. A process that was not read to the end of its answers is ended, not lent again.
"""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, NamedTuple, Protocol

from crmctl.errors import GitFailed
from crmctl.i18n import _

# Two chunks of requests stay below the smallest pipe (4 KiB), so writing never waits for
# Git while Git waits for us to read.
_CHUNK = 40
_IDLE_KEPT = 4


class _OldGitError(Exception):
    """This Git knows no `--batch-command` (before 2.36)."""


class Found(NamedTuple):
    """An object as read."""

    oid: str
    kind: str
    content: bytes


class Child(Protocol):
    """A started process, as `subprocess.Popen` gives it."""

    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def wait(self) -> int:
        """Its exit code, once it has ended."""

    def kill(self) -> None:
        """End it at once."""


Spawn = Callable[[Sequence[str]], Child]


class CatFile:
    """One `git cat-file` process. `commands` False speaks the older `--batch`."""

    def __init__(self, spawn: Spawn, commands: bool) -> None:
        self.commands = commands
        self.clean = True
        self.process = spawn(["cat-file", *(["--batch-command", "--buffer"] if commands else ["--batch"])])

    def ask(self, names: Sequence[str]) -> None:
        """Send requests; small enough that writing never waits."""
        assert self.process.stdin is not None
        verb, end = (b"contents ", b"flush\n") if self.commands else (b"", b"")
        lines = [verb + name.encode("utf-8", "surrogateescape") + b"\n" for name in names]
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(b"".join(lines) + end)
            self.process.stdin.flush()

    def answer(self) -> Found | None:
        """The next answer; None where there is no such object."""
        assert self.process.stdout is not None
        header = self.process.stdout.readline()
        words = header.split()
        if not header.endswith(b"\n"):
            if self.commands and self.process.wait() == 129:
                raise _OldGitError
            raise GitFailed(_("Git stopped while reading the ledger"))
        if len(words) != 3 or not words[2].isdigit() or len(words[0]) != 40:
            return None
        content = self.process.stdout.read(int(words[2]) + 1)
        if len(content) != int(words[2]) + 1:
            raise GitFailed(_("Git stopped while reading the ledger"))
        return Found(words[0].decode(), words[1].decode(), content[:-1])

    def end(self) -> None:
        """Let it go; at once where answers are still unread."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if not self.clean:
            self.process.kill()
        self.process.wait()


class CatFilePool:
    """The `cat-file` processes of one repository, started with `spawn` when first needed."""

    def __init__(self, spawn: Spawn) -> None:
        self._spawn = spawn
        self._commands = True
        self._idle: list[CatFile] = []
        self._guard = threading.Lock()
        self._owner = os.getpid()
        weakref.finalize(self, _end_all, self._idle, self._owner)

    def get(self, name: str) -> Found | None:
        """The object of that name (any revision syntax), None where there is none."""
        if not name or "\n" in name or "\0" in name:
            return None
        with self._borrow() as process:
            process.ask([name])
            return process.answer()

    def stream(self, names: Iterable[str]) -> Iterator[tuple[str, Found | None]]:
        """Answers in the order asked, requests sent ahead; holds one object at a time."""
        source = iter(names)
        pending = list(islice(source, _CHUNK))
        if not pending:
            return
        with self._borrow() as process:
            process.ask(pending)
            while pending:
                ahead = list(islice(source, _CHUNK))
                if ahead:
                    process.ask(ahead)
                for name in pending:
                    yield name, process.answer()
                pending = ahead

    def close(self) -> None:
        """End the idle processes; a later request starts anew."""
        with self._guard:
            _end_all(self._idle, self._owner)

    @contextlib.contextmanager
    def _borrow(self) -> Iterator[CatFile]:
        process = self._take()
        process.clean = False
        try:
            yield process
            process.clean = True
        finally:
            self._give_back(process)

    def _take(self) -> CatFile:
        with self._guard:
            if self._owner != os.getpid():  # after a fork the pipes belong to the parent
                self._idle.clear()
                self._owner = os.getpid()
            if self._idle:
                return self._idle.pop()
            if self._commands and not self._knows_commands():
                self._commands = False
            return self._idle.pop() if self._idle else CatFile(self._spawn, commands=self._commands)

    def _knows_commands(self) -> bool:
        process = CatFile(self._spawn, commands=True)
        process.ask(["0" * 40])
        try:
            process.answer()
        except _OldGitError:
            process.end()
            return False
        self._idle.append(process)
        return True

    def _give_back(self, process: CatFile) -> None:
        with self._guard:
            if process.clean and len(self._idle) < _IDLE_KEPT:
                self._idle.append(process)
                return
        process.end()


def _end_all(processes: list[CatFile], owner: int) -> None:
    if owner != os.getpid():
        return
    while processes:
        processes.pop().end()
