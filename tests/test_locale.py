"""The Chinese catalogue says everything the code says, and nothing else."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from crmctl.i18n import LOCALE_DIR

ROOT = Path(__file__).resolve().parent.parent


def load_translate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translate", ROOT / "tools" / "translate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


translate = load_translate()
PO = LOCALE_DIR / "zh_CN" / "LC_MESSAGES" / "crmctl.po"


@cache
def used() -> dict[str, str]:
    return translate.used_ids(ROOT)  # type: ignore[no-any-return]


def test_everything_is_translated_with_the_same_placeholders() -> None:
    assert translate.missing(translate.read_entries(PO), used()) == []


def test_nothing_is_translated_that_no_code_says() -> None:
    assert translate.stale(translate.read_entries(PO), used()) == []


def test_compiled_catalogue_is_fresh() -> None:
    assert translate.read_compiled(PO.with_suffix(".mo")) == translate.read_entries(PO)


def test_ids_are_found_in_every_marked_call() -> None:
    source = (
        "_('one ' 'sentence')\nN_('later')\nFinding('CRM1', 'bad {x}', hint='do')\n"
        "_('a' if many else 'b')\n_(variable)\nother('not this')\n"
    )
    found = {text for text, _line in translate.python_ids(source)}
    assert found == {"one sentence", "later", "bad {x}", "do", "a", "b"}


def test_missing_names_place_and_differing_placeholders() -> None:
    used = {"Hello {name}": "a.py:1", "Bye": "a.py:2"}
    lines = translate.missing({"Hello {name}": "你好 {nam}"}, used)
    assert len(lines) == 2
    assert lines[0].startswith("a.py:1: other placeholders")
    assert lines[1].startswith("a.py:2: no Chinese")


def test_add_writes_both_files_and_refuses_other_placeholders(tmp_path: Path) -> None:
    po = tmp_path / "crmctl.po"
    translate.add(po, {"Hello {name}": "你好 {name}"})
    translate.add(po, {"Bye": "再见", "Hello {name}": "您好 {name}"})
    expected = {"Hello {name}": "您好 {name}", "Bye": "再见"}
    assert translate.read_entries(po) == expected
    assert translate.read_compiled(po.with_suffix(".mo")) == expected
    with pytest.raises(SystemExit):
        translate.add(po, {"Two {a}": "二 {b}"})
    assert translate.read_entries(po) == expected
    assert not po.with_suffix(".lock").exists()


def test_equal_entries_give_equal_bytes(tmp_path: Path) -> None:
    translate.add(tmp_path / "a.po", {"One": "一", "Two": "二"})
    translate.add(tmp_path / "b.po", {"Two": "二"})
    translate.add(tmp_path / "b.po", {"One": "一"})
    assert (tmp_path / "a.po").read_bytes() == (tmp_path / "b.po").read_bytes()
    assert (tmp_path / "a.mo").read_bytes() == (tmp_path / "b.mo").read_bytes()


def test_tsv_lines(tmp_path: Path) -> None:
    path = tmp_path / "words.tsv"
    path.write_text("# mine\n\nOne\t一\nTwo\\nlines\t两\\n行\n", encoding="utf-8")
    assert translate.read_tsv(path) == {"One": "一", "Two\nlines": "两\n行"}


def test_a_sentence_ends_as_one_in_both_languages() -> None:
    entries = translate.read_entries(PO)
    ends = {text: said for text, said in entries.items() if text.endswith(".") and not text.endswith("..")}
    assert not [text for text, said in ends.items() if not said.endswith("。")]
    assert not [text for text, said in entries.items() if said.endswith("。") and text not in ends and "。" not in text]
