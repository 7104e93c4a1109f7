"""Somebody who can write to the ledger changes what lies in it: `check` names it, and no honest twin is blamed.

Each attack is a commit made by hand, without crmctl. What stays untouched stays readable.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pyrage
import pytest

from crmctl.errors import NoKey, TrustBroken
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.checking.check import check
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.keys.seal import new_key, seal
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.listing import list_kind
from crmctl.ledger.waiting.undo import undo
from crmctl.model.clear_files import encode_dossier
from crmctl.model.dossier import Compartment, wraps_folder
from crmctl.model.findings import Finding
from crmctl.model.paths import record_path
from crmctl.model.wraps import read_wraps, write_wraps
from tests.company import CARD, NOW, VISIT, Company, git
from tests.ledger.git_repos import put


@dataclass(frozen=True)
class Shop:
    """A customer of alice's with two visits, one of them changed once, and a licence; and another customer."""

    company: Company
    customer: str
    other: str
    visits: tuple[str, str]
    licence: str

    @property
    def ledger(self) -> Ledger:
        return self.company.ledger()

    def path(self, kind: str, record_id: str, customer: str | None = None) -> str:
        ledger = self.ledger
        compartment = "core" if kind == "customer" else "east/sales"
        return record_path(ledger.in_force.kinds[kind], customer or self.customer, compartment, record_id)

    @property
    def first(self) -> str:
        return self.path("visit", self.visits[0])

    @property
    def second(self) -> str:
        return self.path("visit", self.visits[1])

    def blob(self, path: str) -> bytes:
        ledger = self.ledger
        content = ledger.repo.read(ledger.head, path)
        assert content is not None
        return content

    def write(self, edits: dict[str, bytes | None]) -> None:
        """Commit this by hand."""
        with Repository(self.company.clone("alice")) as repo:
            put(repo, edits, "by hand")

    def attachment(self) -> str:
        ledger = self.ledger
        return next(p for p, _o in ledger.repo.walk(ledger.head, "customers") if self.licence in p and ".yaml" not in p)


@pytest.fixture(scope="module")
def stocked(founded: Company, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop, built once; tests work on copies of it."""
    path = tmp_path_factory.mktemp("shop")
    company = founded.copy(path / "company")
    os.environ["CRMCTL_NOW"] = NOW
    try:
        return stock(company, path)
    finally:
        del os.environ["CRMCTL_NOW"]


def stock(company: Company, folder: Path) -> Shop:
    customer, other = company.customer(), company.customer(name="Southern Clinic")
    visits = [company.add("visit", VISIT, customer=customer).id for _ in range(2)]
    scan = folder / "licence.pdf"
    scan.write_bytes(b"%PDF-1.4 licence")
    qualification = {"what": "business_licence", "number": "A-1"}
    licence = company.add("qualification", qualification, customer=customer, files={"scan": scan}).id
    made = Shop(company, customer, other, (visits[0], visits[1]), licence)
    draft = Draft(made.ledger)
    draft.new_version(made.first, {"topic": "Second thoughts"})
    draft.commit("update", "visit")
    return made


@pytest.fixture
def shop(stocked: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    company = stocked.company.copy(tmp_path / "company")
    monkeypatch.setenv("CRMCTL_NOW", NOW)
    monkeypatch.setenv("CRMCTL_HOME", str(company.home))
    return replace(stocked, company=company)


def errors(shop: Shop, *, keyless: bool = False, member: str = "alice") -> list[Finding]:
    found = check(shop.company.ledger(member), keyless=keyless).findings
    return [finding for finding in found if finding.severity == "error"]


def codes_at(shop: Shop, path: str, *, keyless: bool = False) -> set[str]:
    found = errors(shop, keyless=keyless)
    assert all(finding.where == path for finding in found), found
    return {finding.code for finding in found}


# The attacks: each gives the place that was tampered with


def truncated(shop: Shop) -> str:
    shop.write({shop.first: shop.blob(shop.first)[:-9]})
    return shop.first


def one_bit(shop: Shop) -> str:
    content = bytearray(shop.blob(shop.first))
    content[-20] ^= 1
    shop.write({shop.first: bytes(content)})
    return shop.first


def swapped_within_the_dossier(shop: Shop) -> str:
    shop.write({shop.second: shop.blob(shop.first)})
    return shop.second


def copied_under_another_id(shop: Shop) -> str:
    path = shop.path("visit", "V-3K7Q2M9T4A")
    shop.write({path: shop.blob(shop.first)})
    return path


def moved_to_another_dossier(shop: Shop) -> str:
    path = shop.path("visit", shop.visits[0], shop.other)
    shop.write({path: shop.blob(shop.first)})
    return path


def card_of_another(shop: Shop) -> str:
    path = shop.path("customer", shop.other, shop.other)
    shop.write({path: shop.blob(shop.path("customer", shop.customer))})
    return path


def rolled_back(shop: Shop) -> str:
    ledger = shop.ledger
    shop.write({shop.first: ledger.repo.read(f"{ledger.head}~1", shop.first)})
    return shop.first


def sealed_to_a_foreign_key(shop: Shop) -> str:
    ledger = shop.ledger
    shop.write({shop.first: seal(dump(ledger.read(shop.first).encode()), new_key().public)})
    return shop.first


def forged_with_the_public_key(shop: Shop) -> str:
    """Whoever knows the public key can seal; he does not know what version he overwrites."""
    ledger = shop.ledger
    forged = ledger.read(shop.first).encode() | {"rev": 1, "prev": None}
    key = ledger.dossier(shop.customer).compartments["east/sales"].key
    shop.write({shop.first: seal(dump(forged), key)})
    return shop.first


def a_second_recipient(shop: Shop) -> str:
    ledger = shop.ledger
    keys = [ledger.dossier(shop.customer).compartments["east/sales"].key, new_key().public]
    recipients = [pyrage.x25519.Recipient.from_str(key) for key in keys]
    shop.write({shop.first: pyrage.encrypt(dump(ledger.read(shop.first).encode()), recipients)})
    return shop.first


def plaintext(shop: Shop) -> str:
    shop.write({shop.first: dump(shop.ledger.read(shop.first).encode())})
    return shop.first


def attachment_of_another(shop: Shop) -> str:
    path = shop.attachment()
    key = shop.ledger.dossier(shop.customer).compartments["east/sales"].key
    shop.write({path: seal(b"%PDF-1.4 forged", key)})
    return path


def attachment_gone(shop: Shop) -> str:
    shop.write({shop.attachment(): None})
    return shop.path("qualification", shop.licence)


def by_index(shop: Shop, mode: str, path: str) -> str:
    clone = shop.company.clone("alice")
    oid = git(clone, "rev-parse", f"HEAD:{shop.first}").strip()
    git(clone, "update-index", "--add", "--cacheinfo", f"{mode},{oid},{path}")
    git(clone, "commit", "-q", "-m", "by hand")
    return path


def symbolic_link(shop: Shop) -> str:
    return by_index(shop, "120000", shop.second)


def executable(shop: Shop) -> str:
    return by_index(shop, "100755", shop.first)


def another_shard(shop: Shop) -> str:
    path = shop.first.split("/")
    path[1] = "zz" if path[1] != "zz" else "yy"
    shop.write({"/".join(path): shop.blob(shop.first)})
    return "/".join(path)


def foreign_file(shop: Shop) -> str:
    shop.write({"customers/notes.txt": b"call Dr Wang"})
    return "customers/notes.txt"


def rewrapped(shop: Shop, reader: str, lines: Callable[[dict[tuple[str, int], bytes]], bytes | None]) -> str:
    """Change a wrap file of the keyring by hand."""
    ledger = shop.ledger
    path = f"{wraps_folder(shop.customer)}/{reader}"
    content = ledger.repo.read(ledger.keyring.tip or "", path)
    with Repository(shop.company.clone("alice")) as repo:
        put(repo, {path: lines(read_wraps(content or b""))}, f"by hand\n\nCrmctl-Main: {ledger.head}\n", keyring_ref(1))
    return path


ATTACKS: dict[Callable[[Shop], str], set[str]] = {
    truncated: {"CHK008", "CHK006"},
    one_bit: {"CHK008"},
    swapped_within_the_dossier: {"CHK008", "CHK013"},
    copied_under_another_id: {"CHK008", "CHK013"},
    moved_to_another_dossier: {"CHK007", "CHK013"},
    card_of_another: {"CHK007", "CHK013"},
    rolled_back: {"CHK012"},
    sealed_to_a_foreign_key: {"CHK007"},
    forged_with_the_public_key: {"CHK014"},
    a_second_recipient: {"CHK006"},
    plaintext: {"CHK006"},
    attachment_of_another: {"CHK016"},
    attachment_gone: {"CHK017"},
    symbolic_link: {"CHK003"},
    executable: {"CHK003"},
    another_shard: {"CHK004"},
    foreign_file: {"CHK004"},
}
WITHOUT_KEYS = {
    swapped_within_the_dossier: "CHK013", copied_under_another_id: "CHK013", moved_to_another_dossier: "CHK013",
    rolled_back: "CHK012", a_second_recipient: "CHK006", plaintext: "CHK006", symbolic_link: "CHK003",
    executable: "CHK003", another_shard: "CHK004", foreign_file: "CHK004",
}  # fmt: skip


@pytest.mark.req("R-UPD-16")
@pytest.mark.req("R-ACL-19")
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_check_names_the_file_that_was_tampered_with(shop: Shop, attack: Callable[[Shop], str]) -> None:
    assert errors(shop) == []
    path = attack(shop)
    found = codes_at(shop, path)
    assert found
    assert found <= ATTACKS[attack]


@pytest.mark.parametrize("attack", WITHOUT_KEYS, ids=lambda attack: attack.__name__)
def test_what_needs_no_key_is_found_without_one(shop: Shop, attack: Callable[[Shop], str]) -> None:
    path = attack(shop)
    assert WITHOUT_KEYS[attack] in codes_at(shop, path, keyless=True)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_nothing_wrong_is_opened_and_the_rest_stays_readable(shop: Shop, attack: Callable[[Shop], str]) -> None:
    before = {path: shop.ledger.read(path).data for path in (shop.first, shop.second)}
    path = attack(shop)
    ledger = shop.ledger
    for kept, data in before.items():
        if kept != path:
            assert ledger.read(kept).data == data
    if "CHK008" in ATTACKS[attack] or "CHK006" in ATTACKS[attack]:
        with pytest.raises(TrustBroken):
            ledger.read(path)
    elif "CHK007" in ATTACKS[attack]:
        with pytest.raises(NoKey):
            ledger.read(path)
    if path in before:
        shown = {row["id"]: row for row in list_kind(ledger, "visit", None, (), 0).documents()}
        other = next(visit for visit, at in zip(shop.visits, (shop.first, shop.second), strict=True) if at != path)
        assert other in shown


def test_one_unreadable_record_among_fifty(shop: Shop) -> None:
    draft = Draft(shop.ledger)
    for number in range(48):
        draft.new_record(draft.kind("visit"), shop.customer, "east", {**VISIT, "topic": f"visit {number}"})
    draft.commit("add", "visit")
    shop.write({shop.first: shop.blob(shop.first)[:200]})
    listing = list_kind(shop.ledger, "visit", None, ("id", "topic"), 0)
    assert (len(listing.rows), listing.existing) == (49, 50)
    assert shop.visits[0] not in {row[0] for row in listing.rows}


# Keys


def test_a_line_of_a_wrap_file_that_is_damaged(shop: Shop) -> None:
    path = rewrapped(shop, "alice", lambda _lines: b"core 1 not-base64\n")
    found = {(finding.code, finding.where) for finding in errors(shop)}
    assert ("KEY001", path) in found
    assert {code for code, _where in found} <= {"KEY001", "KEY004", "CHK007", "CHK008"}


def test_a_wrap_that_opens_for_nobody_is_an_alarm(shop: Shop) -> None:
    rewrapped(shop, "alice", lambda lines: write_wraps({k: seal(b"x", new_key().public) for k in lines}))
    for group in ("east.head",):
        rewrapped(shop, group, lambda _lines: None)
    assert {finding.code for finding in errors(shop)} >= {"CHK007"}


def test_a_wrap_that_opens_to_a_foreign_key_is_an_alarm_and_opens_nothing(shop: Shop) -> None:
    mine = shop.ledger.identity.opens
    rewrapped(
        shop, "alice", lambda lines: write_wraps({k: seal(new_key().secret.encode(), mine) for k in lines})
    )  # fmt: skip
    assert "CHK008" in {finding.code for finding in errors(shop)}
    with pytest.raises(TrustBroken):
        shop.ledger.read(shop.first)


def test_a_key_that_was_taken_out_is_an_alarm(shop: Shop) -> None:
    rewrapped(shop, "alice", lambda lines: write_wraps({k: v for k, v in lines.items() if k[0] != "east/sales"}))
    found = errors(shop)
    assert {(finding.code, finding.args["reader"]) for finding in found} == {("KEY004", "alice")}
    assert "east/sales" in found[0].where


def test_a_whole_wrap_file_that_was_taken_out_is_an_alarm(shop: Shop) -> None:
    rewrapped(shop, "alice", lambda _lines: None)
    assert {finding.code for finding in errors(shop)} == {"KEY004"}


def test_who_waits_for_a_key_is_no_alarm(shop: Shop) -> None:
    """Carol became a supervisor before the customer's keys were wrapped to her: honest, and only a warning."""
    company = shop.company
    company.sync("alice", "carol")
    found = check(company.ledger("carol")).findings
    assert [finding for finding in found if finding.severity == "error"] == []
    company.sync("alice", "carol")
    assert check(company.ledger("carol")).opened > 0
    assert errors(shop, member="carol") == []


@pytest.mark.req("R-ACL-19")
def test_a_public_key_replaced_in_the_dossier(shop: Shop) -> None:
    ledger = shop.ledger
    dossier = ledger.dossier(shop.customer)
    mallory = dossier.with_compartments({"east/sales": Compartment(new_key().public)})
    shop.write({dossier.path: dump(encode_dossier(mallory))})
    found = errors(shop)
    assert {finding.code for finding in found} == {"CHK008"}
    assert {finding.where for finding in found} >= {shop.first, shop.second}
    with pytest.raises(TrustBroken):
        shop.ledger.read(shop.first)
    before = shop.ledger.head
    with pytest.raises(TrustBroken):  # nothing is sealed to that key either
        shop.company.add("visit", VISIT, customer=shop.customer)
    assert shop.ledger.head == before
    assert shop.ledger.read(shop.path("customer", shop.customer)).data["name"] == CARD["name"]


def test_what_anybody_may_file_is_not_sealed_to_an_exchanged_key_by_a_reader(shop: Shop) -> None:
    dossier = shop.ledger.dossier(shop.customer)
    mallory = dossier.with_compartments({"east/service": Compartment(new_key().public)})
    shop.write({dossier.path: dump(encode_dossier(mallory))})
    complaint = {"content": "late", "category": "delivery", "channel": "phone", "received_at": "2026-11-20T09:00"}
    with pytest.raises(TrustBroken):
        shop.company.add("complaint", complaint, customer=shop.customer)


# Names


def test_names_that_differ_only_in_capitals(shop: Shop) -> None:
    path = by_index(shop, "100644", shop.first.replace("/V-", "/v-"))
    found = errors(shop)
    assert "CHK015" in {finding.code for finding in found}
    assert {finding.where for finding in found} <= {path, shop.first}


def test_a_reference_to_nothing(shop: Shop) -> None:
    ledger = shop.ledger
    path = shop.path("customer", shop.other, shop.other)
    record = ledger.read(path)
    entry = ledger.repo.entry(ledger.head, path)
    assert entry is not None
    version = record.next_version(
        {**record.data, "parent": "C-7Q2M9K4T"}, prev=entry.oid, by="alice", at=ledger.now, for_=None, reason=None
    )
    shop.write({path: seal(dump(version.encode()), ledger.dossier(shop.other).compartments["core"].key)})
    found = errors(shop)
    assert [(finding.code, finding.where, finding.field) for finding in found] == [("REF001", path, "parent")]


# Honest twins


def test_a_restored_content_is_no_rollback(shop: Shop) -> None:
    undo(shop.ledger)
    assert shop.ledger.read(shop.first).data["topic"] == VISIT["topic"]
    assert errors(shop) == []


def test_a_record_taken_out_and_brought_back_is_no_rollback(shop: Shop) -> None:
    added = shop.company.add("visit", VISIT, customer=shop.customer).id
    done = undo(shop.ledger)
    assert errors(shop) == []
    undo(shop.ledger, done.commit)
    assert shop.ledger.read(shop.path("visit", added)).rev == 2
    assert errors(shop) == []


def test_several_versions_between_two_landings_follow_each_other(shop: Shop) -> None:
    """Main's own line sees only the last of them; the chain inside the envelopes holds them together."""
    company = shop.company
    company.sync("alice", "carol", "alice", "carol")
    for topic in ("one", "two", "three"):
        draft = company.draft("alice")
        draft.new_version(shop.first, {"topic": topic})
        draft.commit("update", "visit")
    company.customer("bob", name="Western Works")
    company.sync("bob", "alice")
    assert git(company.clone("alice"), "log", "-1", "--format=%P").count(" ") == 1
    assert shop.ledger.read(shop.first).rev == 5
    assert errors(shop) == []


def test_a_version_between_two_landings_that_skips_one_is_found(shop: Shop) -> None:
    ledger = shop.ledger
    entry = ledger.repo.entry(f"{ledger.head}~1", shop.first)
    assert entry is not None
    stale = ledger.read(shop.first, entry.oid)
    forged = stale.next_version(
        {**stale.data, "topic": "forged"}, prev=entry.oid, by="alice", at=ledger.now, for_=None, reason=None
    )
    shop.write({shop.first: seal(dump(forged.encode()), ledger.dossier(shop.customer).compartments["east/sales"].key)})
    assert codes_at(shop, shop.first) == {"CHK014"}
