"""A member changes his keys: everything goes on opening, the old history still proves true, nobody else's file moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import NoKey, Refused
from crmctl.ledger.checking.check import check
from crmctl.ledger.checking.doctor import examine
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.keys.identity import create, create_beside, public_keys
from crmctl.ledger.reading.key_register import register, register_faults, this_device
from crmctl.ledger.setup.enrol import add_member, set_devices
from crmctl.ledger.setup.joining import join
from crmctl.ledger.setup.policy_files import set_value
from crmctl.ledger.setup.rotation import finish, rotate
from crmctl.model.clear_files import encode_member
from crmctl.model.org import Role
from tests.attacks.forgery import Forger, codes
from tests.company import NOW, VISIT, Company, git

TODAY = date.fromisoformat(NOW[:10])


def errors(company: Company, member: str) -> list[str]:
    return [f.code for f in check(company.ledger(member)).findings if f.severity == "error"]


@pytest.mark.req("R-ACL-16")
def test_keys_are_changed_and_everything_goes_on(company: Company) -> None:
    mine = company.customer("bob", name="Southern Works")
    company.sync("bob", "alice", "bob")
    before = public_keys(company.home, "bob")
    done = rotate(company.ledger("bob"), None)
    assert done.keys != before
    assert done.lost == 0
    assert public_keys(company.home, "bob") == done.keys
    company.add("visit", VISIT, "bob", customer=mine)
    company.sync("bob", "alice", "carol", "bob")
    member = company.ledger("carol").in_force.org.members["bob"]
    assert (member.opens, member.issued) == (done.keys.opens, TODAY)
    assert company.ledger("bob").ring.can_open(company.ledger("bob").dossier(mine), "core")
    assert errors(company, "bob") == errors(company, "alice") == []
    assert codes(company, "carol") == set()
    join(str(company.path / "server.git"), company.path / "again", "carol")
    assert codes(company.path / "again") == set()  # from the very beginning


@pytest.mark.req("R-ACL-16")
def test_the_old_key_neither_signs_nor_opens_any_more(company: Company) -> None:
    mine = company.customer("bob", name="Southern Works")
    company.sync("bob")
    forger = Forger(company, "bob")
    old = company.ledger("bob").identity
    rotate(company.ledger("bob"), None)
    company.sync("bob")
    ledger = company.ledger("bob")
    from crmctl.model.dossier import wraps_folder

    for sealed in ledger.keyring.wraps(wraps_folder(mine), "bob").values():
        with pytest.raises(NoKey):
            old.opener().open(sealed, "")
    path = "org/members/bob.yaml"
    changed = replace(ledger.in_force.org.members["bob"], opens=old.opens, signs=old.signs)
    at = forger.forge("bob", {path: dump(encode_member(changed))})
    forger.set(at)
    assert codes(company, "bob") == set()  # with his present key he may change it again
    forger.repo.run("update-ref", "refs/heads/main", f"{at}~1")
    from crmctl.ledger.git.transaction import Change, write

    stale = write(
        forger.repo, [Change(None, forger.main, {path: dump(encode_member(changed))}, "x\n")], old.sign,
        forger.who("bob"), ledger.now,
    )[0]  # fmt: skip
    forger.set(stale)
    assert "TRU013" in codes(company, "bob")


def test_with_his_key_a_member_changes_nothing_else_of_his_file(company: Company) -> None:
    forger = Forger(company, "bob")
    member = company.ledger("bob").in_force.org.members["bob"]
    raised = replace(member, roles=(*member.roles, Role("admin", None, TODAY)), issued=TODAY)
    forger.put("bob", {"org/members/bob.yaml": dump(encode_member(raised))})
    assert codes(company, "bob") == {"TRU040"}


def test_nobody_changes_a_colleagues_keys(company: Company) -> None:
    forger = Forger(company, "bob")
    member = company.ledger("bob").in_force.org.members["carol"]
    forger.put(
        "bob", {"org/members/carol.yaml": dump(encode_member(replace(member, opens=company.ledger().member.opens)))}
    )
    assert codes(company, "bob") == {"TRU040"}


def test_a_change_broken_off_is_brought_to_its_end(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.customer("bob", name="Southern Works")

    def killed(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("crmctl.ledger.setup.rotation.put_in_place", killed)
        with pytest.raises(KeyboardInterrupt):
            rotate(company.ledger("bob"), None)
    with pytest.raises(NoKey):
        assert company.ledger("bob").identity
    assert finish(company.ledger("bob")) is not None
    assert company.ledger("bob").identity.opens == company.ledger("bob").member.opens
    assert finish(company.ledger("bob")) is None


def test_keys_made_and_never_used_change_nothing(company: Company) -> None:
    made = create_beside(company.home, "bob", None)
    assert company.ledger("bob").identity.opens != made.opens
    assert rotate(company.ledger("bob"), None).keys == made


def test_a_change_made_while_others_went_on_lands(company: Company) -> None:
    mine = company.customer("bob", name="Southern Works")
    company.customer("alice")
    company.sync("alice")
    rotate(company.ledger("bob"), None)
    company.sync("bob", "alice")
    assert codes(company, "alice") == set()
    assert company.ledger("bob").ring.can_open(company.ledger("bob").dossier(mine), "core")


@pytest.mark.req("R-ACL-16")
def test_the_register_tells_which_keys_are_overdue(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert {item.member: item.rotate_by for item in register(company.ledger())}["bob"] == date(2027, 11, 20)
    assert not [f for f in register_faults(company.ledger()) if f.code == "KEY006"]
    monkeypatch.setenv("CRMCTL_NOW", "2027-11-21T10:00:00+08:00")
    assert {f.where for f in register_faults(company.ledger()) if f.code == "KEY006"} == {"alice", "bob", "carol"}
    rotate(company.ledger("bob"), None)
    assert {f.where for f in register_faults(company.ledger("bob")) if f.code == "KEY006"} == {"alice", "carol"}
    invoke(["-C", str(company.clone("bob")), "key", "list", "--overdue"])
    said = capsys.readouterr().out
    assert "carol" in said
    assert "bob" not in said


@pytest.mark.req("R-ACL-10")
def test_a_key_is_given_only_to_who_has_promised_secrecy(company: Company) -> None:
    set_value(company.ledger(), "pledge_before_key", "true")
    keys = create(company.home, "dave", None)
    roles = (Role("sales", "east", TODAY),)
    with pytest.raises(Refused) as caught:
        add_member(company.ledger(), keys, "Dave", roles)
    assert caught.value.rule == "R-ACL-10"
    assert "dave" not in company.ledger().in_force.org.members
    add_member(company.ledger(), keys, "Dave", roles, pledge=TODAY)
    assert company.ledger().in_force.org.members["dave"].pledge == TODAY
    assert {f.where for f in register_faults(company.ledger()) if f.code == "KEY007"} == {"bob", "carol"}
    assert invoke(["-C", str(company.clone("alice")), "member", "pledge", "bob", "--on", NOW[:10]]) == 0
    assert {f.where for f in register_faults(company.ledger()) if f.code == "KEY007"} == {"carol"}


@pytest.mark.req("R-ACL-17")
def test_the_doctor_warns_of_a_device_nobody_designated(company: Company) -> None:
    def told() -> set[str]:
        found = examine(company.clone("alice"), company.home)
        return {finding.code for item in found for finding in item.findings}

    assert "DOC041" not in told()
    set_value(company.ledger(), "designated_devices", "true")
    assert "DOC041" in told()
    set_devices(company.ledger(), "alice", (this_device(),))
    assert "DOC041" not in told()
    assert this_device() in git(company.clone("alice"), "show", "main:org/members/alice.yaml")
