"""`undo`, `backup`, `restore`, `doctor` as a person and as a program meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crmctl.cli.boundary import main
from tests.company import NOW, Company


@pytest.fixture
def here(company: Company, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A company in whose first copy we stand, with a customer in it."""
    monkeypatch.setenv("CRMCTL_NOW", NOW)
    monkeypatch.setenv("CRMCTL_HOME", str(company.home))
    company.customer()
    monkeypatch.chdir(company.clone("alice"))
    return company


def document(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert main([*words, "--json"]) == code
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_undo_answers_with_what_it_took_back(here: Company, capsys: pytest.CaptureFixture[str]) -> None:
    planned = document(capsys, "undo", "--dry-run")
    assert (planned["schema"], planned["data"]["commit"], planned["data"]["dry_run"]) == ("crmctl/undo/1", None, True)
    done = document(capsys, "undo")["data"]
    assert (done["undone"], done["removed"]) == (planned["data"]["undone"], planned["data"]["removed"])
    assert done["commit"] == here.ledger().head
    document(capsys, "verify")
    assert document(capsys, "undo", done["commit"])["data"]["restored"]
    document(capsys, "verify")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_undo_speaks_a_salespersons_language(
    here: Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("CRMCTL_LANG", language)
    assert main(["undo", "--help"]) == 0
    assert main(["undo", "--dry-run"]) == 0
    assert main(["undo"]) == 0
    said = capsys.readouterr()
    words = (said.out + said.err).lower()
    for technical in ("branch", "commit", "merge", " ref", "head", "recipient", "yaml", "提交", "分支", "合并"):
        assert technical not in words.replace("{change}", "")


def test_backup_and_restore_answer_with_what_they_made(
    here: Company, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "led.bundle"
    made = document(capsys, "backup", str(file))
    assert (made["schema"], made["data"]["path"], made["data"]["main"]) == (
        "crmctl/backup/1", str(file), here.ledger().head,
    )  # fmt: skip
    assert any("identities" in path for path in made["data"]["keys"])
    back = document(capsys, "restore", str(file), str(tmp_path / "new"), "--as", "alice")
    assert (back["schema"], back["data"]["member"], back["data"]["errors"]) == ("crmctl/restore/1", "alice", 0)
    assert main(["-C", str(tmp_path / "new"), "list", "customer"]) == 0
    assert "Northern Hospital" in capsys.readouterr().out


def test_where_the_keys_lie_is_said_after_a_backup(
    here: Company, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["backup", str(tmp_path / "led.bundle")]) == 0
    said = capsys.readouterr()
    assert "read back without a fault" in said.out
    assert str(here.home / "identities/alice") in said.err


def test_the_doctor_answers_with_every_examination(here: Company, capsys: pytest.CaptureFixture[str]) -> None:
    healthy = document(capsys, "doctor")
    assert healthy["schema"] == "crmctl/doctor/1"
    assert {each["name"] for each in healthy["data"]} >= {"git", "identity", "broken-off", "plaintext", "keyring"}
    (here.clone("alice") / ".git/info/grafts").write_text("x\n")
    ill = document(capsys, "doctor", code=1)
    assert [each["name"] for each in ill["data"] if not each["ok"]] == ["recovery", "history"]
    assert "DOC036" in {finding["code"] for finding in ill["findings"]}
    assert next(each for each in document(capsys, "doctor", "--fix")["data"] if each["name"] == "history")["mended"]


def test_the_doctor_shows_a_line_for_each(here: Company, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "ok  Git" in lines
    assert "!!  Recovery key is offline" in lines
