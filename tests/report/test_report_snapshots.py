"""What people read, word for word, in both languages; ids, keys and commits differ by run and are masked."""

from __future__ import annotations

import re

import pytest
from syrupy.assertion import SnapshotAssertion

from crmctl.cli.out import Out
from crmctl.cli.report_on_screen import on_screen
from crmctl.i18n import set_language
from crmctl.report.filled import Filled
from crmctl.report.html import to_html
from crmctl.report.markdown import to_markdown
from tests.report.conftest import Draw

ASKED: dict[str, dict[str, str]] = {
    "customers": {"department": "all"},
    "card": {"customer": "Northern Hospital"},
    "sales": {"department": "east", "period": "2026Q1"},
    "complaints": {},
    "staff": {"department": "east", "period": "2026"},
    "loyalty": {"department": "east", "period": "2026"},
    "complaint-form": {"customer": "Northern Hospital"},
    "stage-review-form": {"customer": "Northern Hospital"},
}


def masked(text: str, filled: Filled) -> str:
    """`text` without what is different in every ledger."""
    text = text.replace(filled.commit[:10], "COMMIT")
    return re.sub(r"\b([CK])-[0-9A-Z]{8,10}\b", r"\1-ID", text)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", sorted(ASKED))
def test_terminal_and_markdown(
    draw: Draw, name: str, language: str, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]
) -> None:
    set_language(language)
    filled = draw(name, **ASKED[name])
    on_screen(filled, Out())
    assert masked(capsys.readouterr().out, filled) == snapshot(name="terminal")
    assert masked(to_markdown(filled), filled) == snapshot(name="markdown")


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", ["customers", "card"])
def test_page(draw: Draw, name: str, language: str, snapshot: SnapshotAssertion) -> None:
    set_language(language)
    filled = draw(name, **ASKED[name])
    body = to_html(filled).partition("<body")[2].partition("<script>")[0]
    assert masked(body, filled) == snapshot
