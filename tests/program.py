"""The real program in a process of its own, as a person starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.company import NOW

ROOT = Path(__file__).resolve().parents[1]


def surroundings(home: Path, **more: str) -> dict[str, str]:
    """The environment: that home, English, the tests' clock; none of Git's or this machine's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "CRMCTL_", "LC_"))}
    ours = {"PYTHONPATH": str(ROOT), "CRMCTL_HOME": str(home), "CRMCTL_LANG": "en", "CRMCTL_NOW": NOW}
    return {**kept, **ours, "GIT_CONFIG_NOSYSTEM": "1", "PYTHONUTF8": "1", **more}


def command(*words: str) -> list[str]:
    """The command line of `crmctl WORDS…`."""
    return [sys.executable, "-m", "crmctl", *words]


def run(
    folder: Path, home: Path, *words: str, env: dict[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """What `crmctl WORDS…` answers in a folder, with no terminal about."""
    settings: dict[str, Any] = {"stdin": subprocess.DEVNULL, "timeout": 120} | options
    return subprocess.run(
        command(*words), cwd=folder, env=surroundings(home, **(env or {})),
        capture_output=True, encoding="utf-8", check=False, **settings,
    )  # fmt: skip


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    """The data of a `--json` document of a command that must have gone well."""
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)["data"]


def setting(**values: str) -> list[str]:
    """`--set name=value …`."""
    return [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
