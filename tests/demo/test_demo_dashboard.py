"""The page for Monday on a company with a year of business: one screen, one sheet, nothing cut."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from crmctl import i18n
from crmctl.demo.build import Built
from crmctl.demo.surroundings import acting
from crmctl.ledger.ledger import Ledger
from crmctl.report.catalogue import find_report
from crmctl.report.fill import fill
from crmctl.report.html import to_html
from crmctl.report.question import Asked
from tests.browser.chromium import PROGRAM, chromium
from tests.demo.conftest import NOW

SUPERVISOR = "lu"
TOO_BROAD = (
    "[...document.querySelectorAll('.board section > .scroll')].some((one) => one.scrollWidth > one.clientWidth)"
)
CUT = "[...document.querySelectorAll('svg.chart text')].some((one) => one.textContent.endsWith('…'))"


@pytest.mark.slow
@pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium here")
def test_a_full_dashboard_stands_on_one_screen_and_one_sheet(company: Built, tmp_path: Path) -> None:
    before, pages = (i18n._language, i18n._translations), {}
    office = next(iter(company.copies.values()))
    with acting(company.home, datetime.fromisoformat(NOW), SUPERVISOR):
        ledger = Ledger(office, home=company.home)
        for language in ("en", "zh_CN"):
            i18n.set_language(language)
            filled = fill(ledger, find_report(ledger, "dashboard"), Asked(department="east"))
            pages[language] = tmp_path / f"{language}.html"
            pages[language].write_text(to_html(filled), "utf-8")
        ledger.repo.close()
    i18n._language, i18n._translations = before
    with chromium(tmp_path / "profile") as browser:
        for page in pages.values():
            browser.look(width=1440, height=900)
            browser.open(page)
            assert browser.ask("document.querySelectorAll('.board section').length") > 10
            assert browser.ask("document.documentElement.scrollHeight") <= 900
            assert not browser.ask(TOO_BROAD)
            assert not browser.ask(CUT)
            assert len(re.findall(rb"/Type /Page\b(?!s)", browser.pdf())) == 1
