"""`init` and `key`: what they take, what they say, and what they leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.cli.commands.init import default_member, read_departments
from crmctl.errors import ExitCode, UsageError
from crmctl.ledger.ledger import Ledger
from tests.cli.commands.conftest import Runner

WORDS = (
    "--company",
    "某某公司",
    "--department",
    "east=东区,East",
    "--as",
    "alice",
    "--name",
    "爱丽丝",
    "--no-passphrase",
)


def test_departments_are_key_and_one_or_two_names() -> None:
    assert read_departments(["east=东区,East", "west= 西区 ，West ", "n=北"]) == {
        "east": ("东区", "East"), "west": ("西区", "West"), "n": ("北", "北"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "pairs",
    [
        ["east"], ["east="], ["=东区"], ["east=,East"], ["East=东区"], ["all=全部"], ["core=核心"], ["a/b=东区"],
        ["east=东区", "east=东部"], [f"{'e' * 33}=东区"], [" east=东区"],
    ],
)  # fmt: skip
def test_a_department_that_is_written_wrongly_is_told(pairs: list[str]) -> None:
    with pytest.raises(UsageError):
        read_departments(pairs)


@pytest.mark.parametrize(
    ("login", "member"), [("Alice", "alice"), ("DOMAIN\\li.wei", "domainliwei"), ("王伟", "me"), ("9lives", "me")]
)
def test_a_login_name_becomes_a_short_name(monkeypatch: pytest.MonkeyPatch, login: str, member: str) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: login)
    assert default_member() == member


@pytest.mark.parametrize("language", ["en", "zh"])
def test_init_says_where_the_ledger_is_and_what_is_next(run: Runner, tmp_path: Path, language: str) -> None:
    target = tmp_path / "ledger"
    said = run("init", str(target), *WORDS, language=language)
    assert said.code == 0
    assert str(target) in said.out
    assert "某某公司" in said.out
    assert ("Recovery key" in said.err) == (language == "en")
    assert f"crmctl -C {target} add customer" in said.err
    settings = Ledger(target).in_force.settings
    assert settings.language == ("zh-CN" if language == "zh" else "en")


def test_init_answers_with_one_document(run: Runner, tmp_path: Path) -> None:
    data = run("init", str(tmp_path / "ledger"), *WORDS, "--json").document("init")
    assert set(data) == {"path", "id", "commit", "recovery"}
    assert Ledger(Path(data["path"])).head == data["commit"]
    assert Path(data["recovery"]).is_file()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--as", "alice", "--no-passphrase"), ExitCode.USAGE),  # no company, and nobody to ask
        (("--company", "X", "--as", "alice"), ExitCode.NO_KEY),  # no passphrase, and nobody to ask
        (("--company", "X", "--as", "Alice", "--no-passphrase"), ExitCode.INVALID),
        (("--company", "X", "--as", "alice", "--no-passphrase", "--pack", "p99"), ExitCode.NOT_FOUND),
        (("--company", "X", "--as", "alice", "--no-passphrase", "--department", "East"), ExitCode.USAGE),
    ],
)
def test_init_that_cannot_be_leaves_nothing(
    run: Runner, tmp_path: Path, words: tuple[str, ...], code: ExitCode
) -> None:
    said = run("init", str(tmp_path / "ledger"), *words)
    assert said.code == code
    assert said.out == ""
    assert not (tmp_path / "ledger").exists()
    assert not list((tmp_path / "home").rglob("*.txt"))


def test_keys_are_made_once_and_shown_again(run: Runner, person: Path) -> None:
    made = run("key", "new", "bob", "--no-passphrase", "--json").document("key")
    assert made["line"] == f"bob {made['opens']} {made['signs']}"
    assert run("key", "show", "bob", "--json").document("key") == made
    assert run("key", "show").out.strip() == made["line"]  # the only ones here
    assert run("key", "new", "bob", "--no-passphrase").code == ExitCode.CONFLICT
    secret = (person / "identities" / "bob" / "identity.txt").read_text().split()[-1]
    for said in (run("key", "show", "bob"), run("key", "new", "bob", "--no-passphrase")):
        assert secret not in said.out + said.err


@pytest.mark.parametrize("language", ["en", "zh"])
def test_keys_that_are_not_here_are_told_with_the_next_command(run: Runner, language: str) -> None:
    said = run("key", "show", "zoe", language=language)
    assert said.code == ExitCode.NOT_FOUND
    assert "crmctl key new zoe" in said.err
    assert run("key", "new", "../zoe", "--no-passphrase").code == ExitCode.INVALID
    assert run("key", "protect", "zoe", "--no-passphrase").code != 0
