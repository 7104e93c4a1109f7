"""How the tests of numbered requirements prove them: through the real ledger, back from the sealed file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from crmctl import i18n
from crmctl.cli.app import invoke
from crmctl.errors import InvalidInput
from crmctl.ledger.checking.check import check
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.listing import list_kind
from crmctl.ledger.setup.policy_files import adopt
from crmctl.model.monthly import find_row
from crmctl.model.values import Value
from tests.company import Company

DAY = "2026-11-20"
NOON = "2026-11-20T12:00:00+08:00"


def keeps(
    company: Company, kind: str, values: dict[str, object], *, member: str = "alice", **where: object
) -> dict[str, Value]:
    """Add the record, find it in the list and in order, and read its fields back from the sealed file."""
    return stored(company, company.add(kind, values, member, **where).id, member)


def stored(company: Company, what: str, member: str = "alice") -> dict[str, Value]:
    """The fields of a record as they lie in its sealed file; the list shows it and `check` finds nothing wrong."""
    ledger = company.ledger(member)
    found = lookup.record(ledger, what)
    sealed = ledger.repo.read(ledger.head, found.path)
    assert sealed is not None
    assert sealed.startswith(b"age-encryption.org/v1\n")
    record = ledger.read(found.path)
    row = find_row(record.data, found.row) if found.row else record.data
    assert row is not None
    assert found.id in [item["id"] for item in list_kind(ledger, found.kind, None, ["id"], 0).documents()]
    assert [fault for fault in check(ledger).findings if fault.severity == "error"] == []
    return dict(row)


def holds(record: Mapping[str, Value], values: Mapping[str, object]) -> bool:
    """Whether the record says all of `values`."""
    wrong = {name: (record.get(name), value) for name, value in values.items() if record.get(name) != value}
    assert wrong == {}
    return True


def refuses(company: Company, kind: str, values: dict[str, object], field: str, **where: object) -> None:
    """Adding the record fails at `field`, and nothing is written."""
    before = company.ledger().head
    with pytest.raises(InvalidInput) as caught:
        company.add(kind, values, **where)  # type: ignore[arg-type]
    assert field in [finding.field for finding in caught.value.findings]
    assert company.ledger().head == before


def without(values: dict[str, object], *names: str) -> dict[str, object]:
    """The values less these."""
    return {name: value for name, value in values.items() if name not in names}


def lays_down(company: Company, text: str) -> None:
    """The company adopts a pack of its own with this text."""
    file = company.path / "own-pack.yaml"
    head = "schema: crmctl/pack/1\npack: own\nversion: 1\nlabel: [自定, Own]\n"
    Path(file).write_text(head + text, "utf-8")
    adopt(company.ledger(), str(file))


def says(company: Company, capsys: pytest.CaptureFixture[str], *words: str, member: str = "alice") -> str:
    """What the program prints on stdout for these words."""
    capsys.readouterr()
    assert invoke(["-C", str(company.clone(member)), *words]) == 0
    return capsys.readouterr().out


@contextmanager
def in_chinese() -> Iterator[None]:
    """The program speaks Chinese meanwhile."""
    before = (i18n._language, i18n._translations)
    i18n.set_language("zh_CN")
    try:
        yield
    finally:
        i18n._language, i18n._translations = before
