"""The reports there are: shipped ones, and the ledger's own, which go before them (promise 5)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from crmctl.errors import NotFound
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.report.definition import Report
from crmctl.report.reader import NAME, read_report
from crmctl.report.views import VIEWS
from crmctl.resources import data_path

FOLDER = "templates/reports"
_LARGEST = 1 << 20


def report_names(ledger: Ledger) -> list[str]:
    """The names of all reports, sorted."""
    return sorted({*_shipped_names(), *_own(ledger)})


def find_report(ledger: Ledger, name: str) -> Report:
    """A report by name. Raises NotFound with the nearest name, BadConfiguration when its folder is off."""
    from difflib import get_close_matches

    own = _own(ledger)
    views = partial(view_text, ledger)
    if name in own:
        return read_report(name, f"{FOLDER}/{name}", _contents(ledger, own[name]), own=True, views=views)
    if name in _shipped_names():
        return read_report(name, f"{FOLDER}/{name}", _shipped(name), own=False, views=views)
    known = report_names(ledger)
    near = get_close_matches(name, known, 1)
    hint = _("Did you mean {near}?", near=near[0]) if near else ", ".join(known)
    raise NotFound(_("There is no report {name}", name=name), hint=hint)


def all_reports(ledger: Ledger) -> list[Report]:
    """Every report. Raises BadConfiguration for the first one that is off."""
    return [find_report(ledger, name) for name in report_names(ledger)]


def _shipped_names() -> list[str]:
    return sorted(path.parent.name for path in (data_path("templates") / "reports").glob("*/report.yaml"))


def _shipped(name: str) -> dict[str, bytes]:
    folder = data_path("templates") / "reports" / name
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def view_text(ledger: Ledger, name: str) -> bytes | None:
    """A shared view's SQL: the ledger's own, else the shipped one; None when there is none."""
    own = ledger.repo.read(ledger.head, f"{VIEWS}/{name}.sql")
    if own is not None:
        return own if len(own) <= _LARGEST else None
    path = data_path("templates") / "views" / f"{name}.sql"
    return path.read_bytes() if path.is_file() else None


def _own(ledger: Ledger) -> dict[str, dict[str, str]]:
    """Report name → file name → blob id, as they lie in the ledger at its commit."""
    found: dict[str, dict[str, str]] = {}
    for path, oid in ledger.repo.walk(ledger.head, FOLDER):
        name, slash, file = path.removeprefix(f"{FOLDER}/").partition("/")
        if slash and "/" not in file and NAME.fullmatch(name):
            found.setdefault(name, {})[file] = oid
    return {name: files for name, files in found.items() if "report.yaml" in files}


def _contents(ledger: Ledger, files: Mapping[str, str]) -> dict[str, bytes]:
    contents = dict(ledger.repo.read_blobs(sorted(set(files.values()))))
    return {file: contents[oid] for file, oid in files.items() if len(contents[oid]) <= _LARGEST}
