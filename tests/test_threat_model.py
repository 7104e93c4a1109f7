"""docs/threat-model.md leaves nothing out in silence: every attack's module, every alarm, and no test that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from crmctl.trust.words import WORDS

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
DEFENDED = TEXT.split("## What is defended")[1].split("## What is not defended")[0]


def codes() -> set[str]:
    """Every code the text names, `TRU060 to TRU062` spelt out."""
    found = set(re.findall(r"[A-Z]{3}\d{3}", DEFENDED))
    for first, last in re.findall(r"TRU(\d{3}) to TRU(\d{3})", DEFENDED):
        found |= {f"TRU{number:03d}" for number in range(int(first), int(last) + 1)}
    return found


def test_every_test_it_names_is_there() -> None:
    named = set(re.findall(r"`((?:tests/[a-z_/]*)?test_[a-z_]+\.py)`", TEXT))
    there = {path.name: path for path in (ROOT / "tests").rglob("test_*.py")}
    assert named
    assert {name for name in named if not ((ROOT / name).is_file() or ("/" not in name and name in there))} == set()


def test_every_attack_s_module_is_named() -> None:
    modules = {path.name for path in (ROOT / "tests" / "attacks").glob("test_*.py")}
    assert {name for name in modules if name not in TEXT} == set()


def test_every_alarm_is_named() -> None:
    assert set(WORDS) - codes() == set()
