"""`member`, `clone`, `sync`: parsing apart from doing, a document each, words in both languages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crmctl.cli.commands.member import read_key_line, read_roles
from crmctl.errors import ExitCode, UsageError
from crmctl.ledger.keys.identity import create
from crmctl.model.org import Role
from tests.cli.commands.conftest import Runner
from tests.company import Company, git

DAY = date(2026, 11, 20)
COMPANY_ROLES = frozenset({"finance", "admin"})


def test_roles_are_held_in_a_department_or_in_the_whole_company() -> None:
    assert read_roles(["sales@east", "finance"], DAY, COMPANY_ROLES) == (
        Role("sales", "east", DAY), Role("finance", None, DAY),
    )  # fmt: skip


@pytest.mark.parametrize("text", ["sales", "finance@east", "", "@east", "sales@"])
def test_a_role_that_is_written_wrongly_is_told(text: str) -> None:
    with pytest.raises(UsageError):
        read_roles([text], DAY, COMPANY_ROLES)


def test_a_key_line_is_pasted_or_in_a_file(tmp_path: Path) -> None:
    line = "bob age1xyz ssh-ed25519 AAAA a comment"
    read = read_key_line(line)
    assert (read.member, read.opens, read.signs) == ("bob", "age1xyz", "ssh-ed25519 AAAA")
    file = tmp_path / "bob.key"
    file.write_text(f"{line}\n")
    assert read_key_line(str(file)) == read


@pytest.mark.parametrize(
    "text", ["", "bob", "bob age1xyz", "bob age1xyz ssh-rsa AAAA", "bob xyz ssh-ed25519 AAAA", "/nowhere"]
)
def test_what_is_no_key_line_is_told(text: str) -> None:
    with pytest.raises(UsageError):
        read_key_line(text)


@pytest.fixture
def at(company: Company, run: Runner, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Run a command in alice's copy."""
    monkeypatch.chdir(company.clone("alice"))
    return run


def key_line(company: Company, member: str) -> str:
    keys = create(company.home, member, None)
    return f"{keys.member} {keys.opens} {keys.signs}"


@pytest.mark.req("R-PPL-05")
def test_a_member_is_enrolled_shown_given_a_role_and_let_go(company: Company, at: Runner) -> None:
    line = key_line(company, "dave")
    words = (
        "member",
        "add",
        "--key",
        line,
        "--name",
        "戴夫",
        "--role",
        "sales@east",
        "--supervisor",
        "carol",
        "--json",
    )
    assert at(*words).document("member-add")["id"] == "dave"
    shown = at("member", "show", "dave", "--json").document("member")
    assert (shown["name"], shown["roles"], shown["supervisor"]) == ("戴夫", ["sales@east"], "carol")
    at("member", "role", "dave", "supervisor@west", "finance", "--json").document("member-role")
    assert at("member", "show", "dave", "--json").document("member")["roles"] == ["supervisor@west", "finance"]
    at("member", "leave", "dave", "--on", "2026-12-31", "--json").document("member-leave")
    assert at("member", "show", "dave", "--json").document("member")["until"] == "2026-12-31"
    everybody = at("member", "list", "--json").document("members")
    assert [member["id"] for member in everybody] == ["alice", "bob", "carol", "dave"]
    supervisors = at("member", "list", "--role", "supervisor", "--json").document("members")
    assert [member["id"] for member in supervisors] == ["carol", "dave"]


@pytest.mark.parametrize(("language", "word"), [("en", "Member"), ("zh", "成员")])
def test_members_are_a_table(company: Company, at: Runner, language: str, word: str) -> None:
    said = at("member", "list", language=language)
    assert said.code == 0
    assert word in said.out
    assert "supervisor@east" in said.out
    assert "supervisor@east" in at("member", "show", "carol", language=language).out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "--key", "no key"), ExitCode.USAGE),
        (("add", "--key", "dave age1xyz ssh-ed25519 AAAA", "--role", "sales"), ExitCode.USAGE),
        (("add", "--key", "dave age1xyz ssh-ed25519 AAAA", "--role", "sales@east"), ExitCode.INVALID),
        (("role", "dave", "sales@east"), ExitCode.NOT_FOUND),
        (("role", "bob", "sales@north"), ExitCode.NOT_FOUND),
        (("show", "dave"), ExitCode.NOT_FOUND),
        (("leave", "dave"), ExitCode.NOT_FOUND),
        (("leave", "bob", "--on", "tomorrow"), ExitCode.USAGE),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(
    company: Company, at: Runner, words: tuple[str, ...], code: ExitCode
) -> None:
    before = company.ledger().head
    said = at("member", *words)
    assert said.code == code
    assert said.err
    assert company.ledger().head == before


def test_who_is_no_admin_is_refused(company: Company, run: Runner) -> None:
    said = run("-C", str(company.clone("bob")), "member", "role", "bob", "admin")
    assert said.code == ExitCode.REFUSED
    assert "admin" in said.err


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_copy_is_made_and_kept_up(company: Company, at: Runner, run: Runner, language: str) -> None:
    target, server = company.path / "second", str(company.path / "server.git")
    made = run("clone", server, str(target), "--as", "carol", language=language)
    assert made.code == 0
    assert str(target) in made.out
    company.customer()
    sent = at("sync", "--json", language=language).document("sync")
    assert (sent["received"], sent["sent"], sent["commit"]) == (0, 1, company.ledger().head)
    got = run("-C", str(target), "sync", language=language)
    assert got.code == 0
    assert "1" in got.out
    assert run("-C", str(target), "list", "--json").document("list")[0]["name"] == "Northern Hospital"


def test_clone_answers_with_its_place(company: Company, run: Runner) -> None:
    target = company.path / "second"
    data = run("clone", str(company.path / "server.git"), str(target), "--as", "carol", "--json").document("clone")
    assert (data["path"], data["commit"]) == (str(target), company.ledger().head)


def test_a_copy_of_nothing_leaves_nothing(company: Company, run: Runner) -> None:
    target = company.path / "second"
    assert run("clone", str(company.path / "nowhere.git"), str(target), "--as", "carol").code == ExitCode.GIT
    assert run("clone", "--upload-pack=x", str(target)).code == ExitCode.USAGE
    assert run("clone", "ext::sh -c id", str(target), "--as", "carol").code == ExitCode.USAGE
    assert not target.exists()


def test_a_conflict_says_which_record_in_a_salespersons_words(company: Company, at: Runner) -> None:
    customer = company.customer()
    company.sync("alice", "carol")
    at("update", customer, "--set", "name=Mine")
    at("-C", str(company.clone("carol")), "update", customer, "--set", "name=Hers")
    company.sync("carol")
    for language in ("en", "zh"):
        said = at("sync", language=language)
        assert said.code == ExitCode.CONFLICT
        assert customer in said.err
        assert not [word for word in ("merge", "branch", "refs/", "Northern") if word in said.err]


def test_a_copy_without_a_server_and_one_that_was_turned_back(company: Company, at: Runner) -> None:
    company.customer()
    company.sync("alice")
    git(company.path / "server.git", "update-ref", "refs/heads/main", "refs/heads/main~1")
    said = at("sync")
    assert said.code == ExitCode.TRUST
    assert "--give-back" in said.err
    assert at("sync", "--give-back").code == 0
    git(company.clone("alice"), "remote", "remove", "origin")
    for language in ("en", "zh"):
        said = at("sync", language=language)
        assert said.code == ExitCode.CONFIGURATION
        assert "git remote add origin" in said.err
