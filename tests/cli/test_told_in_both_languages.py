"""log, blame, find, query, access, due, day and confirm as a person reads them, in English and Chinese."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib import import_module

import pytest

from crmctl import i18n
from crmctl.cli import app
from crmctl.cli.boundary import main
from crmctl.cli.lazy import Family
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.changing.entry import advance, update
from tests.company import VISIT, Company

CARD = {
    "name": "北京某某医院", "phone": "010-62770000", "contacts": [{"name": "王伟"}], "obtained_at": "2026-11-18T09:00+08:00",
}  # fmt: skip
FORBIDDEN = re.compile(r"\b(branch|commit|merge|ref|head|key|recipient|yaml)\b|分支|提交|合并|密钥|公钥", re.IGNORECASE)
Told = Callable[..., str]
OWN = ("log", "blame", "find", "query", "access", "due", "day", "confirm", "update")


@pytest.fixture(params=["en", "zh_CN"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CRMCTL_LANG", request.param)
    i18n.set_language(request.param)
    return str(request.param)


@pytest.fixture
def ids(company: Company, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A customer with a history; each id and what stands for it in expected text."""
    customer = company.customer(**CARD)
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-20T11:00:00+08:00")
    update(
        company.ledger(), customer, {"phone": "010-62770001"}, Origin(reason="来电"), unverified={"phone": "2026-11-18"}
    )
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-20T12:00:00+08:00")
    visit = company.add("visit", {**VISIT, "topic": "新假肢"}, customer=customer).id
    advance(company.ledger(), customer, "intending", {}, Origin())
    return {customer: "C-1", visit: "V-1"}


@pytest.fixture
def told(company: Company, ids: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Told:
    """`told("log", "C-1")`: what a command prints, ids replaced; stderr behind a line of dashes."""

    def run(*words: str, code: int = 0) -> str:
        real = [{shown: made for made, shown in ids.items()}.get(word, word) for word in words]
        capsys.readouterr()
        assert main(["-C", str(company.clone("alice")), *real]) == code
        done = capsys.readouterr()
        text = done.out + ("-----\n" + done.err if done.err else "")
        for made, shown in ids.items():
            text = text.replace(made, shown)
        return re.sub(r"\b(D|V)-[0-9A-Z]{10}\b", r"\1-2", text)

    return run


LOG = {
    "en": """\
2026-11-20 12:00  Alice
    East: state Potential → Intending
2026-11-20 11:00  Alice  version 2  why: 来电
    Phone: +86 10 6277 0000 → +86 10 6277 0001
    To be verified: Phone: 2026-11-18
""",
    "zh_CN": """\
2026-11-20 12:00  Alice
    东区：状态 潜在 → 意向
2026-11-20 11:00  Alice  第 2 版  原因：来电
    电话：+86 10 6277 0000 → +86 10 6277 0001
    待核实：电话：2026-11-18
""",
}


@pytest.mark.req("R-REC-07")
def test_log(told: Told, language: str) -> None:
    expected = LOG[language]
    assert flat(told("log", "C-1", "--limit", "2")) == flat(expected)


def flat(text: str) -> str:
    """Colons and stops of either width are one here: which one a catalogue takes is a matter of taste."""
    return text.replace("：", ": ").replace(":  ", ": ")


TIMELINE = {
    "en": [
        "On\tKind\tId\tWhat\tBy", "2026-11-25\tVisit\tV-1\t新假肢 (Planned)\tAlice",
        "2026-11-20 12:00\tAssignment\t\tEast: state Potential → Intending\tAlice",
    ],
    "zh_CN": [
        "日期\t种类\t编号\t内容\t经办", "2026-11-25\t拜访\tV-1\t新假肢 (计划)\tAlice",
        "2026-11-20 12:00\t客户归属\t\t东区: 状态 潜在 → 意向\tAlice",
    ],
}  # fmt: skip


@pytest.mark.req("R-REC-07")
def test_timeline(told: Told, language: str) -> None:
    assert flat(told("log", "C-1", "--all")).splitlines()[:3] == TIMELINE[language]


BLAME = {
    "en": "Field\tValue\tBy\tOn\tWhy\tTo be verified by\nPhone\t+86 10 6277 0001\tAlice\t2026-11-20\t来电\t2026-11-18\n",
    "zh_CN": "字段\t内容\t经办\t日期\t原因\t核实期限\n电话\t+86 10 6277 0001\tAlice\t2026-11-20\t来电\t2026-11-18\n",
}


@pytest.mark.req("R-REC-11")
def test_blame(told: Told, language: str) -> None:
    lines = told("blame", "C-1", "phone").splitlines()
    assert lines[1:] == BLAME[language].splitlines()[1:]
    assert lines[0].split("\t")[2:] == BLAME[language].splitlines()[0].split("\t")[2:]


FIND = {"en": "V-1\tVisit\t北京某某医院\tWhat\t新假肢", "zh_CN": "V-1\t拜访\t北京某某医院\t内容\t新假肢"}


def test_find(told: Told, language: str) -> None:
    assert told("find", "假肢").splitlines()[1] == FIND[language]
    assert "\tC-1" not in told("find", "没有的字")


def test_query_reads_and_changes_nothing(told: Told) -> None:
    assert told("query", "SELECT state, count(*) AS n FROM visit GROUP BY state") == "state\tn\nplanned\t1\n"
    assert json.loads(told("query", "SELECT 1 AS one, x'ff' AS two", "--json"))["data"] == {
        "columns": ["one", "two"],
        "rows": [[1, "ff"]],
    }
    told("query", "DELETE FROM visit", code=5)
    told("query", "", code=5)


DUE = {
    "en": """\
Due\tLate\tCustomer\tWhat\tId\tWho
2026-11-18\t2 d\t北京某某医院\tTo be verified: Phone\tC-1\tAlice
2026-11-25\t\t北京某某医院\tPlanned visit\tV-1\tAlice

Done too late:
Due\tLate\tCustomer\tWhat\tId\tWho
2026-11-19\t1 d\t北京某某医院\tCustomer entered late\tC-1\tAlice
-----
2 due, 1 of them late
""",
    "zh_CN": """\
期限\t逾期\t客户\t内容\t编号\t谁
2026-11-18\t2 天\t北京某某医院\t待核实: 电话\tC-1\tAlice
2026-11-25\t\t北京某某医院\t计划的拜访\tV-1\tAlice

做晚了的:
期限\t逾期\t客户\t内容\t编号\t谁
2026-11-19\t1 天\t北京某某医院\t客户信息录入迟了\tC-1\tAlice
-----
待办 2 项，其中逾期 1 项
""",
}


@pytest.mark.req("R-INT-01")
def test_due(told: Told, language: str) -> None:
    assert flat(told("due", "--done-late")).replace(": \n", ":\n") == DUE[language]
    assert len(told("due", "--late").split("-----")[0].splitlines()) == 2


TRACE = {
    "en": ["INT001: from 2026-11-18, 1 working day", "  2026-11-19  working day  1", "done on 2026-11-20"],
    "zh_CN": ["INT001: 从 2026-11-18 起, 1 个工作日", "  2026-11-19  工作日  1", "2026-11-20 完成"],
}


@pytest.mark.req("R-INT-16")
def test_due_shows_how_it_counted(told: Told, language: str) -> None:
    lines = [line.strip("\t") for line in flat(told("due", "--trace", "--done-late")).splitlines()]
    assert [line for line in lines if line in TRACE[language]] == TRACE[language]


def test_due_as_data(told: Told) -> None:
    document = json.loads(told("due", "--json"))
    assert document["schema"] == "crmctl/due/1"
    assert [(i["code"], i["id"], i["due"], i["late_days"], i["field"]) for i in document["data"]["items"]] == [
        ("DUE009", "C-1", "2026-11-18", 2, "phone"), ("DUE001", "V-1", "2026-11-25", 0, None),
    ]  # fmt: skip
    assert [i["done"] for i in document["data"]["done_late"]] == ["2026-11-20"]
    assert json.loads(told("due", "--json", "--as-of", "2026-12-01"))["data"]["items"][1]["late_days"] == 6


def test_due_of_somebody_else(told: Told, company: Company, language: str) -> None:
    assert told("due", "--member", "bob").startswith("-----")
    told("due", "--member", "nobody", code=4)
    told("due", "--member", "bob", "--team", code=2)
    assert "V-1" in told("due", "--team")


DAY = {
    "en": "1\t北京某某医院\tDr Wang\tTo be verified; 新假肢\tward 3\tIntroduce us\tOn site\ta second date\tV-1",
    "zh_CN": "1\t北京某某医院\tDr Wang\t待核实; 新假肢\tward 3\t介绍公司与产品\t上门\ta second date\tV-1",
}
LOGGED = {"en": "Row 1 is now V-1: Done\n", "zh_CN": "第 1 行已成为 V-1：完成\n"}


@pytest.mark.req("R-REC-23")
def test_day(told: Told, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told("day", "plan", "--from", "due", "--date", "2026-11-25").splitlines()[1] == DAY[language]
    assert told("day", "plan", "--date", "2026-11-25").splitlines()[1] == DAY[language]
    told("day", "plan", "--date", "2026-11-25", "--set", "rows.0.time=09:30")
    assert "\t09:30\t" in told("day", "--date", "2026-11-25")
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-25T18:00:00+08:00")
    assert (
        told("day", "log", "1", "--date", "2026-11-25", "--set", "result=好", "--set", "goal_met=yes")
        == LOGGED[language]
    )
    assert "-> " not in told("day", "log", "1", "--date", "2026-11-25", code=6)
    assert json.loads(told("show", "V-1", "--json"))["data"]["data"]["sheet"] == "D-2"
    told("day", "plan", "--copy", "someday", code=2)
    told("day", "plan", "--from", "nothing", code=2)


CONFIRMED = {"en": "Confirmed C-1\n", "zh_CN": "已确认 C-1\n"}


def test_confirm(told: Told, language: str) -> None:
    told("confirm", "C-1", code=2)
    told("confirm", "--unchanged", code=2)
    assert told("confirm", "--from-due", "--unchanged") == CONFIRMED[language]
    assert "C-1" in told("confirm", "C-1", "--unchanged").partition("-----")[2]
    assert "2026-11-18" not in told("due")


ACCESS = {
    "en": "Card\talice\tAlice\tdeals with the customer, East Head of department\tcan read\t1",
    "zh_CN": "档案卡\talice\tAlice\t经办该客户, 东区 部门负责人\t能看\t1",
}


def test_access(told: Told, language: str) -> None:
    assert told("access", "C-1").splitlines()[1] == ACCESS[language]
    assert told("access", "--member", "carol").splitlines()[1].startswith("C-1\t北京某某医院\t")
    told("access", code=2)
    told("access", "C-1", "--member", "carol", code=2)


@pytest.mark.req("R-INT-05")
def test_a_change_says_since_when_it_was_known(told: Told, language: str) -> None:
    told("update", "C-1", "--set", "address=1", "--known-since", "2026-11-19")
    assert "2026-11-19" in told("log", "C-1", "--limit", "2")
    told("update", "C-1", "--set", "address=2", "--known-since", "2026-11-21", code=2)


def test_customers_words_cannot_steer_the_terminal(
    told: Told, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    nasty = "\u202eevil\x1b]0;title\x07[bold]"
    # what is entered is checked; a record somebody sealed by other means is not
    monkeypatch.setattr(Draft, "_checked", lambda _self, _kind, values, *_rest: dict(values))
    made = company.customer(name=f"A{nasty}", note=nasty)
    update(company.ledger(), made, {"phone": nasty}, Origin(reason=nasty), unverified={"phone": "2026-11-18"})
    for words in (("log", made), ("log", made, "--all"), ("blame", made), ("find", "evil"), ("due",), ("access", made)):
        text = told(*words)
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "evil" in told("find", "evil")
    assert "Aevil" in told("due")


def test_what_sales_people_read_names_no_machinery(language: str) -> None:
    found = {}
    for name in OWN:
        entry = app.COMMANDS[name]
        for one in entry.commands.values() if isinstance(entry, Family) else [entry]:
            module, _colon, function = one.target.partition(":")
            details = getattr(getattr(import_module(module), function), "details", "")
            if match := FORBIDDEN.search(i18n._(one.help) + i18n._(details)):
                found[name] = match[0]
    assert found == {}


CLOSED = {"en": "(you cannot open this version)", "zh_CN": "（这一版您不能打开）"}


def test_who_cannot_open_a_record_sees_when_it_was_written_and_no_more(
    company: Company, ids: dict[str, str], language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    company.sync("alice", "bob")
    customer, visit = ids
    for what, versions in ((visit, 1), (customer, 2)):
        assert main(["-C", str(company.clone("bob")), "log", what]) == 0
        text = capsys.readouterr().out
        assert text.count(CLOSED[language]) == versions
        assert "北京" not in text
        assert "假肢" not in text
        assert main(["-C", str(company.clone("bob")), "blame", what]) == 7
    assert main(["-C", str(company.clone("bob")), "log", customer, "--all"]) == 0
    told = capsys.readouterr()
    assert "假肢" not in told.out + told.err
    assert told.out.count(CLOSED[language]) == 2
