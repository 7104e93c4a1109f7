"""The grading commands as typed: ways of grading, mix, dated values, examples, in both languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crmctl import i18n
from crmctl.cli.app import invoke
from crmctl.errors import BadConfiguration, InvalidInput, NotFound
from crmctl.ledger.disk.shipped import pack_file
from crmctl.ledger.setup.policy_files import adopt, set_value
from tests.company import Company

P17 = {"power_vip": "300000", "power_senior": "100000", "power_general": "10000"}


class Shell:
    def __init__(self, company: Company, capsys: pytest.CaptureFixture[str]) -> None:
        self.company, self.capsys = company, capsys

    def types(self, *words: str) -> tuple[int, str]:
        self.capsys.readouterr()
        code = invoke(["-C", str(self.company.clone("alice")), *words])
        return code, self.capsys.readouterr().out

    def asks(self, *words: str) -> Any:
        return json.loads(self.types(*words, "--json")[1])["data"]


@pytest.fixture
def shell(company: Company, capsys: pytest.CaptureFixture[str]) -> Shell:
    for pack in ("base", "p17"):
        adopt(company.ledger(), pack)
    for name, value in P17.items():
        set_value(company.ledger(), name, value)
    return Shell(company, capsys)


def test_the_ways_of_grading_and_what_each_still_lacks(shell: Shell) -> None:
    rows = {row["axis"]: row for row in shell.asks("grade", "axes", "--department", "east")}
    assert all("set it with" not in str(row["why"]) for row in rows.values())  # each value is named once
    assert rows["power"]["grades"] == ["vip", "senior", "general", "low"]
    assert rows["power"]["ready"] is True
    assert rows["scope"]["ready"] is False
    assert "broad_lines" in rows["scope"]["why"]
    assert "Regular gifts" in shell.types("grade", "axes", "--axis", "power", "--department", "east")[1]
    with pytest.raises(InvalidInput, match="There is no axis powr"):
        shell.types("grade", "axes", "--axis", "powr", "--department", "east")


def test_a_run_on_one_axis_its_mix_and_why(shell: Shell) -> None:
    customer = shell.company.customer()
    shell.company.add("transaction", {"date": "2026-11-01", "product": "Lamp", "amount": "100000"}, customer=customer)
    words = ("--axis", "power", "--department", "east")
    assert shell.asks("grade", "run", *words)["written"] == 1
    assert shell.asks("grade", "run", *words)["written"] == 0
    (senior,) = [row for row in shell.asks("grade", "mix", *words)["grades"] if row["count"]]
    assert (senior["grade"], senior["share"]) == ("senior", "1.0000")
    assert "Purchasing power: Senior" in shell.types("grade", "explain", customer, *words)[1]
    assert "100.0%" in shell.types("grade", "mix", *words)[1]
    i18n.set_language("zh_CN")
    try:
        assert "购买力等级：高级客户" in shell.types("grade", "explain", customer, *words)[1]
    finally:
        i18n.set_language("en")


@pytest.mark.req("R-RGD-15")
def test_a_value_is_set_from_a_day_on(shell: Shell) -> None:
    shell.types("policy", "set", "power_vip", "400000", "--from", "2027-01-01")
    told = shell.types("policy", "show")[1]
    assert "400000 from 2027-01-01" in told
    customer = shell.company.customer()
    shell.company.add("transaction", {"date": "2026-11-01", "product": "Lamp", "amount": "350000"}, customer=customer)
    words = ("--axis", "power", "--department", "east")
    moves = shell.asks("grade", "simulate", *words, "--as-of", "2027-01-02")["moves"]
    assert [(move["grade"], move["would_be"]) for move in moves] == [("vip", "senior")]


def test_other_rules_are_tried_and_tell_why_a_customer_moves(shell: Shell, tmp_path: Path) -> None:
    customer = shell.company.customer()
    shell.company.add("transaction", {"date": "2026-11-01", "product": "Lamp", "amount": "350000"}, customer=customer)
    words = ("--axis", "power", "--department", "east")
    before = shell.company.ledger().head
    (move,) = shell.asks("grade", "simulate", *words, "--value", "power_vip=400000")["moves"]
    assert (move["grade"], move["would_be"]) == ("vip", "senior")
    turned = {(one["condition"], one["held"], one["holds"]) for one in move["why"]}
    assert any("$power_vip" in condition and (held, holds) == ("yes", "no") for condition, held, holds in turned)
    assert "(400000): 350000.00, no" in shell.types("grade", "simulate", *words, "--value", "power_vip=400000")[1]
    ours = tmp_path / "ours.yaml"
    ours.write_text(pack_file("p17").read_text("utf-8").replace("$power_vip", "400000"), "utf-8")
    assert shell.asks("grade", "simulate", *words, "--pack", str(ours))["moves"][0]["would_be"] == "senior"
    assert shell.company.ledger().head == before
    ours.write_text(pack_file("p17").read_text("utf-8").replace("$power_vip", "$powr_vip"), "utf-8")
    with pytest.raises(BadConfiguration, match="to correct"):
        shell.types("grade", "simulate", *words, "--pack", str(ours))
    with pytest.raises(NotFound, match="powr_vip"):
        shell.types("grade", "simulate", *words, "--value", "powr_vip=1")
    with pytest.raises(InvalidInput, match="would not load"):
        shell.types("grade", "simulate", *words, "--value", "power_vip=much")


def test_the_examples_of_the_packs_are_run(shell: Shell) -> None:
    done = shell.asks("policy", "test", "p17")
    assert (done["tried"], done["failed"]) == (7, 0)
    assert "7 examples, 0 came out otherwise" in shell.types("policy", "test", "p17")[1]
    with pytest.raises(NotFound, match="no pack p18 in force"):
        shell.types("policy", "test", "p18")
    with pytest.raises(BadConfiguration, match="do not load"):
        shell.types("grade", "run", "--axis", "scope", "--department", "east", "--dry-run")
