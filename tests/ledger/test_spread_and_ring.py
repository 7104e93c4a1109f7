"""Work spread over processes gives what one process gives, whatever becomes of the others; unwrapped keys are kept sealed."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence

import pytest

from crmctl.ledger import ring_store
from crmctl.ledger import spread as spreading
from crmctl.ledger.changing.placing import author_of
from crmctl.ledger.git.transaction import Change, write
from crmctl.ledger.keys import keyring
from crmctl.ledger.keys.seal import seal
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.spread import Entry, spread
from crmctl.model.dossier import wraps_folder
from tests.company import VISIT, Company

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def topics(ledger: Ledger, argument: str, entries: Sequence[Entry]) -> Iterator[tuple[str, str, int]]:
    for path, oid in entries:
        yield path, f"{argument} {ledger.read(path, oid).data.get('topic')}", os.getpid()


def dying(ledger: Ledger, argument: str, entries: Sequence[Entry]) -> Iterator[tuple[str, str, int]]:
    for number, made in enumerate(topics(ledger, argument, entries)):
        if number == 3 and multiprocessing.parent_process() is not None:
            os._exit(1)
        yield made


@pytest.fixture
def visits(company: Company) -> list[Entry]:
    draft = company.draft()
    customer = company.customer()
    draft = company.draft()
    for number in range(8):
        draft.new_record(draft.kind("visit"), customer, "east", {**VISIT, "topic": f"Topic {number}"})
    draft.commit("import")
    return [entry for entry in company.ledger().record_blobs() if "/visits/" in entry[0]]


@pytest.mark.parametrize("work", [topics, dying])
@pytest.mark.parametrize("threads", [1, 2])
def test_several_processes_give_what_one_gives(
    company: Company,
    visits: list[Entry],
    monkeypatch: pytest.MonkeyPatch,
    work: spreading.Work[tuple[str, str, int]],
    threads: int,
) -> None:
    """With a second thread the processes are started anew instead of forked."""
    alone = list(spread(company.ledger(), work, "on", visits))
    assert {made[2] for made in alone} == {os.getpid()}
    monkeypatch.setattr(spreading, "_BLOCK", 2)
    monkeypatch.setattr(spreading, "_cores", lambda: 2)
    monkeypatch.setattr(threading, "active_count", lambda: threads)
    done: list[int] = []
    ledger = company.ledger()
    ledger.watch = lambda _total: _Watch(done)
    made = list(spread(ledger, work, "on", visits, alone=1))
    assert sorted(item[:2] for item in made) == sorted(item[:2] for item in alone)
    assert done == list(range(1, 9))
    others = {item[2] for item in made} - {os.getpid()}
    # started anew, they send in blocks larger than this
    assert len(others) == (0 if work is dying and threads == 2 else 2)
    assert (os.getpid() in {item[2] for item in made}) == (work is dying)


class _Watch:
    def __init__(self, done: list[int]) -> None:
        self._done = done

    def __enter__(self) -> spreading.Callable[[int], None]:
        return self._done.append

    def __exit__(self, *_error: object) -> None:
        return


def test_unwrapped_keys_are_kept_sealed_and_serve_the_next_run(
    company: Company, visits: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "RING_FROM", 1)
    list(spread(company.ledger(), topics, "", visits))
    kept = (company.clone("alice") / ".git" / "crmctl" / "snapshot" / "alice" / "ring.age").read_bytes()
    assert b"AGE-SECRET" not in kept
    assert company.ledger().identity.secret.encode() not in kept
    monkeypatch.setattr(keyring.Ring, "_opened", lambda *_: pytest.fail("unwrapped again"))
    assert len(list(spread(company.ledger(), topics, "", visits))) == 8


def test_keys_of_a_wrap_that_vanished_are_forgotten(
    company: Company, visits: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "RING_FROM", 1)
    list(spread(company.ledger(), topics, "", visits))
    assert len(ring_store.load(company.ledger())) == 1
    ledger = company.ledger()
    file = f"{wraps_folder(visits[0][0].split('/')[2])}/alice"
    change = Change(ledger.keyring.ref, ledger.keyring.tip, {file: None}, "by hand\n")
    write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)
    assert ring_store.load(company.ledger()) == {}
    note = (
        company.ledger()
        .identity.opener()
        .open((company.clone("alice") / ".git" / "crmctl" / "snapshot" / "alice" / "ring.age").read_bytes(), "")
    )
    assert b"AGE-SECRET" not in note


def test_a_ring_of_another_member_is_not_taken(company: Company, visits: list[Entry]) -> None:
    ledger = company.ledger()
    ring_store.save(ledger, {"0" * 40: {("core", 1): "AGE-SECRET-KEY-1"}})
    assert ring_store.load(company.ledger()) != {}
    path = company.clone("alice") / ".git" / "crmctl" / "snapshot" / "alice" / "ring.age"
    path.write_bytes(seal(b'{"keyring": "", "held": {}}', ledger.identity.opens))
    assert ring_store.load(company.ledger()) == {}
