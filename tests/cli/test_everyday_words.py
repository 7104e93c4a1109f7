"""What a salesperson reads never speaks of Git, keys or file formats, in either language (DESIGN 7)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmctl import i18n
from crmctl.cli import app
from crmctl.cli.boundary import main
from crmctl.cli.lazy import Entry, Family
from tests.company import CARD, VISIT, Company

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import translate  # noqa: E402 - the tool knows which messages the program holds

EVERYDAY = (app.EVERY_DAY, app.RECORDS)
ENGLISH = re.compile(
    r"\b(branch(es)?|commit(s|ted|ting)?|merge[sd]?|merging|refs?|HEAD|keys?|keyring|recipients?|YAML|rebase|blobs?)\b"
)
CHINESE = re.compile("分支|提交|合并|密钥|钥匙|收件人|接收者|YAML|HEAD")
# what stands for a value, what a person types, and a library named in a fault of the installation
QUOTED = re.compile(r"\{\w*\}|`[^`]*`|crmctl (?:-C \S+ )?[a-z]+(?: [a-z]+)?|--[a-z-]+|PyYAML|libyaml|KEY=\S+")
# texts of these come up in everyday work; what only shows at set-up, care or administration is not here
MODULES = (
    "crmctl/cli/ask.py", "crmctl/cli/assignments.py", "crmctl/cli/boundary.py", "crmctl/cli/context.py",
    "crmctl/cli/editor.py", "crmctl/cli/options.py", "crmctl/cli/usage.py", "crmctl/cli/text.py",
    "crmctl/exchange/", "crmctl/ledger/disk/canonical.py", "crmctl/ledger/affairs/dealing.py", "crmctl/ledger/changing/draft.py",
    "crmctl/ledger/reading/due.py", "crmctl/ledger/affairs/day.py", "crmctl/ledger/reading/duplicates.py", "crmctl/ledger/changing/entry.py",
    "crmctl/ledger/reading/attached.py", "crmctl/ledger/reading/history.py", "crmctl/ledger/ledger.py", "crmctl/ledger/reading/listing.py",
    "crmctl/ledger/reading/lookup.py", "crmctl/ledger/reading/references.py", "crmctl/ledger/snapshot/", "crmctl/ledger/waiting/undo.py",
    "crmctl/ledger/changing/unique.py", "crmctl/ledger/changing/wrapping.py", "crmctl/ledger/disk/yamlio.py", "crmctl/model/",
    "crmctl/rules/",
)  # fmt: skip


def everyday_commands() -> Iterator[tuple[tuple[str, ...], Entry]]:
    """Every command of the everyday panels, those of their families too."""
    for name, entry in app.COMMANDS.items():
        if entry.panel in EVERYDAY:
            if isinstance(entry, Family):
                yield from (((name, inner), command) for inner, command in entry.commands.items())
            else:
                yield (name,), entry


def modules() -> tuple[str, ...]:
    own = {f"{entry.target.partition(':')[0].replace('.', '/')}.py" for _words, entry in everyday_commands()}
    return (*sorted(own), *MODULES)


def foul(text: str) -> list[str]:
    """The words a salesperson should not have to know."""
    bare = QUOTED.sub(" ", text)
    return [match[0] for pattern in (ENGLISH, CHINESE) for match in pattern.finditer(bare)]


@pytest.fixture(params=["en", "zh_CN"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    before = (i18n._language, i18n._translations)
    monkeypatch.setenv("CRMCTL_LANG", request.param)
    i18n.set_language(request.param)
    yield request.param
    i18n._language, i18n._translations = before


def test_the_words_are_found_where_they_stand() -> None:
    assert foul("Your commit is on a branch") == ["commit", "branch"]
    assert foul("请先提交到分支") == ["提交", "分支"]
    assert foul("crmctl key new, --keyless and {key} are no speech") == []
    assert len(list(everyday_commands())) > 15


@pytest.mark.parametrize("words", [words for words, _entry in everyday_commands()], ids=" ".join)
def test_help_pages(words: tuple[str, ...], language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--help"]) == 0
    page = capsys.readouterr().out
    assert page
    assert foul(page) == []


def test_every_text_of_everyday_modules() -> None:
    catalogue = translate.read_entries(ROOT / translate.CATALOGUE)
    wrong = []
    for text, places in translate.used_ids(ROOT).items():
        here = [
            place for place in ([places] if isinstance(places, str) else places) if str(place).startswith(modules())
        ]
        found = foul(text) + foul(catalogue.get(text, ""))
        if here and found:
            wrong.append((str(here[0]), text, found))
    assert wrong == []


def run(company: Company, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Everything the program prints for these words, and its exit code left aside."""
    capsys.readouterr()
    main(["-C", str(company.clone("alice")), *words])
    printed = capsys.readouterr()
    return printed.out + printed.err


def test_a_day_of_work(company: Company, language: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def settings(values: dict[str, str]) -> list[str]:
        return [word for name, value in values.items() for word in ("--set", f"{name}={value}")]

    broken = tmp_path / "broken.txt"
    broken.write_text("name: [a", "utf-8")
    sheet = tmp_path / "customers.csv"
    said = [
        run(company, capsys, "add", "customer", "--department", "east", *settings(CARD)),
        run(company, capsys, "add", "customer", "--department", "east", *settings(CARD)),
        run(company, capsys, "add", "customer", "--set", "nmae=x"),
        run(company, capsys, "add", "customer", "--from", str(broken)),
        run(company, capsys, "add", "visit", "-c", "Northern", "--department", "east", *settings(VISIT)),
        run(company, capsys, "add", "visti"),
        run(company, capsys, "update", "Northern", "--set", "phone=010-62770000"),
        run(company, capsys, "update", "Northern", "--set", "phone=12"),
        run(company, capsys, "advance", "Northern", "stored", "--department", "east"),
        run(company, capsys, "show", "Northern"),
        run(company, capsys, "show", "nobody"),
        run(company, capsys, "list", "visit"),
        run(company, capsys, "list", "customer", "--where", "nothing = 1"),
        run(company, capsys, "list", "customer", "--at", "never"),
        run(company, capsys, "log", "Northern"),
        run(company, capsys, "blame", "Northern"),
        run(company, capsys, "find", "Hospital"),
        run(company, capsys, "access", "Northern"),
        run(company, capsys, "due"),
        run(company, capsys, "confirm", "Northern", "--unchanged"),
        run(company, capsys, "sheet", "customer", str(sheet)),
        run(company, capsys, "import", "plan", str(sheet), "--kind", "customer"),
        run(company, capsys, "import", "apply"),
        run(company, capsys, "team", "Northern", "--add", "bob", "--department", "east"),
        run(company, capsys, "handover", "Northern", "--to", "nobody", "--reason", "x", "--department", "east"),
        run(company, capsys, "assign", "Northern", "--department", "west", "--owner", "bob"),
        run(company, capsys, "undo"),
        run(company, capsys, "sync"),
    ]
    assert all(said)
    assert "C-" in said[0]
    assert "V-" in said[4]
    assert [(text, foul(text)) for text in said if foul(text)] == []


def test_who_is_locked_out_or_not_set_up(
    company: Company, language: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CRMCTL_HOME", str(tmp_path / "empty"))
    told = run(company, capsys, "list", "customer")
    assert "alice" in told
    assert foul(told) == []
