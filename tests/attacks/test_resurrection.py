"""What was taken away does not come back: keys, a keyring, a destroyed customer. And the honest twins of it."""

from __future__ import annotations

from crmctl.errors import CrmctlError
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.keys.seal import seal
from crmctl.ledger.meeting.destroying import destroy
from crmctl.ledger.meeting.sync import sync
from crmctl.model.dossier import wraps_folder
from crmctl.model.wraps import write_wraps
from crmctl.trust.gate import Gate
from crmctl.trust.hook import install
from tests.attacks.forgery import KEYRING, Forger, codes, verified
from tests.company import VISIT, Company
from tests.prepared import prepared


@prepared
def two(company: Company) -> tuple[str, str]:
    """Two customers of alice's in east; carol supervises east."""
    made = company.customer(name="Doomed Works"), company.customer(name="Other Works")
    company.sync("alice", "carol", "bob")
    return made


def kept_wraps(forger: Forger, customer: str) -> dict[str, bytes]:
    folder = wraps_folder(customer)
    return {path: forger.repo.read_blob(oid) for path, oid in forger.repo.walk(forger.keyring, folder)}


def next_epoch(company: Company, doomed: str, *members: str) -> None:
    destroy(company.ledger(), doomed, "never_again")
    for member in members:
        sync(company.ledger(member), gate=Gate())


def test_the_next_epoch_is_clean_for_everybody(company: Company, two: tuple[str, str]) -> None:
    doomed, other = two
    next_epoch(company, doomed, "alice", "carol", "bob")
    company.add("visit", VISIT, customer=other)
    update(company.ledger("carol"), other, {"phone": "0571-88880000"}, Origin())
    company.sync("alice", "carol", "bob", "alice")
    for member in ("alice", "carol", "bob"):
        assert codes(company, member, keyring=company.ledger(member).keyring.tip) == set()


def test_keys_of_a_destroyed_customer_put_back(company: Company, two: tuple[str, str]) -> None:
    doomed, _other = two
    forger = Forger(company, "carol")
    wraps = kept_wraps(forger, doomed)
    assert wraps
    next_epoch(company, doomed, "alice", "carol")
    ref = keyring_ref(2)
    tip = forger.repo.resolve(ref) or ""
    commit = forger.forge("carol", dict(wraps), parents=[tip], message="wrap 1 files\n")
    forger.set(commit, ref)
    assert codes(company, "carol", keyring=commit) == {"TRU063"}


def test_the_old_keyring_given_back_to_the_server(company: Company, two: tuple[str, str]) -> None:
    doomed, _other = two
    install(company.path / "server.git")
    old = Forger(company, "bob")  # a copy that has not heard of it
    held = old.keyring
    next_epoch(company, doomed, "alice", "carol")
    pushed = old.repo.run_quietly("push", "-q", "origin", f"{held}:{KEYRING}")
    assert pushed.returncode != 0
    assert sorted(Repository(company.path / "server.git").refs("refs/heads")) == [
        "refs/heads/keyring/2", "refs/heads/main",
    ]  # fmt: skip


def test_without_a_hook_the_old_keyring_on_the_server_opens_nothing_for_the_others(
    company: Company, two: tuple[str, str]
) -> None:
    doomed, other = two
    old = Forger(company, "bob")
    held = old.keyring
    next_epoch(company, doomed, "alice", "carol")
    old.repo.run("push", "-q", "origin", f"{held}:{KEYRING}")
    sync(company.ledger("carol"), gate=Gate())
    after = company.ledger("carol")
    assert after.keyring.ref == keyring_ref(2)
    assert after.repo.resolve(KEYRING) is None
    assert after.ring.can_open(after.dossier(other), "core")
    assert codes(company, "carol", keyring=after.keyring.tip) == set()


def test_a_server_set_back_before_the_destruction(company: Company, two: tuple[str, str]) -> None:
    """Who keeps the server puts yesterday's state back: nobody's copy follows it, and the next sync mends it."""
    doomed, _other = two
    server = Repository(company.path / "server.git")
    before = server.refs("refs/heads")
    next_epoch(company, doomed, "alice", "carol")
    bob = Forger(company, "bob")  # has the old objects still
    bob.repo.run("push", "-q", "--force", "origin", *(f"{oid}:{ref}" for ref, oid in before.items()))
    try:
        sync(company.ledger("carol"), gate=Gate())
    except CrmctlError as refused:
        assert refused.exit_code == 11  # noqa: PT017 - either is right: refused, or given back
    carol = company.ledger("carol")
    assert carol.in_force.settings.epoch == 2
    assert doomed not in " ".join(path for path, _oid in carol.repo.walk(carol.main, "customers"))


def test_a_key_taken_from_somebody_given_back_by_himself(company: Company, two: tuple[str, str]) -> None:
    """A reading right that ended: its wrap was dropped, and its old holder puts it back."""
    from datetime import date

    from crmctl.ledger.affairs.granting import grant, revoke

    _doomed, other = two
    grant(company.ledger(), other, "bob", until=date(2026, 12, 31), reason="help")
    company.sync("alice", "bob")
    forger = Forger(company, "bob")
    path = f"{wraps_folder(other)}/bob"
    wrapped = forger.repo.read(forger.keyring, path)
    assert wrapped
    assert codes(company, "bob") == set()  # the honest twin: while the right lasted
    revoke(company.ledger(), other, "bob", "done")
    company.sync("alice", "bob")
    assert codes(company, "bob") == set()
    pin = verified(company, "bob").pin
    was = forger.keyring
    forger.set(forger.forge("bob", {path: wrapped}, parents=[was], message="wrap 1 files\n"), KEYRING)
    assert codes(company, "bob", pin=pin) == {"TRU063"}
    # Who never saw it without takes the old key for what it is: one he had. The key of today is a ghost's for everybody.
    assert codes(company, "bob") == set()
    generation = company.ledger("bob").dossier(other).compartments["core"].generation
    assert generation == 2
    ghost = write_wraps({("core", generation): seal(b"x", company.ledger("bob").identity.opens)})
    forger.set(forger.forge("alice", {path: ghost}, parents=[was], message="wrap 1 files\n"), KEYRING)
    assert codes(company, "bob") == {"TRU063"}
