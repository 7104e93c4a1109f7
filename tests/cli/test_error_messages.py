"""Every error a person meets, word for word in both languages, with its exit code; the ledger stays as it was.

One small file a case under `tests/errors/`:

    # what it is about
    < name                  a file made beforehand in {folder}, its lines follow
    @ path                  a set-up file written over by hand and committed, its lines follow
    ~ path: old => new      a set-up file changed by hand and committed
    ! preparation           a function below
    $ arguments             the command; {customer}, {visit} … are filled in
    >2 en                   what stderr says, in English and Chinese
    >2 zh_CN
    >= 5                    the exit code

`UPDATE_ERRORS=1 pytest tests/cli/test_error_messages.py` writes anew what the program says; read the difference.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crmctl import i18n
from crmctl.cli.boundary import main
from crmctl.ledger.keys.identity import protect
from tests.company import CARD, NOW, VISIT, Company, git

CASES = sorted((Path(__file__).parents[1] / "errors").glob("*.txt"))
LANGUAGES = ("en", "zh_CN")
UPDATE = bool(os.environ.get("UPDATE_ERRORS"))


@dataclass
class Case:
    """One file of tests/errors."""

    about: list[str] = field(default_factory=list)
    files: dict[str, list[str]] = field(default_factory=dict)
    written: dict[str, list[str]] = field(default_factory=dict)
    changed: list[tuple[str, str, str]] = field(default_factory=list)
    prepared: list[str] = field(default_factory=list)
    command: str = ""
    said: dict[str, list[str]] = field(default_factory=dict)
    code: int = -1


def read_case(path: Path) -> Case:
    case = Case()
    block: list[str] | None = None
    for line in path.read_text(encoding="utf-8").splitlines():
        mark, _blank, rest = line.partition(" ")
        blocks = {"<": case.files, "@": case.written, ">2": case.said}
        if mark in blocks:
            block = blocks[mark].setdefault(rest, [])
        elif mark in {"~", "!", "$", ">="} or (mark == "#" and block is None):
            block = None
            note(case, mark, rest)
        elif block is not None:
            block.append(line)
    return case


def note(case: Case, mark: str, rest: str) -> None:
    if mark == "#":
        case.about.append(rest)
    elif mark == "~":
        file, _colon, words = rest.partition(": ")
        old, _arrow, new = words.partition(" => ")
        case.changed.append((file, old, new))
    elif mark == "!":
        case.prepared.append(rest)
    elif mark == "$":
        case.command = rest
    else:
        case.code = int(rest)


@dataclass(frozen=True)
class Place:
    """A ledger with something in it, a folder for files, and the words a case may use."""

    company: Company
    folder: Path
    words: dict[str, str]

    def filled(self, text: str) -> str:
        for word, value in self.words.items():
            text = text.replace("{" + word + "}", value)
        return text

    def told(self, text: str) -> str:
        for word, value in sorted(self.words.items(), key=lambda item: -len(item[1])):
            text = text.replace(value, "{" + word + "}")
        return text


def furnish(company: Company, folder: Path) -> Place:
    customer = company.customer(phone="13800138000")
    other = company.customer(name="Northern Clinic")
    visit = company.add("visit", VISIT, customer=customer).id
    plan = company.add("day_plan", {"on": "2026-11-23"}, department="east").id
    company.sync("alice")
    words = {"customer": customer, "other": other, "visit": visit, "plan": plan, "folder": str(folder)}
    # ids are given by chance, and lists are in their order
    words["first"], words["second"] = sorted([f"{customer} {CARD['name']}", f"{other} Northern Clinic"])
    words |= {"dossier": f"customers/{customer[2:4].lower()}/{customer}"}
    words |= {"clone": str(company.clone("alice")), "home": str(company.home), "root": str(company.path)}
    return Place(company, folder, words)


@pytest.fixture(scope="module")
def shared(founded: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One place for all cases: none of them may change the ledger."""
    path = tmp_path_factory.mktemp("errors")
    company = founded.copy(path / "company")
    (path / "files").mkdir()
    os.environ["CRMCTL_NOW"] = NOW
    try:
        yield furnish(company, path / "files")
    finally:
        del os.environ["CRMCTL_NOW"]


def copied(shared: Place, folder: Path) -> Place:
    """A copy of the place that a case may change beforehand."""
    company = shared.company.copy(folder / "company")
    (folder / "files").mkdir()
    words = {"folder": str(folder / "files"), "clone": str(company.clone("alice")), "home": str(company.home)}
    return Place(company, folder / "files", {**shared.words, **words, "root": str(company.path)})


# Preparations


def gbk(place: Place) -> None:
    (place.folder / "gbk.yaml").write_bytes("topic: 介绍产品\n".encode("gbk"))


def large(place: Place) -> None:
    with (place.folder / "large.pdf").open("wb") as file:
        file.truncate(10 * 2**20 + 1)


def locked(place: Place) -> None:
    protect(place.company.home, "alice", "a passphrase")


def no_keys(place: Place) -> None:
    shutil.rmtree(place.company.home / "identities")


def open_keys(place: Place) -> None:
    (place.company.home / "identities/alice/identity.txt").chmod(0o644)


def somebody_else(place: Place) -> None:
    (place.company.clone("alice") / ".git/crmctl/member").write_text("dora\n")


def damaged_dossier(place: Place) -> None:
    clone = place.company.clone("alice")
    path = place.filled("{dossier}/dossier.yaml")
    git(clone, "update-index", "--add", "--cacheinfo", f"100644,{blob(clone, 'schema: [')},{path}")
    git(clone, "commit", "-q", "-m", "by hand")


def damaged_record(place: Place) -> None:
    clone = place.company.clone("alice")
    path = place.filled("{dossier}/east/sales/visits/{visit}.yaml.age")
    git(clone, "update-index", "--add", "--cacheinfo", f"100644,{blob(clone, 'not sealed')},{path}")
    git(clone, "commit", "-q", "-m", "by hand")


def blob(clone: Path, content: str) -> str:
    (clone.parent / "content").write_text(content)
    return git(clone, "hash-object", "-w", "../content").strip()


PREPARATIONS: dict[str, Callable[[Place], None]] = {
    one.__name__: one
    for one in (gbk, large, locked, no_keys, open_keys, somebody_else, damaged_dossier, damaged_record)
}
IN_PLACE = {"gbk", "large"}


def prepare(case: Case, place: Place) -> None:
    clone = place.company.clone("alice")
    for name, lines in case.files.items():
        (place.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in case.prepared:
        PREPARATIONS[name](place)
    for path, lines in case.written.items():
        (clone / path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    for path, old, new in case.changed:
        content = (clone / path).read_text(encoding="utf-8")
        assert old in content, (path, old)
        (clone / path).write_text(content.replace(old, new, 1), encoding="utf-8")
    if case.written or case.changed:
        git(clone, "commit", "-q", "-am", "by hand")


def state(place: Place) -> dict[str, object]:
    """Everything a failed command must leave alone: all branches, the index, the work tree."""
    clone = place.company.clone("alice")
    tree = {str(path): path.read_bytes() for path in clone.rglob("*") if path.is_file() and ".git" not in path.parts}
    return {
        "refs": git(clone, "for-each-ref"), "index": git(clone, "ls-files", "-s", "-t"), "tree": tree,
        "server": git(place.company.path / "server.git", "for-each-ref"),
    }  # fmt: skip


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_said(
    path: Path, shared: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = read_case(path)
    changes = case.written or case.changed or set(case.prepared) - IN_PLACE
    place = copied(shared, tmp_path) if changes else shared
    prepare(case, place)
    before = state(place)
    monkeypatch.setenv("CRMCTL_HOME", str(place.company.home))
    monkeypatch.setenv("CRMCTL_NOW", NOW)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(place.company.clone("alice"))
    said, codes = {}, set()
    for language in LANGUAGES:
        monkeypatch.setenv("CRMCTL_LANG", language)
        codes.add(main([place.filled(word) for word in shlex.split(case.command)]))
        said[language] = place.told(capsys.readouterr().err).rstrip().splitlines()
    i18n.set_language("en")
    if UPDATE:
        write_case(path, said, codes)
        pytest.skip("written anew; read the difference")
    assert state(place) == before
    assert (said, codes) == ({name: case.said[name] for name in LANGUAGES}, {case.code})


def write_case(path: Path, said: dict[str, list[str]], codes: set[int]) -> None:
    (code,) = codes
    kept = path.read_text(encoding="utf-8").split("\n>2 ")[0].rstrip("\n")
    blocks = [f">2 {name}\n" + "\n".join(lines) for name, lines in said.items()]
    path.write_text("\n".join([kept, *blocks, f">= {code}"]) + "\n", encoding="utf-8")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_error_says_what_to_do_and_is_in_both_languages(path: Path) -> None:
    case = read_case(path)
    assert case.about
    assert 1 <= case.code <= 11
    assert set(case.said) == set(LANGUAGES)
    for name, mark in (("en", "Next: "), ("zh_CN", "下一步：")):
        lines = case.said[name]
        assert any(line.startswith(mark) for line in lines) or any(line.startswith("  ") for line in lines), lines
    assert any("\u4e00" <= letter <= "\u9fff" for line in case.said["zh_CN"] for letter in line)
    assert not any("\u4e00" <= letter <= "\u9fff" for line in case.said["en"] for letter in line)


def test_no_error_repeats_what_a_record_says() -> None:
    for path in CASES:
        text = "\n".join(line for lines in read_case(path).said.values() for line in lines)
        assert "13800138000" not in text
        assert str(CARD["obtained_at"]) not in text
