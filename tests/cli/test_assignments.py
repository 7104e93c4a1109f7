"""`FIELD=VALUE` on the command line: into lists and groups without losing what stands there."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmctl.cli.assignments import files_of, values_of
from crmctl.errors import CrmctlError, InvalidInput, NotFound, UsageError
from crmctl.ledger.disk.shipped import kind_files
from crmctl.ledger.disk.yamlio import load
from crmctl.model.kind_reader import compile_kind
from crmctl.model.kinds import Kind


def shipped(name: str) -> Kind:
    raw = load(kind_files()[name].read_bytes(), name)
    assert isinstance(raw, dict)
    kind = compile_kind(raw, name)[0]
    assert kind is not None
    return kind


CUSTOMER = shipped("customer")
PRESENT: dict[str, Any] = {
    "name": "Northern Hospital", "aliases": ["NH", "North"],
    "contacts": [{"name": "Wang", "phone": "+86 1"}, {"name": "Li"}], "team": {"plan": "alice"},
}  # fmt: skip


def values(*pairs: str, present: dict[str, Any] | None = None) -> dict[str, object]:
    return values_of(CUSTOMER, list(pairs), None, present)


def test_fields_are_named_by_word_or_label() -> None:
    expected = {"name": "x", "phone": "1", "background_check": {"by": "bob"}}
    assert values("name=x", "phone=1", "background_check.by=bob") == expected
    assert values("客户名称=x", "Phone=1", "背景调查.调查人=bob") == expected


def test_a_value_may_hold_anything_and_nothing_takes_the_field_away() -> None:
    assert values("name=a=b, c", "note=") == {"name": "a=b, c", "note": None}
    assert values("trade_profile.credit=") == {"trade_profile": {"credit": None}}


def test_many_values_are_parted_by_any_comma() -> None:
    assert values("aliases=a, b，c、 d ,,") == {"aliases": ["a", "b", "c", "d"]}


def test_reaching_into_a_list_keeps_what_stands_beside() -> None:
    assert values("contacts.0.phone=2", present=PRESENT) == {
        "contacts": [{"name": "Wang", "phone": "2"}, {"name": "Li"}]
    }
    assert values("contacts.2.name=Zhao", present=PRESENT) == {"contacts": [*PRESENT["contacts"], {"name": "Zhao"}]}
    assert values("contacts.0=", present=PRESENT) == {"contacts": [{"name": "Li"}]}
    assert values("aliases.1=South", present=PRESENT) == {"aliases": ["NH", "South"]}
    assert PRESENT["contacts"][0] == {"name": "Wang", "phone": "+86 1"}  # the record itself is not touched


def test_a_group_is_left_to_the_draft_to_merge() -> None:
    assert values("team.price=bob", present=PRESENT) == {"team": {"price": "bob"}}


def test_a_new_list_is_built_entry_by_entry() -> None:
    assert values("contacts.0.name=A", "contacts.0.phone=1", "contacts.1.name=B") == {
        "contacts": [{"name": "A", "phone": "1"}, {"name": "B"}]
    }


@pytest.mark.parametrize(
    "pair",
    [
        "contacts.1.name=x",
        "contacts.999999999.name=x",
        "contacts.-1.name=x",
        "contacts.name=x",
        "contacts.一.name=x",
        "aliases.3=x",
    ],
)
def test_an_entry_that_is_not_the_next_is_told_its_number(pair: str) -> None:
    with pytest.raises(UsageError) as caught:
        values(pair)
    assert "0" in caught.value.what


@pytest.mark.parametrize("pair", ["name", "", "contacts.0"])
def test_a_word_without_a_value_is_told(pair: str) -> None:
    with pytest.raises(UsageError):
        values(pair)


@given(st.lists(st.text("abc.=01名,", max_size=10), max_size=4))
def test_whatever_is_typed_is_read_or_told(pairs: list[str]) -> None:
    try:
        read = values_of(CUSTOMER, pairs, None, PRESENT)
    except CrmctlError:
        return
    assert all(isinstance(name, str) for name in read)


def test_a_file_of_fields_comes_first_and_single_ones_over_it(tmp_path: Path) -> None:
    source = tmp_path / "card.yaml"
    source.write_text("客户名称: From file\nphone: '1'\ncontacts:\n- name: A\n", "utf-8")
    read = values_of(CUSTOMER, ["phone=2", "contacts.0.phone=3"], str(source))
    assert read == {"name": "From file", "phone": "2", "contacts": [{"name": "A", "phone": "3"}]}


def test_a_whole_record_may_be_handed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(b"schema: crmctl/customer/1\ndata:\n  name: From a pipe\n")

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert values_of(CUSTOMER, [], "-") == {"name": "From a pipe"}


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for content, error in ((b"- a\n", InvalidInput), (b"a: [", InvalidInput), (b"\xff", InvalidInput)):
        file = tmp_path / "x.yaml"
        file.write_bytes(content)
        with pytest.raises(error):
            values_of(CUSTOMER, [], str(file))
    for source in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(NotFound):
            values_of(CUSTOMER, [], str(source))


def test_files_are_taken_out_of_the_fields() -> None:
    kind = shipped("qualification")
    fields: dict[str, object] = {"what": "business_licence", "scan": "licence.pdf"}
    assert files_of(kind, fields) == {"scan": Path("licence.pdf")}
    assert fields == {"what": "business_licence"}
    assert files_of(kind, {"scan": None}) == {}
