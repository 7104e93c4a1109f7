"""The small tables kept as one note: taken while nothing changed, made anew after, gone once something opens no more."""

from __future__ import annotations

import pytest

from crmctl.ledger.notes import Notes
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.together import SCHEMA
from crmctl.model.dossier import wraps_folder
from tests.company import VISIT
from tests.ledger.snapshot.conftest import Shop
from tests.ledger.snapshot.plain_snapshot import assert_whole
from tests.ledger.snapshot.test_snapshot_kept import edit_keyring


def every(shop: Shop, member: str = "alice") -> list[tuple[object, ...]]:
    """Every table's rows and the counts, in the order they come."""
    ledger = shop.company.ledger(member)
    connection = connect(ledger, list(ledger.in_force.kinds))
    tables = [kind.table for kind in ledger.in_force.kinds.values()]
    found = [row for name in tables for row in connection.execute(f'SELECT * FROM "{name}" ORDER BY 1')]
    counts = connection.execute("SELECT * FROM coverage ORDER BY kind, department, compartment").fetchall()
    files = connection.execute("SELECT * FROM _sources ORDER BY path, kind").fetchall()
    return [*found, *counts, *files, *connection.execute("SELECT * FROM damaged").fetchall()]


def kept(shop: Shop, member: str = "alice") -> list[str]:
    return [name for name in shop.notes(member).names() if name.startswith(SCHEMA)]


def test_while_nothing_changed_one_note_stands_for_all(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = every(shop)
    assert len(kept(shop)) == 1
    read: list[str] = []
    really = Notes.read
    monkeypatch.setattr(Notes, "read", lambda self, name: read.append(name) or really(self, name))
    assert every(shop) == before
    assert len(read) < 8, read
    assert any(name.startswith(SCHEMA) for name in read)


def test_another_set_of_tables_has_a_note_of_its_own(shop: Shop) -> None:
    every(shop)
    ledger = shop.company.ledger()
    connect(ledger, list(ledger.in_force.kinds)[:20])
    assert len(kept(shop)) == 2


def test_after_a_change_it_is_made_anew_and_the_old_one_is_gone(shop: Shop) -> None:
    before, first = every(shop), kept(shop)
    shop.company.add("visit", VISIT, customer=shop.north)
    assert len(every(shop)) > len(before)
    assert len(kept(shop)) == 1
    assert kept(shop) != first
    assert_whole(shop.company.ledger())


def test_what_opens_no_more_is_neither_read_nor_left(shop: Shop) -> None:
    assert any("Unheard-of secret" in row for row in every(shop, "bob"))
    edit_keyring(shop.company, {f"{wraps_folder(shop.west)}/bob": None}, "bob")
    # a question about one kind does not read the note; what it held must be gone all the same
    connect(shop.company.ledger("bob"), ["complaint"])
    for name in shop.notes("bob").names():
        if name.startswith(SCHEMA):
            assert b"Unheard-of secret" not in bytes(shop.notes("bob").read(name) or b""), name
    assert not any("Unheard-of secret" in row for row in every(shop, "bob"))


def test_a_spoiled_note_is_made_anew(shop: Shop) -> None:
    before = every(shop)
    path = shop.notes().folder / f"{kept(shop)[0]}.age"
    path.write_bytes(path.read_bytes()[:-3] + b"abc")
    assert every(shop) == before
