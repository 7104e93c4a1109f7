"""What no program does: said by the packs' help, supplied with figures, and counted as what it is."""

from __future__ import annotations

import json
import re

import pytest

from crmctl.ledger.disk.rulebook import requirements
from crmctl.ledger.setup.policy_files import adopt
from tests.company import Company
from tests.requirements.proving import DAY, in_chinese, says


@pytest.mark.req("R-PPL-02")
def test_conduct_stands_in_the_help_of_the_packs_with_its_clauses(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    said = says(company, capsys, "policy", "guide", "p03")  # before the pack is taken over, too
    for clause in ("P03:3", "P03:4.1", "P03:4.3", "P03:4.5"):
        assert clause in said
    assert "Listen well" in said
    assert "courtesy" in says(company, capsys, "policy", "guide", "p05")
    assert says(company, capsys, "policy", "guide") == ""
    adopt(company.ledger(), "p03")
    adopt(company.ledger(), "p05")
    told = json.loads(says(company, capsys, "policy", "guide", "--for", "sales", "--json"))["data"]
    assert {one["clause"] for one in told} >= {"P03:3", "P03:4.1", "P03:4.3", "P03:4.5", "P05:8"}
    assert {one["topic"] for one in json.loads(says(company, capsys, "policy", "guide", "--for", "clerk", "--json"))["data"]} == {
        "conduct", "philosophy", "team", "image"}  # fmt: skip
    with in_chinese():
        said = says(company, capsys, "policy", "guide")
        for text in ("善于倾听", "接待客人讲究礼仪", "言行与礼仪"):
            assert text in said


@pytest.mark.req("R-PPL-08")
def test_who_decides_on_strategy_is_told_the_analyses_and_they_are_there(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = company.customer(needs=[{"on": DAY, "text": "a splint", "product": "Splint", "urgency": "now"}])
    for product, amount in (("Plate", "100.00"), ("Screw", "50.00")):
        deal: dict[str, object] = {"date": "2026-11-03", "product": product, "amount": amount, "seller": "alice"}
        company.add("transaction", deal, customer=customer, department="east")
    company.add("market_note", {"on": DAY, "topic": "demand", "text": "more beds"}, department="east")
    named: set[str] = set()
    for pack, clauses in (("p01", {"P01:6.1.2"}), ("p17", {"P17:III.1"}), ("p20", {"P20:2.1", "P20:2.2"})):
        told = json.loads(says(company, capsys, "policy", "guide", pack, "--json"))["data"]
        strategy = [one for one in told if one["requirement"] == "R-PPL-08"]
        assert {one["clause"] for one in strategy} == clauses
        for one in strategy:
            named |= set(re.split(", ", one["text"][1].partition("reports ")[2]))
    known = {one["name"] for one in json.loads(says(company, capsys, "report", "--list", "--json"))["data"]}
    assert named <= known
    for name, table, words in (
        ("market", "needs", {"Splint"}), ("research", "products", {"Plate", "Screw", "Splint"}),
    ):  # fmt: skip
        tables = json.loads(says(company, capsys, "report", name, "--json"))["data"]["tables"]
        assert {row["product"] for row in tables[table]["rows"]} == words


def test_coverage_counts_what_no_program_does_apart_and_says_why(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(says(company, capsys, "policy", "coverage", "--json"))["data"]
    states = [item.state for item in requirements()]
    for state in ("done", "partial", "missing", "out_of_scope"):
        assert data[state] == states.count(state) == sum(area[state] for area in data["areas"].values())
    assert data["total"] == len(states)
    assert data["areas"]["PPL"]["out_of_scope"] == data["out_of_scope"]
    with in_chinese():
        assert "非程序事项" in says(company, capsys, "policy", "coverage")
        said = says(company, capsys, "policy", "coverage", "--area", "PPL")
    for item in requirements():
        if item.state == "out_of_scope":
            assert item.note
            assert f"{item.id}\t非程序事项\t{item.note}" in said
