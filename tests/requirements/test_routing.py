"""Who approves by the customer's address and by size: the table stands in the policy, the address is sealed (P22:4)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from crmctl.ledger.changing import draft
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.checking.check import check
from crmctl.ledger.meeting.landing import land
from crmctl.ledger.meeting.submitting import submit
from crmctl.ledger.setup.enrol import set_roles
from crmctl.ledger.setup.policy_files import adopt
from crmctl.model.org import Role
from crmctl.model.record import Record
from crmctl.trust.gate import Gate
from tests.attacks.forgery import codes
from tests.company import Company, git
from tests.prepared import prepared
from tests.program import run
from tests.requirements.proving import lays_down, says
from tests.requirements.test_requests import slot
from tests.requirements.test_sector_workflows import PROJECT

TABLE = """
review:
  - code: REV013
    on: [add supply_project, change supply_project]
    slots: [sign management]
    route:
      by: record
      lines:
        - {name: shanghai_large, if: ['customer.region in [310000]', 'capacity >= 3000'], slots: [sign @bob]}
        - {name: shanghai, if: 'customer.region in [310000]', slots: [sign supervisor@east]}
        - {name: small, if: 'capacity < 3000', slots: [sign sales@west]}
"""
WAYS = {
    ("310115", 100): ("shanghai", "supervisor@east", ["carol"]), ("310115", 3000): ("shanghai_large", "@bob", ["bob"]),
    ("510104", 100): ("small", "sales@west", ["bob"]), ("510104", 3000): ("", "management", []),
}  # fmt: skip


@prepared
def routed(company: Company) -> None:
    """P22 with the company's table; alice accepts applications, bob sells in the west and is in marketing."""
    adopt(company.ledger(), "p22")
    lays_down(company, TABLE)
    ledger, since = company.ledger(), date(2026, 1, 1)
    set_roles(ledger, "alice", (*ledger.member.roles, Role("window", "east", since)))
    set_roles(company.ledger(), "bob", (Role("sales", "west", since), Role("marketing", None, since)))
    company.sync("alice", "bob", "carol")


def applied(company: Company, region: str, capacity: int) -> str:
    customer = company.customer(name=f"Works {region} {capacity}", region=region)
    values = {**PROJECT, "capacity": capacity}
    return company.add("supply_project", values, customer=customer, department="east").id


def handed_in(company: Company, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    told = json.loads(says(company, capsys, "submit", "--json"))["data"]["waits_for"]
    return [one for demand in told if demand["code"] == "REV013" for one in demand["slots"]]


@pytest.mark.req("R-REV-13")
def test_an_application_goes_to_whoever_decides_for_its_address_and_size(
    company: Company, routed: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two addresses and two sizes go four ways, as everybody sees without a key; nothing of the address is told."""
    made = {way: applied(company, *way) for way in WAYS}
    asked = handed_in(company, capsys)
    assert sorted((slot["roles"][0], tuple(slot["members"])) for slot in asked) == sorted(
        (role, tuple(members)) for _line, role, members in WAYS.values()
    )
    messages = git(company.clone("alice"), "log", "--all", "--format=%B")
    named = {line.split(" ")[2]: line.split(" ")[3] for line in messages.splitlines() if "Crmctl-Route" in line}
    assert named == {made[way]: line for way, (line, _role, _members) in WAYS.items() if line}
    assert "310115" not in messages
    for member in ("carol", "bob"):
        company.sync(member)
        says(company, capsys, "review", "approve", "--clean", member=member)
    company.sync("alice")
    landed = {stack.makes for stack in company.ledger().pending.stacks}
    assert landed == {frozenset({made["510104", 3000]})}  # the one that no line of the table has: for management
    assert codes(company) == set()
    assert "REV034" not in {finding.code for finding in check(company.ledger()).findings}
    assert "signed by Bob\n" in says(company, capsys, "log", made["310115", 3000])
    assert "signed by Carol as Supervisor (East)\n" in says(company, capsys, "log", made["310115", 100])
    rows = json.loads(says(company, capsys, "query", "SELECT record, member FROM approval", "--json"))["data"]["rows"]
    given = {(record, member) for record, member in rows}
    assert given >= {(made["310115", 100], "carol"), (made["310115", 3000], "bob"), (made["510104", 100], "bob")}


@pytest.mark.req("R-REV-13")
def test_what_is_passed_on_to_the_wrong_ones_is_refused_and_found(
    company: Company, routed: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that lies about the address gets no honest approval; landed by who looked away, `check` finds it."""

    def lying(_in_force: object, records: dict[str, Record], *_more: object) -> list[str]:
        projects = [record.id for record in records.values() if record.kind == "supply_project"]
        return [f"Crmctl-Route: REV013 {name} shanghai" for name in projects]

    with monkeypatch.context() as patch:
        patch.setattr(draft, "route_trailers", lying)
        made = applied(company, "310115", 3000)
    assert [slot["roles"] for slot in handed_in(company, capsys)] == [["supervisor@east"]]
    company.sync("carol")
    assert "REV034" in says(company, capsys, "review", "show", "alice/1", member="carol")
    refused = run(company.clone("carol"), company.home, "review", "approve", "alice/1")
    assert (refused.returncode, "shanghai_large" in refused.stderr) == (6, True)
    top = slot(company, "carol", "alice", "sign supervisor@east east")
    land(company.ledger("carol"), top, gate=Gate())
    company.sync("alice")
    assert codes(company) == set()  # nothing in the clear contradicts it
    (found,) = [finding for finding in check(company.ledger()).findings if finding.code == "REV034"]
    assert (found.where, found.args["said"], found.args["line"]) == (made, "shanghai", "shanghai_large")
    update(company.ledger(), made, {"voltage": "35 kV"}, Origin())  # anew, and passed on as it should
    submit(company.ledger(), gate=Gate())
    top = slot(company, "bob", "alice", "sign @bob east")
    land(company.ledger("bob"), top, gate=Gate())
    company.sync("alice")
    assert "REV034" not in {finding.code for finding in check(company.ledger()).findings}
    assert codes(company) == set()
