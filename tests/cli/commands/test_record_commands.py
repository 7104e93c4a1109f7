"""`add`, `update`, `advance`, `show`, `list`, `check`: a document each, and plain words in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crmctl.errors import ExitCode
from crmctl.ledger.ledger import Ledger
from tests.cli.commands.conftest import Runner, Said
from tests.company import CARD, VISIT, Company

CARD_WORDS = [word for name, value in CARD.items() for word in ("--set", f"{name}={value}")]
VISIT_WORDS = [word for name, value in VISIT.items() for word in ("--set", f"{name}={value}")]
# what a salesperson need not know, whatever the language
TECHNICAL = ("branch", "commit", "merge", "HEAD", "recipient", "YAML", "refs/", "分支", "提交记录", "合并", "密钥")


@pytest.fixture
def at(company: Company, run: Runner, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Run a command in alice's copy."""
    monkeypatch.chdir(company.clone("alice"))
    return run


def head(company: Company) -> str:
    return Ledger(company.clone("alice"), home=company.home).head


def plain(said: Said) -> str:
    assert said.code == 0, said.err
    assert not [word for word in TECHNICAL if word in said.out + said.err]
    return said.out


@pytest.mark.parametrize(("language", "words"), [("en", ("Added Customer C-",)), ("zh", ("客户 C-",))])
def test_add_says_the_id(company: Company, at: Runner, language: str, words: tuple[str, ...]) -> None:
    out = plain(at("add", "customer", *CARD_WORDS, language=language))
    assert all(word in out for word in words)
    assert "Northern" not in out


def test_add_answers_with_id_and_commit(company: Company, at: Runner) -> None:
    data = at("add", "customer", *CARD_WORDS, "--json").document("add")
    assert (data["kind"], data["commit"], data["dry_run"]) == ("customer", head(company), False)
    assert company.ledger().dossier(data["id"]).id == data["id"]
    assert {"field": "name", "before": None, "after": "Northern Hospital"} in data["changes"]


def test_add_by_labels_from_a_file_and_for_somebody(company: Company, at: Runner, tmp_path: Path) -> None:
    source = tmp_path / "card.yaml"
    source.write_text("客户名称: 北京某某医院\n主体类型: 公司\n来源: 客户推荐\nlawful_basis: contract\n", "utf-8")
    words = ("add", "客户", "--from", str(source), "--set", "信息取得时间=2026-11-20 09:00", "--for", "bob", "--json")
    made = at(*words).document("add")["id"]
    assert company.ledger().dossier(made).assignments["west"].owner == "bob"


def test_a_dry_run_shows_and_writes_nothing(company: Company, at: Runner) -> None:
    before = head(company)
    assert "Would write" in plain(at("add", "customer", *CARD_WORDS, "--dry-run"))
    data = at("add", "customer", *CARD_WORDS, "--dry-run", "--json").document("add")
    assert (data["commit"], data["dry_run"]) == (None, True)
    assert head(company) == before


@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_faults_are_told_at_once_and_nothing_is_entered(company: Company, at: Runner, language: str) -> None:
    before = head(company)
    said = at("add", "customer", "--set", "phnoe=1", "--set", "email=x", "--set", "party_type=公司s", language=language)
    assert said.code == ExitCode.INVALID
    for word in ("phnoe", "phone", "email", "party_type", "name", "crmctl schema show customer"):
        assert word in said.err
    assert head(company) == before


def test_faults_are_findings_in_json(company: Company, at: Runner) -> None:
    said = at("add", "customer", "--set", "email=x", "--json")
    assert said.code == ExitCode.INVALID
    document = json.loads(said.out)
    assert {finding["field"] for finding in document["findings"]} >= {"email", "name"}
    assert all(finding["code"] and finding["message"] for finding in document["findings"])


def test_update_tells_what_changed_from_what_to_what(company: Company, at: Runner) -> None:
    company.customer(phone="13800138000", contacts=[{"name": "Wang", "post": "head"}])
    out = plain(at("update", "Northern", "--set", "phone=010-62770000", "--reason", "told by phone", language="zh"))
    assert "电话: +86 138 0013 8000 → +86 10 6277 0000" in out
    data = at("update", "Northern", "--set", "contacts.0.phone=13900139000", "--json").document("update")
    assert data["changes"][0]["after"] == [{"name": "Wang", "post": "head", "phone": "+86 139 0013 9000"}]
    out = plain(at("update", "Northern", "--set", "phone=010-62770000"))
    assert "nothing was written" in out


def test_update_without_anything_to_change_is_told(company: Company, at: Runner) -> None:
    company.customer()
    assert at("update", "Northern").code == ExitCode.USAGE
    assert at("update", "Northern", "--set", "phone").code == ExitCode.USAGE
    assert at("update", "Nobody", "--set", "phone=1").code == ExitCode.NOT_FOUND


def test_unverified_is_marked_and_taken_off(company: Company, at: Runner) -> None:
    company.customer(phone="13800138000")
    plain(at("update", "Northern", "--unverified", "phone=2026-12-01"))
    assert "2026-12-01" in plain(at("show", "Northern"))
    assert at("show", "Northern", "--json").document("record")["unverified"] == {"phone": "2026-12-01"}
    plain(at("update", "Northern", "--verified", "phone"))
    assert "unverified" not in at("show", "Northern", "--json").document("record")
    assert at("update", "Northern", "--unverified", "phone=soon").code == ExitCode.USAGE


def test_advance_moves_and_refuses(company: Company, at: Runner) -> None:
    customer = company.customer()
    visit = at("add", "visit", "-c", "Northern", *VISIT_WORDS, "--set", "on=2026-11-20", "--json").document("add")["id"]
    moved = at("advance", visit, "done", "--set", "result=met", "--set", "goal_met=yes", "--json").document("advance")
    assert {"field": "state", "before": "planned", "after": "done"} in moved["changes"]
    said = at("advance", visit, "取消", "--set", "cancel_reason=x", language="zh")
    assert said.code == ExitCode.REFUSED
    assert "REC010" in said.err
    assert "完成" in said.err
    plain(at("advance", customer, "成交", language="zh"))
    assert company.ledger().dossier(customer).assignments["east"].state == "closed"
    assert at("update", visit, "--set", "state=planned").code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("Customer C-", "Company", "Name")), ("zh", ("客户 C-", "公司", "客户名称"))]
)
def test_show_speaks_in_labels(company: Company, at: Runner, language: str, words: tuple[str, ...]) -> None:
    company.customer(contacts=[{"name": "Wang", "phone": "13800138000"}], trade_profile={"credit": "good"})
    out = plain(at("show", "Northern", language=language))
    for word in (*words, "Northern Hospital", "Wang", "good"):
        assert word in out


def test_show_answers_with_the_whole_record(company: Company, at: Runner) -> None:
    customer = company.customer()
    data = at("show", customer, "--json").document("record")
    assert data["data"]["name"] == "Northern Hospital"
    assert (data["id"], data["kind"], data["rev"], data["by"]) == (customer, "customer", 1, "alice")
    assert data["assignments"][0]["owner"] == "alice"
    sale = company.add("transaction", {"date": "2026-11-02", "product": "brace", "amount": "10"}, customer=customer).id
    assert at("show", sale, "--json").document("record")["data"] == {
        "date": "2026-11-02", "product": "brace", "amount": "10.00",
    }  # fmt: skip


def test_show_looks_back(company: Company, at: Runner) -> None:
    customer = company.customer()
    before = head(company)
    plain(at("update", customer, "--set", "name=Renamed"))
    assert at("show", customer, "--json").document("record")["data"]["name"] == "Renamed"
    assert at("show", customer, "--at", before, "--json").document("record")["data"]["name"] == "Northern Hospital"
    assert at("show", customer, "--at", "1999-01-01").code == ExitCode.NOT_FOUND
    assert at("show", customer, "--at", "--all").code != 0


def test_customer_text_is_never_markup_or_escape(company: Company, at: Runner) -> None:
    company.customer(name="[red]Evil[/red] =cmd|x Hospital")
    said = at("show", "Evil")
    assert "[red]Evil[/red] =cmd|x Hospital" in said.out
    assert "[red]" in at("list").out
    assert "\x1b" not in said.out


@pytest.mark.parametrize(("language", "words"), [("en", ("Id", "Name", "1 of 1")), ("zh", ("编号", "客户名称"))])
def test_list_is_a_table_with_a_count(company: Company, at: Runner, language: str, words: tuple[str, ...]) -> None:
    customer = company.customer()
    said = at("list", language=language)
    assert customer in plain(said)
    assert all(word in said.out + said.err for word in words)


def test_list_names_whose_records_they_are(company: Company, at: Runner) -> None:
    customer = company.customer()
    visit = company.add("visit", {**VISIT}, customer=customer).id
    said = plain(at("list", "visit"))
    assert visit in said
    assert "Northern Hospital" in said
    assert customer not in said
    assert at("list", "visit", "--json").document("list")[0]["dossier"] == customer, "data keep the id"


def test_list_answers_with_rows(company: Company, at: Runner) -> None:
    customer = company.customer(beds=20, category="hospital")
    rows = at("list", "customer", "--columns", "id, beds", "--json").document("list")
    assert rows == [{"id": customer, "beds": 20}]
    assert at("list", "customer", "--where", "beds > 20", "--json").document("list") == []
    assert at("list", "customer", "--columns", "id,,name").code == ExitCode.USAGE
    assert at("list", "customer", "--columns", "nmae").code == ExitCode.NOT_FOUND
    assert at("list", "custmer").code == ExitCode.NOT_FOUND
    assert at("list", "customer", "--limit", "-1").code == ExitCode.USAGE
    for where in ("1) UNION SELECT 1 --", "1; DROP TABLE customer", "nothing = 1"):
        assert at("list", "customer", "--where", where).code == ExitCode.INVALID


@pytest.mark.parametrize("language", ["en", "zh"])
def test_check_is_quiet_about_what_is_well(company: Company, at: Runner, language: str) -> None:
    company.customer()
    said = at("check", language=language)
    assert said.code == 0
    assert len(said.out.splitlines()) == 1
    data = at("check", "--json").document("check")
    assert (data["errors"], data["existing"], data["opened"]) == (0, 1, 1)
    assert at("check", "--keyless", "--json").document("check")["opened"] == 0


def test_outside_a_ledger_the_next_step_is_told(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (("list",), ("show", "x"), ("add", "customer"), ("check",), ("sync",), ("member", "list")):
        said = run(*words)
        assert said.code == ExitCode.NOT_FOUND
        assert "crmctl init" in said.err
