"""How the house is laid out: direction of imports, one owner of each risky library, small modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CEILING = 400

# library -> the only places that may import it (files, or folders with a slash at the end); docs/architecture.md
OWNERS: dict[str, tuple[str, ...]] = {
    "yaml": ("ledger/disk/yamlio.py",),
    "pyrage": ("ledger/keys/seal.py",),
    "cryptography": ("ledger/keys/sshsig.py",),
    "git": ("ledger/git/remote.py",),
    "subprocess": (
        "ledger/git/repository.py",
        "ledger/git/remote.py",
        "ledger/keys/agent.py",
        "cli/editor.py",
        "cron/crontab.py",
    ),
    "sqlite3": ("ledger/snapshot/",),
    "jinja2": ("report/page.py",),
    "pydantic": ("model/validate.py",),
    "pydantic_core": ("model/validate.py",),
    "rich": ("cli/table.py",),
    "python_calamine": ("exchange/sheet_read.py",),
    "xlsxwriter": ("exchange/sheet_write.py", "report/workbook.py"),
    "fpdf": ("report/sheet.py",),
    "fontTools": ("report/fonts.py",),
    "docx": ("report/plain_letter.py",),
    "docxtpl": ("report/letter.py",),
    "lxml": ("report/letter.py",),
    "openpyxl": (),
    "click": (),
    "typer": ("cli/",),
    "pickle": (),
}
# these cost tens of milliseconds: inside functions everywhere, also at their owner's
HEAVY = {
    "pydantic",
    "pydantic_core",
    "git",
    "rich",
    "xlsxwriter",
    "fpdf",
    "fontTools",
    "docx",
    "docxtpl",
    "lxml",
    "phonenumbers",
    "stdnum",
    "email_validator",
    "chinese_calendar",
    "rapidfuzz",
    "opencc",
    "pypinyin",
}
# the owner may have it at the top: it is itself imported only where the library is needed
AT_THE_TOP = {"yaml", "pyrage", "cryptography", "jinja2", "python_calamine", "sqlite3", "subprocess"}

PURE_LAYERS: dict[str, tuple[str, ...]] = {
    "model": ("crmctl.model",),
    "policy": ("crmctl.model", "crmctl.policy"),
    "rules": ("crmctl.model", "crmctl.policy", "crmctl.rules"),
}
# folders of crmctl/ledger, each resting only on those before it; "" are the modules beside the folders
LEDGER_FOLDERS = (
    "disk", "git", "keys", "", "snapshot", "reading", "changing", "setup", "waiting", "meeting", "affairs", "checking",
)  # fmt: skip
PURE_COMMON = ("crmctl.errors", "crmctl.i18n")
# checksums and calendars: values in, values out
PURE_LIBRARIES = {"stdnum", "phonenumbers", "email_validator", "chinese_calendar", "opencc", "pypinyin", "rapidfuzz"}
# no clock, file, Git, key, connection or print
IMPURE = {
    "asyncio", "builtins", "ctypes", "fcntl", "getpass", "glob", "http", "io", "logging", "mmap", "multiprocessing",
    "os", "pathlib", "random", "select", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys",
    "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
PURE_MODULES = {"urllib.parse"}  # takes text apart, opens nothing
IMPURE_CALLS = {"open", "print", "input", "eval", "exec", "compile", "__import__", "breakpoint"}
CLOCK_METHODS = {"now", "today", "utcnow"}


@dataclass(frozen=True)
class Import:
    """One import statement: who, what, where, and whether at module level."""

    file: str
    target: str
    line: int
    top: bool

    @property
    def library(self) -> str:
        return self.target.split(".")[0]

    def __str__(self) -> str:
        return f"crmctl/{self.file}:{self.line} imports {self.target}"


@cache
def modules() -> dict[str, ast.Module]:
    """Path below crmctl/ -> its syntax tree."""
    package = ROOT / "crmctl"
    return {
        path.relative_to(package).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(package.rglob("*.py"))
        if "_data" not in path.parts
    }


def imports_of(file: str, tree: ast.Module) -> Iterator[Import]:
    """Imports that happen when the code runs; those for type checkers only are nobody's business."""
    pending: list[tuple[ast.AST, bool]] = [(node, True) for node in tree.body]
    while pending:
        node, top = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            pending += [(child, top) for child in node.orelse]
        elif isinstance(node, ast.Import):
            yield from (Import(file, alias.name, node.lineno, top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            below = [f"{module}.{alias.name}" for alias in node.names]
            names = below if module == "crmctl" else [module, *(name for name in below if is_module(name))]
            yield from (Import(file, name, node.lineno, top) for name in names)
        else:
            inner = top and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            pending += [(child, inner) for child in ast.iter_child_nodes(node)]


@cache
def is_module(name: str) -> bool:
    """Whether a dotted name is a module of ours, and not something in one."""
    return name.startswith("crmctl.") and (ROOT / f"{name.replace('.', '/')}.py").is_file()


@cache
def all_imports() -> tuple[Import, ...]:
    return tuple(entry for file, tree in modules().items() for entry in imports_of(file, tree))


def layer(file: str) -> str:
    return file.partition("/")[0] if "/" in file else ""


def within(target: str, roots: tuple[str, ...]) -> bool:
    return any(target == root or target.startswith(f"{root}.") for root in roots)


def test_the_walk_sees_both_kinds_of_import() -> None:
    tree = ast.parse(
        "import yaml\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import git\n"
        "def f():\n    from rich.table import Table\nclass C:\n    import jinja2\n"
    )
    found = {(entry.library, entry.top) for entry in imports_of("x.py", tree)}
    assert found == {("yaml", True), ("typing", True), ("rich", False), ("jinja2", True)}


@pytest.mark.parametrize("name", sorted(PURE_LAYERS))
def test_pure_layers_import_only_what_is_below_them(name: str) -> None:
    allowed = (*PURE_LAYERS[name], *PURE_COMMON)
    wrong = [
        str(entry)
        for entry in all_imports()
        if layer(entry.file) == name and entry.library == "crmctl" and not within(entry.target, allowed)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", sorted(PURE_LAYERS))
def test_pure_layers_know_no_clock_file_or_connection(name: str) -> None:
    import sys

    wrong = []
    for entry in all_imports():
        if layer(entry.file) != name or entry.library == "crmctl":
            continue
        owner = entry.file in OWNERS.get(entry.library, ())
        pure = (
            entry.library in PURE_LIBRARIES
            or entry.target in PURE_MODULES
            or (entry.library in sys.stdlib_module_names and entry.library not in IMPURE)
        )
        if not (owner or pure):
            wrong.append(str(entry))
    assert wrong == []


@pytest.mark.parametrize("name", sorted(PURE_LAYERS))
def test_pure_layers_call_nothing_impure(name: str) -> None:
    wrong = []
    for file, tree in modules().items():
        if layer(file) != name:
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
                wrong.append(f"crmctl/{file}:{node.lineno} calls {node.func.id}")
            if (
                isinstance(node.func, ast.Attribute)
                and node.func.attr in CLOCK_METHODS
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in {"date", "datetime"}
            ):
                wrong.append(f"crmctl/{file}:{node.lineno} reads the clock")
    assert wrong == []


def ledger_folder(module: str) -> str:
    """The folder of crmctl/ledger a dotted module lies in; "" for those beside the folders."""
    first = module.removeprefix("crmctl.ledger.").split(".")[0]
    return first if first in LEDGER_FOLDERS else ""


def test_each_folder_of_the_ledger_rests_on_those_before_it() -> None:
    rank = {name: number for number, name in enumerate(LEDGER_FOLDERS)}
    wrong = [
        str(entry)
        for entry in all_imports()
        if layer(entry.file) == "ledger"
        and entry.target.startswith("crmctl.ledger.")
        and rank[ledger_folder(entry.target)] > rank[ledger_folder(f"crmctl.{entry.file.replace('/', '.')}")]
    ]
    assert wrong == []


def test_every_folder_of_the_ledger_has_its_rank() -> None:
    folders = {file.split("/")[1] for file in modules() if file.startswith("ledger/") and file.count("/") > 1}
    assert folders == set(LEDGER_FOLDERS) - {""}


def test_no_module_reaches_itself_again() -> None:
    """Imports inside functions count: a circle put off until it runs is a circle."""
    left = {f"crmctl.{file.removesuffix('.py').replace('/', '.')}": set[str]() for file in modules()}
    for entry in all_imports():
        left[f"crmctl.{entry.file.removesuffix('.py').replace('/', '.')}"] |= {entry.target} & left.keys()
    while free := [name for name, targets in left.items() if not targets & left.keys()]:
        for name in free:
            del left[name]
    assert left == {}


def test_nothing_but_the_way_in_imports_the_command_line() -> None:
    wrong = [
        str(entry)
        for entry in all_imports()
        if within(entry.target, ("crmctl.cli",)) and layer(entry.file) != "cli" and entry.file != "__main__.py"
    ]
    assert wrong == []


def test_each_risky_library_has_one_owner() -> None:
    wrong = [
        f"{entry}; its owner is {' or '.join(OWNERS[entry.library]) or 'nobody'}"
        for entry in all_imports()
        if entry.library in OWNERS and not owned(entry)
    ]
    assert wrong == []


def owned(entry: Import) -> bool:
    return any(
        entry.file == owner or (owner.endswith("/") and entry.file.startswith(owner)) for owner in OWNERS[entry.library]
    )


def test_heavy_libraries_are_imported_inside_functions() -> None:
    wrong = [str(entry) for entry in all_imports() if entry.top and entry.library in HEAVY]
    assert wrong == []


def test_every_owned_library_is_heavy_or_may_be_at_the_top() -> None:
    undecided = {name for name, owners in OWNERS.items() if owners} - HEAVY - AT_THE_TOP - {"typer"}
    assert undecided == set()


def test_command_modules_are_reached_through_the_table_only() -> None:
    wrong = [
        str(entry)
        for entry in all_imports()
        if within(entry.target, ("crmctl.cli.commands",)) and not entry.file.startswith("cli/commands/")
    ]
    assert wrong == []


def test_imports_are_absolute() -> None:
    wrong = [
        f"crmctl/{file}:{node.lineno}"
        for file, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert wrong == []


def test_modules_stay_small() -> None:
    large = {
        path.relative_to(ROOT).as_posix(): lines
        for path in (ROOT / "crmctl").rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > CEILING
    }
    assert large == {}


def test_every_module_says_what_it_is() -> None:
    silent = [file for file, tree in modules().items() if tree.body and not ast.get_docstring(tree)]
    assert silent == []
