"""What starting costs: which modules a command line loads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crmctl.cli.app import COMMANDS
from crmctl.cli.lazy import Family

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"rich", "pydantic", "git", "jinja2", "yaml", "cryptography", "pyrage", "sqlite3", "xlsxwriter", "stdnum"}


def loaded(*arguments: str, **env: str) -> set[str]:
    """Modules in the process when `crmctl ARGUMENTS` ends."""
    script = (
        "import sys, atexit\n"
        "sys.argv = ['crmctl', *sys.argv[1:]]\n"
        "atexit.register(lambda: print('\\n'.join(['LOADED', *sys.modules]), file=sys.stderr))\n"
        "from crmctl.__main__ import run\nrun()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True, encoding="utf-8", check=False, env={**os.environ, "PYTHONPATH": str(ROOT), **env},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(done.stderr.partition("LOADED\n")[2].split())


def test_version_loads_nothing() -> None:
    modules = loaded("--version")
    assert not modules & (HEAVY | {"typer", "gettext", "dataclasses", "crmctl.i18n", "crmctl.cli.app"})


@pytest.mark.parametrize("arguments", [("--help",), ("help", "exit-codes"), ()])
def test_help_loads_no_heavy_library(arguments: tuple[str, ...]) -> None:
    assert not loaded(*arguments) & HEAVY


def test_help_imports_no_command() -> None:
    commands = {name for name in loaded("--help") if name.startswith("crmctl.cli.commands")}
    assert commands == set()


def test_a_command_imports_only_its_own_module() -> None:
    commands = {name for name in loaded("help", "words") if name.startswith("crmctl.cli.commands.")}
    assert commands == {"crmctl.cli.commands.help"}


def test_completion_imports_no_command() -> None:
    modules = loaded("--help", _CRMCTL_COMPLETE="complete_bash", COMP_WORDS="crmctl ", COMP_CWORD="1")
    assert not {name for name in modules if name.startswith("crmctl.cli.commands")}


def test_every_command_of_the_table_can_be_built() -> None:
    from crmctl.cli.lazy import build

    for name, entry in COMMANDS.items():
        for inner_name, inner in entry.commands.items() if isinstance(entry, Family) else ((name, entry),):
            assert build(inner_name, inner).name == inner_name
