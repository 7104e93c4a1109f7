"""The snapshot kept between runs: always what the ledger says, never more than the member can open, never in the clear."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from crmctl.errors import NotFound
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.changing.placing import author_of
from crmctl.ledger.git.lock import ledger_lock
from crmctl.ledger.git.transaction import Change, write
from crmctl.ledger.keys.seal import seal
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.notes import PURPOSE
from crmctl.ledger.setup.enrol import set_roles
from crmctl.ledger.snapshot import part, refresh
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.difference import Entry, Present
from crmctl.ledger.snapshot.names import names
from crmctl.ledger.snapshot.records import kind_segment
from crmctl.ledger.snapshot.segment import Made
from crmctl.ledger.snapshot.store import connection_in_memory, part_of
from crmctl.model.dossier import wraps_folder
from crmctl.model.org import Role
from crmctl.model.record import Record
from tests.company import VISIT, Company
from tests.ledger.snapshot.conftest import SALE, Shop
from tests.ledger.snapshot.plain_snapshot import KINDS, assert_whole

ROOT = Path(__file__).resolve().parents[3]


def edit_keyring(company: Company, edits: dict[str, bytes | None], member: str = "alice") -> None:
    """A commit of the keyring by hand."""
    ledger = company.ledger(member)
    change = Change(ledger.keyring.ref, ledger.keyring.tip, edits, "by hand\n")
    write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)


@pytest.fixture
def openings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were opened, in order."""
    seen: list[str] = []
    really = Ledger.open_with_generation

    def watched(self: Ledger, path: str, sealed: bytes) -> tuple[Record, int]:
        seen.append(path)
        return really(self, path, sealed)

    monkeypatch.setattr(Ledger, "open_with_generation", watched)
    return seen


# What it holds


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_every_record_says_after_whatever_happened(  # noqa: C901 - a list of things that happen
    shop: Shop, seed: int
) -> None:
    chance = random.Random(seed)
    company, customers = shop.company, [shop.north, shop.west]

    def add_customer() -> None:
        customers.append(company.customer(chance.choice(["alice", "bob"]), name=f"Made-up {chance.random()}"))

    def add_record() -> None:
        kind, values = chance.choice([("visit", VISIT), ("transaction", SALE)])
        member, customer = chance.choice([("alice", shop.north), ("bob", shop.west)])
        company.add(kind, {**values}, member, customer=customer)

    def change_record() -> None:
        update(company.ledger(), shop.visit, {"topic": f"Changed {chance.random()}"}, Origin())

    def take_out() -> None:
        ledger = company.ledger()
        draft = Draft(ledger)
        made = draft.new_record(draft.kind("visit"), shop.north, "east", VISIT)
        commit = draft.commit("add", "visit")
        change = Change("refs/heads/main", commit, {made.path: None}, "by hand\n")
        write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)

    def drop_wrap() -> None:
        folder = wraps_folder(chance.choice(customers))
        reader = chance.choice(["alice", "bob", "east.supervisor", "west.head"])
        ledger = company.ledger()
        if ledger.keyring.blob(folder, reader):
            edit_keyring(company, {f"{folder}/{reader}": None})

    def regroup() -> None:
        ledger = company.ledger()
        role = Role(chance.choice(["supervisor", "sales"]), chance.choice(["east", "west"]), ledger.today)
        set_roles(ledger, "carol", (role,))

    def exchange() -> None:
        company.sync("alice", "bob", "carol", "alice")

    for _step in range(8):
        for act in chance.sample([add_customer, add_record, change_record, take_out, drop_wrap, regroup, exchange], 3):
            act()
        for member in chance.sample(["alice", "bob", "carol"], 2):
            kinds = tuple(chance.sample(KINDS, chance.randint(1, 3)))
            assert_whole(company.ledger(member), kinds)
    for member in ("alice", "bob", "carol"):
        assert_whole(company.ledger(member))


def test_coverage_of_a_partial_reader_counts_what_exists_and_what_opened(shop: Shop) -> None:
    connection = connect(shop.company.ledger("bob"), ["customer", "visit"])
    rows = connection.execute("SELECT * FROM coverage ORDER BY kind, department").fetchall()
    assert rows == [("customer", "", "core", 2, 1), ("visit", "east", "sales", 1, 0), ("visit", "west", "sales", 1, 1)]
    assert connection.execute("SELECT id FROM customer").fetchall() == [(shop.west,)]


def test_only_what_changed_is_opened(shop: Shop, openings: list[str]) -> None:
    connect(shop.company.ledger(), KINDS)
    assert len(openings) == 5
    made = shop.company.add("visit", VISIT, customer=shop.north)
    openings.clear()
    connection = connect(shop.company.ledger(), KINDS)
    assert [path.rpartition("/")[2] for path in openings] == [f"{made.id}.yaml.age"]
    assert connection.execute("SELECT count(*) FROM visit").fetchone() == (3,)
    openings.clear()
    assert_whole_cheaply = connect(shop.company.ledger(), KINDS)
    assert openings == []
    assert assert_whole_cheaply.execute("SELECT count(*) FROM visit").fetchone() == (3,)


def test_an_old_state_is_shown_and_not_kept(shop: Shop) -> None:
    before = shop.company.ledger().head
    shop.company.add("visit", VISIT, customer=shop.north)
    connect(shop.company.ledger(), ["visit"])
    kept = {path.name: path.read_bytes() for path in shop.notes().folder.iterdir()}
    old = shop.company.ledger(at=before)
    assert connect(old, ["visit"]).execute("SELECT count(*) FROM visit").fetchone() == (2,)
    assert_whole(shop.company.ledger(at=before))
    assert {path.name: path.read_bytes() for path in shop.notes().folder.iterdir() if path.name in kept} == kept
    assert len(names(shop.company.ledger(at=before))) == 2
    assert not (shop.notes().folder / "names.base.age").exists()


def test_more_kinds_than_sqlite_attaches(shop: Shop) -> None:
    ledger = shop.company.ledger()
    every = tuple(ledger.in_force.kinds)
    assert len(every) > 10
    connection = connect(ledger, every)
    for kind in ledger.in_force.kinds.values():
        connection.execute(f'SELECT count(*) FROM "{kind.table}"')
    assert connection.execute("SELECT count(*) FROM visit").fetchone() == (2,)


def test_a_damaged_record_is_told_and_the_others_are_there(shop: Shop) -> None:
    ledger = shop.company.ledger()
    path = next(path for path, _oid in ledger.record_blobs() if shop.visit in path)
    key = ledger.dossier(shop.north).compartments["east/sales"].key
    change = Change("refs/heads/main", ledger.head, {path: seal(b"schema: crmctl/visit/1\n", key)}, "by hand\n")
    write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)
    for _run in range(2):
        connection = connect(shop.company.ledger(), ["visit", "customer"])
        assert connection.execute("SELECT * FROM damaged").fetchall() == [("visit", path)]
        assert connection.execute("SELECT count(*) FROM visit").fetchone() == (1,)
        counted = "SELECT existing, opened FROM coverage WHERE kind = 'visit' AND department = 'east'"
        assert connection.execute(counted).fetchone() == (1, 0)


def test_a_dossier_that_lies_elsewhere_too_is_taken_once(shop: Shop) -> None:
    ledger = shop.company.ledger()
    clear = ledger.repo.read(ledger.head, ledger.dossier(shop.north).path)
    strays = {f"customers/{where}/dossier.yaml": clear for where in (f"zz/{shop.north}", "zz/x", "zz/c-lower", "C-1")}
    change = Change("refs/heads/main", ledger.head, strays, "by hand\n")
    write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)
    found = connect(shop.company.ledger(), ["customer"]).execute("SELECT dossier FROM assignment ORDER BY 1").fetchall()
    assert found == sorted([(shop.north,), (shop.west,)])


# What no longer opens


@pytest.mark.req("R-ACL-01")
def test_rows_whose_wrap_vanished_are_gone_before_anything_is_read(shop: Shop) -> None:
    assert connect(shop.company.ledger("bob"), ["visit"]).execute("SELECT count(*) FROM visit").fetchone() == (1,)
    edit_keyring(shop.company, {f"{wraps_folder(shop.west)}/bob": None}, "bob")
    connection = connect(shop.company.ledger("bob"), ["visit"])
    assert connection.execute("SELECT count(*) FROM visit").fetchone() == (0,)
    assert connection.execute("SELECT sum(existing), sum(opened) FROM coverage").fetchone() == (2, 0)
    base = shop.notes("bob").read("kind-visit.base")
    assert base is not None
    assert b"Unheard-of secret" not in bytes(base)
    assert "kind-visit.more" not in shop.notes("bob").names()


def test_who_leaves_a_group_no_longer_reads_through_it(shop: Shop) -> None:
    company = shop.company
    assert connect(company.ledger("carol"), ["customer"]).execute("SELECT id FROM customer").fetchall() == [
        (shop.north,)
    ]
    assert [name.id for name in names(company.ledger("carol"))] == [shop.north]
    ledger = company.ledger()
    set_roles(ledger, "carol", (Role("sales", "west", ledger.today),))
    company.sync("alice", "carol")
    assert connect(company.ledger("carol"), ["customer"]).execute("SELECT id FROM customer").fetchall() == []
    assert list(names(company.ledger("carol"))) == []
    assert_whole(company.ledger("carol"))


def test_what_opens_again_comes_back(shop: Shop) -> None:
    file = f"{wraps_folder(shop.west)}/bob"
    ledger = shop.company.ledger("bob")
    content = ledger.repo.read(ledger.keyring.tip or "", file)
    connect(ledger, ["visit"])
    edit_keyring(shop.company, {file: None}, "bob")
    connect(shop.company.ledger("bob"), ["visit"])
    edit_keyring(shop.company, {file: content}, "bob")
    assert connect(shop.company.ledger("bob"), ["visit"]).execute("SELECT count(*) FROM visit").fetchone() == (1,)


def test_a_sync_takes_what_went_off_the_disk_without_anybody_reading(shop: Shop) -> None:
    company = shop.company
    connect(company.ledger("carol"), KINDS)
    names(company.ledger("carol"))
    before = bytes(shop.notes("carol").read("names.base") or b"")
    assert b"Northern Hospital" in before
    ledger = company.ledger()
    set_roles(ledger, "carol", (Role("sales", "west", ledger.today),))
    company.sync("alice", "carol")
    for name in shop.notes("carol").names():
        content = bytes(shop.notes("carol").read(name) or b"")
        assert b"Northern Hospital" not in content, name
        assert b"Introduction" not in content, name


# What lies on the disk


def test_no_plaintext_rests_anywhere_in_the_clone(shop: Shop) -> None:
    ledger = shop.company.ledger()
    connect(ledger, tuple(ledger.in_force.kinds))
    names(ledger)
    shop.company.add("visit", {**VISIT, "topic": "Told only once"}, customer=shop.north)
    connect(shop.company.ledger(), KINDS)
    secret = ledger.identity.secret.encode()
    files = [path for path in (shop.company.clone("alice") / ".git" / "crmctl").rglob("*") if path.is_file()]
    assert len(files) > len(ledger.in_force.kinds)
    for path in files:
        content = path.read_bytes()
        for word in (
            b"Northern",
            b"Introduction",
            b"Told only once",
            b"13800138000",
            b"SQLite format",
            b"AGE-SECRET",
            secret,
        ):
            assert word not in content, (path.name, word)
        if path.parent.name == "alice" and path.suffix == ".age":
            assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content[:300] + bytes([content[300] ^ 1]) + content[301:],
        lambda content: b"SQLite format 3\0" + content,
        lambda content: content + b"more",
    ],
)
def test_spoiled_notes_are_made_anew_silently(shop: Shop, spoil: Callable[[bytes], bytes]) -> None:
    names(shop.company.ledger())
    connect(shop.company.ledger(), KINDS)
    shop.company.add("visit", VISIT, customer=shop.north)
    connect(shop.company.ledger(), KINDS)
    spoiled = 0
    for path in shop.notes().folder.glob("*.age"):
        path.write_bytes(spoil(path.read_bytes()))
        spoiled += 1
    assert spoiled > 5
    assert_whole(shop.company.ledger())
    assert [name.name for name in names(shop.company.ledger()).search("the north")] == ["Northern Hospital"]


def test_notes_of_others_and_of_other_names_are_not_taken(shop: Shop) -> None:
    connect(shop.company.ledger(), KINDS)
    folder = shop.notes().folder
    alice, carol = shop.company.ledger().identity, shop.company.ledger("carol").identity
    opened = alice.opener().open((folder / "kind-visit.base.age").read_bytes(), "")
    # sealed to alice by somebody who knows only her public key, with rows of his own
    forged = bytes(32) + opened[32:].replace(b"Introduction", b"Introducti0n")
    (folder / "kind-visit.base.age").write_bytes(seal(forged, alice.opens))
    assert_whole(shop.company.ledger())
    (folder / "kind-visit.base.age").write_bytes(seal(opened, carol.opens))
    assert_whole(shop.company.ledger())
    (folder / "kind-visit.base.age").write_bytes((folder / "kind-customer.base.age").read_bytes())
    assert_whole(shop.company.ledger())


def test_an_older_form_is_made_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch, openings: list[str]) -> None:
    monkeypatch.setattr(part, "FORMAT", 0)
    connect(shop.company.ledger(), ["visit"])
    monkeypatch.undo()
    openings.clear()
    monkeypatch.setenv("CRMCTL_HOME", str(shop.company.home))
    assert connect(shop.company.ledger(), ["visit"]).execute("SELECT count(*) FROM visit").fetchone() == (2,)


def test_increments_go_into_the_base_when_they_are_many(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part, "_MORE_AT_MOST", 2)
    connect(shop.company.ledger(), ["visit"])
    for number in range(4):
        shop.company.add("visit", {**VISIT, "topic": f"Number {number}"}, customer=shop.north)
        assert_whole(shop.company.ledger(), ("visit",))
    more = shop.notes().read("kind-visit.more")
    assert more is not None
    assert b"Number 3" in bytes(more)
    assert b"Number 2" not in bytes(more)


def test_where_nothing_can_be_written_it_is_read_all_the_same(shop: Shop) -> None:
    folder = shop.notes().folder.parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("in the way")
    assert_whole(shop.company.ledger())
    assert folder.read_text() == "in the way"


def test_while_somebody_else_keeps_his_it_is_read_and_not_kept(shop: Shop) -> None:
    script = "import sys, fcntl, os; f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); input()"
    lock = shop.company.clone("alice") / ".git" / "crmctl" / f"{PURPOSE}.lock"
    shutil.rmtree(shop.notes().folder, ignore_errors=True)
    with subprocess.Popen(
        [sys.executable, "-c", script, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert_whole(shop.company.ledger())
        assert shop.notes().names() == []
        other.communicate(b"\n")
    with ledger_lock(shop.company.ledger().repo, 0.0, purpose=PURPOSE):
        pass
    assert_whole(shop.company.ledger())
    assert "kind-visit.base" in shop.notes().names()


READER = """
import sys
from pathlib import Path
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.difference import Entry, Present
from crmctl.ledger.snapshot.names import names
from crmctl.ledger.snapshot.records import kind_segment
from crmctl.ledger.snapshot.segment import Made
from crmctl.ledger.snapshot.store import connection_in_memory, part_of
for number in range(15):
    ledger = Ledger(Path(sys.argv[1]), home=Path(sys.argv[2]))
    connection = connect(ledger, ["customer", "visit", "transaction"])
    print(connection.execute("SELECT (SELECT count(*) FROM visit), (SELECT count(*) FROM txn)").fetchone(), len(names(ledger)))
"""


def test_two_processes_that_keep_theirs_at_once_lose_nothing(shop: Shop) -> None:
    clone = shop.company.clone("alice")
    words = [sys.executable, "-c", READER, str(clone), str(shop.company.home)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    readers = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) for _ in range(2)
    ]
    for number in range(5):
        shop.company.add("visit", {**VISIT, "topic": f"Number {number}"}, customer=shop.north)
    for reader in readers:
        output, errors = reader.communicate()
        assert reader.returncode == 0, errors
        seen = output.splitlines()
        assert seen == sorted(seen)
        assert all(line.startswith(tuple(f"({count}, 2) 2" for count in range(2, 8))) for line in seen)
    assert_whole(shop.company.ledger())


def test_a_state_that_was_cleared_away_is_made_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(shop.company.ledger(), ["visit"])
    shop.company.add("visit", VISIT, customer=shop.north)

    def gone(*_sides: object) -> None:
        raise NotFound("that tree is not there")

    ledger = shop.company.ledger()
    monkeypatch.setattr(ledger.repo, "changed", gone)
    assert connect(ledger, ["visit"]).execute("SELECT count(*) FROM visit").fetchone() == (3,)


def test_a_change_of_the_kind_makes_its_table_anew(shop: Shop) -> None:
    connect(shop.company.ledger(), ["visit"])
    ledger = shop.company.ledger()
    schema = (ledger.repo.read(ledger.head, "schemas/visit.yaml") or b"").replace(
        b"  place:", b"  parking:       {is: text, label: [a, b]}\n  place:"
    )
    write(
        ledger.repo, [Change("refs/heads/main", ledger.head, {"schemas/visit.yaml": schema}, "by hand\n")],
        ledger.identity.sign, author_of(ledger), ledger.now,
    )  # fmt: skip
    connection = connect(shop.company.ledger(), ["visit"])
    assert connection.execute("SELECT count(*), count(parking) FROM visit").fetchone() == (2, 0)


def test_nothing_changed_means_nothing_is_compared(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(shop.company.ledger(), KINDS)
    monkeypatch.setattr(refresh, "_changed", lambda *_: pytest.fail("compared"))
    connect(shop.company.ledger(), KINDS)


def test_a_note_of_a_table_with_other_columns_is_made_anew(shop: Shop) -> None:
    """Another version of crmctl keeps more of a record, or less, under the same kind."""
    ledger = shop.company.ledger()
    connect(ledger, ["visit"])
    whole = kind_segment(ledger.in_force, ledger.in_force.kinds["visit"])

    def shorter(of: Ledger, argument: str, entries: Sequence[Entry]) -> Iterator[Made]:
        return (made._replace(rows=[row[:-1] for row in made.rows]) for made in whole.work(of, argument, entries))

    connection = connection_in_memory()
    part_of(connection, "main", replace(whole, columns=whole.columns[:-1], work=shorter), Present(ledger))
    found = [name for _place, name, *_rest in connection.execute(f"PRAGMA table_info({whole.table})")]
    assert found == [name for name, _affinity in whole.columns[:-1]]
