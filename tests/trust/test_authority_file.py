"""The authority file: which line a path falls under, and what of it may be read at all."""

from __future__ import annotations

import pytest

from crmctl.errors import BadConfiguration
from crmctl.ledger.disk.yamlio import dump, load
from crmctl.trust.authority import FILE, authority, read_authority
from crmctl.trust.dossier_fields import DossierFields
from tests.company import Company


@pytest.mark.parametrize(
    ("path", "sort"),
    [
        ("ledger.yaml", "clear"), ("org/members/alice.yaml", "clear"), ("policy/packs/base.yaml", "clear"),
        ("templates/card/page.html", "clear"), ("customers/7q/C-7Q2M9K4T/dossier.yaml", "dossier"),
        ("customers/7q/C-7Q2M9K4T/core/customer.yaml.age", "sealed"), ("offices/east/office.yaml", "dossier"),
        ("offices/east/plans.alice/day_plans/D-1.yaml.age", "sealed"), ("numbers/1", None), ("org/x.yaml", None),
        ("org/members/a/b.yaml", None), ("schemas/x/y.yaml", None), (".gitattributes", "clear"), ("org/.gitattributes", None), ("ledger.yaml.age", None),
    ],
)  # fmt: skip
def test_the_line_a_path_falls_under(path: str, sort: str | None) -> None:
    rule = authority().rule(path)
    assert (rule.sort if rule else None) == sort


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("main", True),
        ("keyring/1", True),
        ("keyring/1/x", False),
        ("mainx", False),
        ("review/a/1", True),
        ("review/a", False),
        ("outbox/a", True),
        ("outbox/a/1", False),
    ],
)
def test_the_branches_a_server_takes(name: str, known: bool) -> None:
    assert authority().knows_branch(name) is known


def test_every_file_of_a_real_ledger_has_a_line(company: Company) -> None:
    company.customer("alice")
    ledger = company.ledger()
    assert [path for path, _oid in ledger.repo.walk("main") if authority().rule(path) is None] == []


def test_every_field_the_code_asks_for_has_terms() -> None:
    import inspect
    import re

    asked = set(
        re.findall(r'"((?:allowed|assignment|compartment|grant|office)\.[a-z]+)"', inspect.getsource(DossierFields))
    )
    asked |= {f"assignment.{name}" for name in ("owner", "team", "keeper", "state", "since")}
    asked.add("destroy")  # of the whole dossier, asked where its tombstone comes
    assert asked == set(authority().fields)


def test_only_an_admin_may_change_the_set_up() -> None:
    for path in ("ledger.yaml", "org/members/a.yaml", "policy/company.yaml", "schemas/a.yaml", "templates/a"):
        rule = authority().rule(path)
        assert rule is not None
        others = {
            "org/members/a.yaml": {"keyholder"}, "ledger.yaml": {"destroyer"}, "policy/company.yaml": {"lawgiver"},
        }.get(path, set())  # fmt: skip
        assert {term for terms in rule.terms.values() for term in terms} == {"admin", *others}


@pytest.mark.parametrize(
    "edit",
    [
        {"paths": [{"path": "x", "is": "odd"}]},
        {"paths": [{"path": "x", "is": "clear", "may": []}]},
        {"branches": "main"},
    ],
)
def test_a_file_that_is_off_does_not_load(edit: dict[str, object]) -> None:
    raw = load(FILE.read_bytes(), "authority.yaml")
    assert isinstance(raw, dict)
    with pytest.raises(BadConfiguration):
        read_authority(dump({**raw, **edit}), "authority.yaml")  # type: ignore[dict-item]
