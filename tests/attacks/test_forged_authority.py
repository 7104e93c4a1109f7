"""Who may touch what: the organisation, the policy, own roles, colleagues' customers, keys of dossiers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from crmctl.ledger.disk.yamlio import dump, load
from crmctl.ledger.keys.seal import new_key
from crmctl.model.clear_files import encode_dossier, encode_member
from crmctl.model.dossier import Assignment, Compartment, Dossier, Grant, clear_path
from crmctl.model.org import Role
from tests.attacks.forgery import Forger, codes, resealed, verified
from tests.company import VISIT, Company
from tests.prepared import prepared


@prepared
def two_customers(company: Company) -> None:
    """Bob, salesperson in west, with a customer of his own; alice has one in east."""
    company.customer("bob", name="Southern Works")
    company.customer("alice")
    company.sync("alice", "bob")


@pytest.fixture
def bob(company: Company, two_customers: None) -> Forger:
    """Bob at his clone."""
    return Forger(company, "bob")


def dossier_of(forger: Forger, owner: str) -> Dossier:
    ledger = forger.company.ledger(forger.clone)
    for path in forger.paths("dossier.yaml"):
        found = ledger.dossier(path.split("/")[2])
        if any(a.owner == owner for a in found.assignments.values()):
            return found
    raise AssertionError(owner)


def with_file(path: str, member: object) -> dict[str, bytes]:
    return {path: dump(encode_member(member))}  # type: ignore[arg-type]


@pytest.mark.req("R-ACL-12")
@pytest.mark.parametrize("path", ["ledger.yaml", "org/departments.yaml", "org/groups.yaml", "policy/company.yaml",
                                  "policy/packs/base.yaml", "schemas/visit.yaml", "policy/packs/mine.yaml",
                                  ".gitattributes", ".github/workflows/crmctl.yml", ".gitlab-ci.yml",
                                  "templates/reports/mine/report.yaml"])  # fmt: skip
def test_the_set_up_is_an_admins(company: Company, bob: Forger, path: str) -> None:
    content = (bob.repo.read("main", path) or b"schema: crmctl/x/1") + b"\n"
    bob.put("bob", {path: content})
    assert codes(company, "bob") == {"TRU040"}


def test_an_admin_may(company: Company, bob: Forger) -> None:
    for path in ("policy/company.yaml", "schemas/visit.yaml"):
        bob.put("alice", {path: (bob.repo.read("main", path) or b"") + b"\n"})
    assert codes(company, "bob") == set()


def test_ones_own_role_raised(company: Company, bob: Forger) -> None:
    member = company.ledger("bob").in_force.org.members["bob"]
    raised = replace(member, roles=(*member.roles, Role("admin", None, date(2026, 1, 1))))
    bob.put("bob", with_file("org/members/bob.yaml", raised))
    assert codes(company, "bob") == {"TRU040"}


def test_a_change_is_not_judged_by_what_it_brings(company: Company, bob: Forger) -> None:
    """Raised role and its use in one commit, and in two of one landing."""
    member = company.ledger("bob").in_force.org.members["bob"]
    raised = with_file(
        "org/members/bob.yaml", replace(member, roles=(*member.roles, Role("admin", None, date(2026, 1, 1))))
    )
    policy = {"policy/company.yaml": (bob.repo.read("main", "policy/company.yaml") or b"") + b"\n"}
    bob.put("bob", {**raised, **policy})
    paths = {finding.args["path"] for finding in verified(company, "bob").findings}
    assert paths == {"org/members/bob.yaml", "policy/company.yaml"}


def test_another_ones_key_put_in_place_of_a_members(company: Company, bob: Forger) -> None:
    from crmctl.ledger.keys.sshsig import new_signing_key

    member = company.ledger("bob").in_force.org.members["alice"]
    bob.put("bob", with_file("org/members/alice.yaml", replace(member, signs=new_signing_key()[1])))
    assert codes(company, "bob") == {"TRU040"}


def test_a_colleagues_customer(company: Company, bob: Forger) -> None:
    """Public keys suffice to seal; the signature and the policy say that bob does not deal with it."""
    alices = dossier_of(bob, "alice")
    card = f"{alices.folder}/core/customer.yaml.age"
    bob.put("bob", resealed(bob, card))
    assert codes(company, "bob") == {"TRU040"}


def test_a_new_record_in_a_colleagues_customer(company: Company, bob: Forger) -> None:
    alices = dossier_of(bob, "alice")
    own = company.add("visit", VISIT, "bob", customer=dossier_of(bob, "bob").id).id
    sealed = bob.repo.read("main", next(p for p in bob.paths(f"{own}.yaml.age")))
    forged = Forger(company, "bob")
    forged.put("bob", {f"{alices.folder}/east/sales/visits/V-3K7Q2M9T4A.yaml.age": (sealed or b"")[:-1] + b"x"})
    assert codes(company, "bob") == {"TRU040"}


def test_a_record_taken_out_of_main(company: Company, bob: Forger) -> None:
    company.customer("alice", name="Eastern Works")
    company.sync("alice", "bob")
    mine = dossier_of(bob, "bob")
    bob.put("bob", {f"{mine.folder}/core/customer.yaml.age": None})
    assert codes(company, "bob") == {"TRU040"}, "others have landed since"


@pytest.mark.parametrize("field", ["owner", "team", "keeper"])
def test_persons_of_a_colleagues_assignment(company: Company, bob: Forger, field: str) -> None:
    alices = dossier_of(bob, "alice")
    value = ("bob",) if field == "team" else "bob"
    changed = alices.assigned("east", replace(alices.assignments["east"], **{field: value}))  # type: ignore[arg-type]
    bob.put("bob", {alices.path: dump(encode_dossier(changed))})
    assert codes(company, "bob") == {"TRU043", "TRU046"}


def test_the_owner_names_a_colleague(company: Company, bob: Forger) -> None:
    alices = dossier_of(bob, "alice")
    changed = alices.assigned("east", replace(alices.assignments["east"], team=("carol",)))
    bob.put("alice", {alices.path: dump(encode_dossier(changed))})
    assert codes(company, "bob") == set()


def test_ones_own_department_laid_on_a_foreign_customer(company: Company, bob: Forger) -> None:
    """A colleague of west may add west's assignment (review will stand here); it opens nothing of east's."""
    alices = dossier_of(bob, "alice")
    west = Assignment("bob", (), None, "potential", date(2026, 11, 20))
    changed = alices.assigned("west", west).with_compartments({"east/extra": Compartment(new_key().public)})
    bob.put("bob", {alices.path: dump(encode_dossier(changed))})
    assert codes(company, "bob") == {"TRU043", "TRU045"}


@pytest.mark.parametrize("who", ["bob", "alice"])
def test_a_dossiers_key_replaced_by_ones_own(company: Company, bob: Forger, who: str) -> None:
    alices = dossier_of(bob, "alice")
    mine = Compartment(new_key().public, 1)
    bob.put(who, {alices.path: dump(encode_dossier(alices.with_compartments({"east/sales": mine})))})
    assert codes(company, "bob") == ({"TRU044"} if who == "alice" else {"TRU044", "TRU043"})


@pytest.mark.parametrize(
    ("turned", "clean"),
    [
        (lambda old: Compartment(new_key().public, 2, {1: old.key}), True),
        (lambda _old: Compartment(new_key().public, 2, {}), False),
        (lambda old: Compartment(new_key().public, 3, {1: old.key}), False),
        (lambda old: Compartment(old.key, 2, {1: old.key}), False),
        (lambda _old: Compartment(new_key().public, 2, {1: new_key().public}), False),
    ],
)
def test_a_generation_goes_one_step_and_keeps_the_past(
    company: Company, bob: Forger, turned: Callable[[Compartment], Compartment], clean: bool
) -> None:
    alices = dossier_of(bob, "alice")
    entry = turned(alices.compartments["east/sales"])
    bob.put("alice", {alices.path: dump(encode_dossier(alices.with_compartments({"east/sales": entry})))})
    assert codes(company, "bob") == (set() if clean else {"TRU044"})


def test_a_generation_turned_back(company: Company, bob: Forger) -> None:
    alices = dossier_of(bob, "alice")
    old = alices.compartments["east/sales"]
    second = alices.with_compartments({"east/sales": Compartment(new_key().public, 2, {1: old.key})})
    bob.put("alice", {alices.path: dump(encode_dossier(second))})
    bob.put("alice", {alices.path: dump(encode_dossier(alices))})
    assert codes(company, "bob") == {"TRU044"}


def test_a_grant_to_oneself(company: Company, bob: Forger) -> None:
    alices = dossier_of(bob, "alice")
    granted = replace(alices, grants=(Grant("bob", "east/sales", date(2027, 1, 1)),))
    bob.put("bob", {alices.path: dump(encode_dossier(granted))})
    assert codes(company, "bob") == {"TRU043"}
    other = Forger(company, "alice")
    other.put("alice", {alices.path: dump(encode_dossier(granted))})
    assert codes(company, "alice") == set(), "the head of the department may"


def test_a_dossier_under_anothers_path(company: Company, bob: Forger) -> None:
    mine, alices = dossier_of(bob, "bob"), dossier_of(bob, "alice")
    bob.put("bob", {clear_path(alices.id): dump(encode_dossier(mine))})
    assert codes(company, "bob") == {"TRU045"}


def test_a_member_file_under_anothers_name(company: Company, bob: Forger) -> None:
    content = load(bob.repo.read("main", "org/members/bob.yaml") or b"", "x")
    bob.put("alice", {"org/members/dave.yaml": dump(content)})
    assert codes(company, "bob") == {"TRU035"}


def test_one_departments_leader_opens_all_parts_of_another(company: Company, bob: Forger) -> None:
    """A right to everything takes everybody who leads a department of the customer's."""
    dossier = dossier_of(bob, "bob")
    draft = company.draft("bob")
    draft.assign(dossier.id, "east", "carol")
    draft.commit("assign")
    dossier = company.ledger("bob").dossier(dossier.id)
    given = replace(dossier, grants=(Grant("carol", "*", date(2026, 12, 31)),))
    bob.put("carol", {dossier.path: dump(encode_dossier(given))})
    assert "TRU043" in codes(company, "bob")


def test_a_leader_opens_a_part_of_his_own_department(company: Company, bob: Forger) -> None:
    dossier = dossier_of(bob, "alice")
    given = replace(dossier, grants=(Grant("bob", "east/sales", date(2026, 12, 31)),))
    bob.put("alice", {dossier.path: dump(encode_dossier(given))})
    assert codes(company, "bob") == set()
