"""What is said of a duplicate, word by word, and the marks that single changed words of the rules would lose."""

from __future__ import annotations

import pytest

from crmctl.model.findings import Finding
from crmctl.model.kind_reader import compile_kind
from crmctl.rules.duplicates import Duplicate, Identity, Mark, Reason, Register, identity_of, pairs
from crmctl.rules.party_names import party_names
from tests.rules.test_duplicates import ALIAS, CODE, NAME, PHONE, party, strength

CODES = ("系统编码", "Codes")
SAME, FORMED, SIMILAR = (
    "{who} has the same {field}", "{who} has the same name but for legal form and region", "{who} has a similar name",
)  # fmt: skip


def told(one: Identity, other: Identity) -> list[Reason]:
    (found,) = Register([one]).find(other)
    return list(found.reasons)


def test_a_sure_duplicate_is_an_error_and_a_likely_one_a_warning_and_both_say_who() -> None:
    sure = Duplicate("C-1", "exact", (Reason(SAME, NAME), Reason(FORMED)), "Big Works")
    args = {"id": "C-1", "who": "Big Works (C-1)"}
    assert list(sure.findings("card")) == [
        Finding("INT013", SAME, "error", "card", "", {**args, "field": NAME}),
        Finding("INT013", FORMED, "error", "card", "", args),
    ]
    (weak,) = Duplicate("C-1", "weak", (Reason(SIMILAR),)).findings("card")
    assert (weak.severity, weak.args) == ("warning", {"id": "C-1", "who": "C-1"})
    (strong,) = Duplicate("C-1", "strong", (Reason(SIMILAR),)).findings("card")
    assert strong.severity == "warning"


def test_a_kinds_identity_becomes_marks_with_label_and_sort() -> None:
    kind, findings = compile_kind(
        {"kind": "party", "id": "Q", "in": "core", "identity": ["name", "aliases", "codes", "phone", "region"],
         "fields": {"name": {"is": "text", "label": list(NAME)}, "aliases": {"is": "text", "many": True, "label": list(ALIAS)},
                    "codes": {"is": "codes", "label": list(CODES)}, "phone": {"is": "phone", "label": list(PHONE)},
                    "region": {"is": "region"}}},
        "party.yaml",
    )  # fmt: skip
    assert kind is not None, findings
    data = {
        "name": "Big",
        "aliases": ["Bigger", "Biggest"],
        "codes": {"erp": "7", "crm": "8"},
        "phone": "123",
        "region": "310000",
    }
    assert identity_of(kind, data, "C-1") == Identity(  # type: ignore[arg-type]
        "C-1",
        (Mark(NAME, "name", "Big"), Mark(ALIAS, "alias", "Bigger"), Mark(ALIAS, "alias", "Biggest"),
         Mark(CODES, "codes", "crm:8"), Mark(CODES, "codes", "erp:7"), Mark(PHONE, "phone", "123")),
        "310000",
    )  # fmt: skip
    assert identity_of(kind, {"name": "Big"}, "C-1").region == ""


@pytest.mark.req("R-INT-13")
def test_a_code_of_another_system_is_sure_and_told_by_its_label() -> None:
    one, other = (Identity(id_, (Mark(CODES, "codes", "erp:7"),)) for id_ in ("C-1", "C-2"))
    assert strength(one, other) == "exact"
    assert told(one, other) == [Reason(SAME, CODES)]
    assert strength(one, Identity("C-3", (Mark(CODES, "codes", "crm:7"),))) is None


def test_each_reason_is_told_in_its_words() -> None:
    assert told(party("C-1", "天润食品有限公司"), party("C-2", "天润食品有限公司")) == [Reason(SAME, NAME)]
    assert told(party("C-1", "北京天润食品有限公司"), party("C-2", "北京市天润食品有限责任公司")) == [Reason(FORMED)]
    assert told(party("C-1", "Berglunds snabbköp"), party("C-2", "Berglunds snabbkop")) == [Reason(SIMILAR)]
    assert told(party("C-1", "甲", phone="010-62770000"), party("C-2", "乙", phone="(010) 6277.0000")) == [
        Reason(SAME, PHONE)
    ]
    code = "91350100M000100Y43"
    both = told(party("C-1", "甲", phone="123", code=code), party("C-2", "乙", phone="123", code=code))
    assert set(both) == {Reason(SAME, CODE), Reason(SAME, PHONE)}


def test_who_it_is_called_by_its_first_name_and_nothing_without_one() -> None:
    (found,) = Register([party("C-1", "Big Works", alias="Bigger", phone="123")]).find(party("C-2", phone="123"))
    assert (found.id, found.strength, found.name) == ("C-1", "strong", "Big Works")
    (found,) = Register([party("C-1", phone="123")]).find(party("C-2", phone="123"))
    assert found.name == ""


def test_a_branch_between_other_names_hides_none_of_them() -> None:
    one = party("C-1", "中建三局有限公司", alias="华夏天润食品有限公司")
    other = party("C-2", "中建三局有限公司北京分公司", alias="华夏天润食品有限公司")
    assert strength(one, other) is not None


def test_no_party_is_a_duplicate_of_itself_and_each_pair_comes_once() -> None:
    three = [party(f"C-{n}", "天润食品有限公司") for n in range(3)]
    assert [(one, found.id) for one, found in pairs(three)] == [("C-0", "C-1"), ("C-0", "C-2"), ("C-1", "C-2")]


@pytest.mark.parametrize(
    ("one", "other"),
    [("The Big Works", "Big Works Ltd."), ("Big Works Co., Ltd", "big works"), ("O'Neil & Sons Inc.", "ONeil Sons")],
)
def test_articles_marks_and_legal_forms_of_latin_names_do_not_count(one: str, other: str) -> None:
    (first,), (second,) = party_names([one]), party_names([other])
    assert first.stem == second.stem


def test_a_name_that_is_nothing_but_an_article_or_a_form_keeps_it() -> None:
    assert [name.stem for name in party_names(["The", "Ltd"])] == ["the", "ltd"]


def test_a_line_break_inside_a_name_leaves_the_others_where_they_are() -> None:
    broken = list(party_names(["Big\nWorks", "天润食品有限公司"]))
    assert len(broken) == 2
    assert broken[1] == next(iter(party_names(["天润食品有限公司"])))
