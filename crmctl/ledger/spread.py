"""Much work on many sealed files, spread over all cores: age holds the interpreter's lock, so in processes.

Each process opens the ledger for itself and sends back what it made, and the secrets it unwrapped.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from crmctl.ledger import ring_store
from crmctl.ledger.keys.identity import Identity
from crmctl.ledger.keys.keyring import Keyring, Unwrapped
from crmctl.ledger.ledger import Ledger

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Entry = tuple[str, str]  # path, blob id
Result = TypeVar("Result")
Work = Callable[[Ledger, str, Sequence[Entry]], Iterator[Result]]

# Below this a second process costs more than it brings: it starts in about 100 ms, a record opens in 0.3.
ALONE = 1500
# So many secrets are worth reading the ring (2 us each) instead of unwrapping them anew (200 us each).
RING_FROM = 200
_BLOCK = 250


@dataclass(frozen=True, slots=True)
class _Copy:
    """What a process opens the ledger with: it goes through memory or a pipe, never through a file."""

    path: Path
    home: Path
    head: str
    main: str
    identity: Identity
    keyring: str | None
    known: Unwrapped

    def open(self) -> Ledger:
        ledger = Ledger(self.path, at=self.head, home=self.home)
        ledger.main = self.main  # whose set-up is in force, whatever waits for review
        ledger.__dict__["member_id"] = self.identity.member
        ledger.__dict__["identity"] = self.identity
        ledger.__dict__["keyring"] = Keyring(ledger.repo, ledger.in_force.settings.epoch, self.keyring)
        ledger.ring.remember(self.known)
        return ledger


def spread(
    ledger: Ledger, work: Work[Result], argument: str, entries: Sequence[Entry], *, alone: int = ALONE,
    keys: bool = True,
) -> Iterator[Result]:  # fmt: skip
    """What `work(ledger, argument, entries)` yields for all entries, in any order.

    `work` is a module's function that yields one picklable result an entry, in order. `alone` is
    the number of entries from which more than one process is used; `keys`: compartments are opened.
    """
    known: Unwrapped = ring_store.load(ledger) if keys and len(entries) >= RING_FROM else {}
    ledger.ring.remember(known)
    processes = min(_cores(), len(entries) // _BLOCK + 1) if len(entries) >= alone else 1
    made = _in_processes(ledger, work, argument, entries, known, processes) if processes > 1 else None
    with ledger.watch(len(entries)) if ledger.watch and entries else contextlib.nullcontext(_unwatched) as done:
        for number, result in enumerate(made or work(ledger, argument, entries), 1):
            done(number)
            yield result
    _keep_ring(ledger, known)


def _unwatched(_done: int) -> None:
    pass


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _keep_ring(ledger: Ledger, known: Unwrapped) -> None:
    fresh = ledger.ring.unwrapped
    if len(fresh) >= RING_FROM:
        ring_store.save(ledger, known | {wrap: known.get(wrap, {}) | held for wrap, held in fresh.items()})


def _in_processes(
    ledger: Ledger, work: Work[Result], argument: str, entries: Sequence[Entry], known: Unwrapped, count: int
) -> Iterator[Result]:
    import multiprocessing

    # Forking a process with threads may hang the child; elsewhere than on Linux it is not safe at all.
    forks = sys.platform == "linux" and threading.active_count() == 1
    context: Any = multiprocessing.get_context("fork" if forks else "spawn")
    copy = _Copy(ledger.repo.path, ledger.home, ledger.head, ledger.main, ledger.identity, ledger.keyring.tip, known)
    children: list[tuple[BaseProcess, Connection[Any, Any]]] = []
    parts = [_part(entries, number, count) for number in range(count)]
    try:
        for part in parts:
            ours, theirs = context.Pipe(duplex=False)
            child = context.Process(target=_serve, args=(theirs, copy, work, argument, part), daemon=True)
            child.start()
            theirs.close()
            children.append((child, ours))
        yield from _collected(ledger, work, argument, parts, [pipe for _child, pipe in children])
    finally:
        for child, pipe in children:
            pipe.close()
            child.terminate()
            child.join()


def _part(entries: Sequence[Entry], number: int, count: int) -> list[Entry]:
    """Every `count`-th block: neighbours belong to one dossier and share its keys."""
    starts = range(number * _BLOCK, len(entries), count * _BLOCK)
    return [entry for start in starts for entry in entries[start : start + _BLOCK]]


def _collected(
    ledger: Ledger, work: Work[Result], argument: str, parts: list[list[Entry]], pipes: list[Connection[Any, Any]]
) -> Iterator[Result]:
    from multiprocessing.connection import wait

    received = dict.fromkeys(pipes, 0)
    waiting = set(pipes)
    while waiting:
        for ready in wait(list(waiting)):
            pipe = next(pipe for pipe in waiting if pipe is ready)
            try:
                results, secrets = pipe.recv()
            except (EOFError, OSError):
                waiting.discard(pipe)
                # The process ended early (out of memory, killed): what it left is done here.
                yield from work(ledger, argument, parts[pipes.index(pipe)][received[pipe] :])
                continue
            received[pipe] += len(results)
            yield from results
            if secrets is not None:
                waiting.discard(pipe)
                ledger.ring.take_over(secrets)


def _serve(
    pipe: Connection[Any, Any], copy: _Copy, work: Work[Result], argument: str, part: list[Entry]
) -> None:  # pragma: no cover - runs in a process of its own
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told, and ends us
    with contextlib.suppress(Exception):  # whatever it was, the parent meets it again and can tell it
        ledger = copy.open()
        results: list[Result] = []
        for result in work(ledger, argument, part):
            results.append(result)
            if len(results) == _BLOCK:
                pipe.send((results, None))
                results = []
        pipe.send((results, ledger.ring.unwrapped))
    pipe.close()
