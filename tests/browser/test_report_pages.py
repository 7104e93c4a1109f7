"""The pages in a browser: nothing fetched, nothing complained of, sorting and searching work, prints whole."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmctl import i18n
from crmctl.ledger.changing.draft import Origin
from crmctl.report.catalogue import find_report
from crmctl.report.fill import fill
from crmctl.report.html import to_html
from crmctl.report.question import Asked
from tests.browser.chromium import PROGRAM, Chromium, chromium
from tests.company import CARD, Company

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium here")]

HOSTILE = '=HYPERLINK("http://x","<b>[red]")</script><script>alert(1)</script><img src=x onerror=alert(1)>'
NAMES = ["Eta", "beta 10", "beta 9", "阿尔法", HOSTILE, "Zeta", "Iota", "Kappa", "Lambda", "My"]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture
def pages(company: Company, tmp_path: Path) -> Iterator[dict[str, Path]]:
    """Pages in both languages: the customer list, sales, a card, the dashboard."""
    draft = company.draft()
    for number, name in enumerate(NAMES):
        kept = draft.new_customer({**CARD, "name": name}, "east" if number % 3 else "west", "alice", Origin())
        for month in range(number % 4):
            values = {"date": f"2026-{month + 1:02d}-05", "product": "x", "amount": f"{(number * 977) % 50}.50"}
            department = "east" if number % 3 else "west"
            draft.new_record(draft.kind("transaction"), kept.record.dossier, department, values)
    draft.commit("import")
    before = (i18n._language, i18n._translations)
    made: dict[str, Path] = {}
    for language in ("en", "zh_CN"):
        i18n.set_language(language)
        for name, asked in (("customers", Asked()), ("sales", Asked()), ("card", Asked(customer="Eta")),
                            ("dashboard", Asked()), ("staff", Asked(period="2026")), ("value", Asked(period="2026")),
                            ("new-customer-form", Asked(customer="Eta"))):  # fmt: skip
            ledger = company.ledger()
            made[f"{name}-{language}"] = tmp_path / f"{name}-{language}.html"
            made[f"{name}-{language}"].write_text(to_html(fill(ledger, find_report(ledger, name), asked)), "utf-8")
    yield made
    i18n._language, i18n._translations = before


def names(browser: Chromium) -> list[str]:
    """The second column of the rows that show."""
    found = browser.ask(
        "[...document.querySelectorAll('tbody tr:not([class])')].filter((r) => !r.hidden).map((r) => r.cells[1].textContent)"
    )
    assert isinstance(found, list)
    return found


def click(browser: Chromium, column: int, table: int = 0) -> None:
    """Press a column's heading."""
    browser.ask(
        f"document.querySelectorAll('table')[{table}].tHead.rows[0].cells[{column}].querySelector('button').click()"
    )


def search(browser: Chromium, words: str) -> str:
    """Type into the first search box; what its counter says."""
    browser.ask(
        f"(() => {{ const box = document.querySelector('.tools input'); box.value = {words!r};"
        " box.dispatchEvent(new Event('input')); })()"
    )
    return str(browser.ask("document.querySelector('.tools output').value"))


@pytest.mark.parametrize("dark", [False, True])
def test_every_page_is_quiet_and_asks_for_nothing(browser: Chromium, pages: dict[str, Path], dark: bool) -> None:
    browser.look(dark=dark)
    for page in pages.values():
        browser.open(page)
        assert browser.complaints() == []
        assert browser.requests() == [page.as_uri()]
        assert browser.ask("document.querySelectorAll('[src],link,img,iframe,object').length") == 0
        assert browser.ask("[...document.styleSheets].every((sheet) => sheet.href === null)")


def test_the_policy_stops_what_a_page_might_try(browser: Chromium, pages: dict[str, Path]) -> None:
    browser.open(pages["customers-en"])
    browser.ask("(() => { const i = new Image(); i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i); })()")
    browser.ask(
        "(() => { const s = document.createElement('script'); s.text = 'window.ran = 1'; document.body.append(s); })()"
    )
    browser.ask("new Promise((done) => setTimeout(done, 50))")
    assert browser.ask("window.ran === undefined")
    assert sum("Content Security Policy" in text for text in browser.complaints()) >= 2


def test_light_and_dark_differ_and_the_language_is_told(browser: Chromium, pages: dict[str, Path]) -> None:
    grounds = []
    for dark in (False, True):
        browser.look(dark=dark)
        browser.open(pages["customers-zh_CN"])
        grounds.append(browser.ask("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(22, 27, 33)"]
    assert browser.ask("document.documentElement.lang") == "zh-CN"
    assert "Noto Sans CJK SC" in browser.ask("getComputedStyle(document.body).fontFamily")


def test_a_hostile_name_is_text(browser: Chromium, pages: dict[str, Path]) -> None:
    browser.open(pages["customers-en"])
    assert HOSTILE in names(browser)
    assert browser.ask("document.querySelectorAll('b, img, td script').length") == 0


def test_a_column_sorts_up_and_down_within_its_section(browser: Chromium, pages: dict[str, Path]) -> None:
    browser.open(pages["customers-en"])
    before = names(browser)
    click(browser, 1)
    up = names(browser)
    assert sorted(up) == sorted(before)
    east = [name for name in up if NAMES.index(name) % 3]
    assert up[: len(east)] == east  # the sections stay
    assert east.index("beta 9") < east.index("beta 10") < east.index("Kappa") < east.index("Lambda")
    click(browser, 1)
    assert names(browser)[: len(east)] == east[::-1]
    assert browser.ask("document.querySelector('[aria-sort]').textContent") == "Name"


def test_amounts_sort_as_numbers(browser: Chromium, pages: dict[str, Path]) -> None:
    browser.open(pages["sales-en"])
    amounts = "[...document.querySelectorAll('table')[1].tBodies[0].rows].map((r) => Number(r.cells[4].dataset.v))"
    click(browser, 4, table=1)
    found = browser.ask(amounts)
    assert found == sorted(found)
    assert len(set(found)) > 3
    click(browser, 4, table=1)
    assert browser.ask(amounts) == sorted(found, reverse=True)


def test_searching_leaves_what_fits_and_clearing_brings_all_back(browser: Chromium, pages: dict[str, Path]) -> None:
    browser.look()
    browser.open(pages["customers-en"])
    assert search(browser, "BETA") == f"2 / {len(NAMES)}"
    assert set(names(browser)) == {"beta 9", "beta 10"}
    assert (
        search(browser, "Ｋａｐｐａ") == f"1 / {len(NAMES)}"
    )  # full-width signs are the same; an id could hold a digit
    assert search(browser, "nothing like it") == f"0 / {len(NAMES)}"
    assert browser.ask("[...document.querySelectorAll('tr.part')].every((row) => row.hidden)")
    assert search(browser, "") == f"{len(NAMES)} / {len(NAMES)}"


def test_a_card_prints_on_one_page_and_a_list_across(browser: Chromium, pages: dict[str, Path]) -> None:
    for language in ("en", "zh_CN"):
        browser.open(pages[f"card-{language}"])
        card = browser.pdf()
        assert len(re.findall(rb"/Type /Page\b(?!s)", card)) == 1
        browser.open(pages[f"customers-{language}"])
        width, height = map(float, re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)", browser.pdf())[0])
        assert width > height
    browser.look(media="print")
    assert browser.ask("getComputedStyle(document.querySelector('.tools')).display") == "none"
    # a button in a head that every page repeats is drawn on the first page only; its words alone on each
    assert browser.ask("getComputedStyle(document.querySelector('thead button')).display") == "contents"
    browser.look()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_dashboard_stands_on_one_screen_and_one_sheet(
    browser: Chromium, pages: dict[str, Path], language: str
) -> None:
    browser.look(width=1440, height=900)
    browser.open(pages[f"dashboard-{language}"])
    assert browser.ask("document.documentElement.scrollHeight") <= 900
    assert browser.ask("document.documentElement.scrollWidth") <= 1440
    across = (
        "[...document.querySelectorAll('.board section > .scroll')].every((box) => box.scrollWidth <= box.clientWidth)"
    )
    assert browser.ask(across)
    assert len(re.findall(rb"/Type /Page\b(?!s)", browser.pdf())) == 1
    browser.look()


def test_every_chart_says_what_it_shows_and_every_bar_its_figure(browser: Chromium, pages: dict[str, Path]) -> None:
    for language in ("en", "zh_CN"):
        browser.look(dark=language == "en")
        browser.open(pages[f"dashboard-{language}"])
        labels = browser.ask("[...document.querySelectorAll('svg[role=img]')].map((one) => one.ariaLabel)")
        assert len(labels) >= 4
        assert all(": " in label for label in labels)
        assert browser.ask(
            "[...document.querySelectorAll('svg g')].every((g) => g.firstChild.textContent.includes(': '))"
        )
        # bars and words differ from the ground in the scheme that is on
        colours = browser.ask(
            "['.bar', 'svg text'].map((one) => getComputedStyle(document.querySelector(one)).fill)"
            ".concat(getComputedStyle(document.body).backgroundColor)"
        )
        assert len(set(colours)) == 3
        inside = (
            "[...document.querySelectorAll('svg.chart text')].every((text) => { const box = text.getBBox();"
            " const view = text.ownerSVGElement.viewBox.baseVal;"
            " return box.x >= -1 && box.x + box.width <= view.width + 1; })"
        )
        assert browser.ask(inside)


def test_screenshots_can_be_taken_for_a_look(browser: Chromium, pages: dict[str, Path]) -> None:
    """CRMCTL_SCREENSHOTS=DIR keeps them for a person to look at."""
    keep = os.environ.get("CRMCTL_SCREENSHOTS")
    for name, page in pages.items():
        browser.look(dark="card" in name)
        browser.open(page)
        picture = browser.screenshot()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) > 10_000
        if keep:
            (Path(keep) / f"{name}.png").write_bytes(picture)
