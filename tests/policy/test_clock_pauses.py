"""What a clock stands still for: read, and held against the kinds."""

from __future__ import annotations

import pytest

from crmctl.model.findings import Finding
from crmctl.model.kind_reader import compile_kind
from crmctl.model.kinds import Kind
from crmctl.model.values import Value
from crmctl.policy.clocks import check_clocks, read_clocks

WAIT: dict[str, Value] = {
    "kind": "wait",
    "ref": "about",
    "from": "since",
    "until": "until",
    "text": ["等待", "Waiting"],
}
CLOCK: dict[str, Value] = {"code": "DUE001", "on": "task", "at": "at", "within": "3 days", "text": ["事", "Task"]}


def kind(name: str, **fields: Value) -> Kind:
    raw: dict[str, Value] = {"kind": name, "id": name[:2].upper(), "in": "assignment/sales", "fields": fields}
    made, findings = compile_kind(raw, f"{name}.yaml")
    assert made is not None, findings
    return made


KINDS = {
    "task": kind("task", at={"is": "date"}, asked={"is": "list", "fields": {"on": {"is": "date"}, "over": {"is": "date"}}}),
    "wait": kind("wait", since={"is": "instant"}, until={"is": "instant"}, about={"is": "ref", "to": "task"}, why={"is": "text"}),
}  # fmt: skip


def faults(*pauses: Value, **words: Value) -> list[Finding]:
    return read_clocks([{**CLOCK, "pauses": list(pauses), **words}], "p.yaml")[1]


def unfit(**words: Value) -> list[tuple[str, object]]:
    pause = {key: value for key, value in {**WAIT, **words}.items() if value is not None}
    clocks, findings = read_clocks([{**CLOCK, "pauses": [pause]}], "p.yaml")
    assert findings == []
    return [(found.code, found.args.get("near") or found.args["name"]) for found in check_clocks(clocks, KINDS)]


def test_pauses_read_with_all_they_say() -> None:
    words: dict[str, Value] = {**WAIT, "if": "why in [rain]", "only": "wait = yes", "tell": "why"}
    (clock,), findings = read_clocks([{**CLOCK, "pauses": [words]}], "p")
    assert findings == []
    (pause,) = clock.pauses
    assert (pause.kind, pause.ref, pause.since, pause.until, pause.tell) == ("wait", "about", "since", "until", "why")
    assert (pause.text, str(pause.only), [str(leaf) for leaf in pause.conditions]) == (
        ("等待", "Waiting"), "wait = yes", ["why in [rain]"],
    )  # fmt: skip
    assert pause.fields == ("since", "until", "about", "why")
    assert check_clocks([clock], KINDS) == []


@pytest.mark.parametrize(
    ("pause", "field"),
    [
        ({**WAIT, "form": "since"}, "pauses.0.form"), ({**WAIT, "from": None}, "pauses.0.from"), ({**WAIT, "text": "x"}, "pauses.0.text"),
        ({**WAIT, "kind": None}, "pauses.0.ref"), ({**WAIT, "if": "why rain"}, "pauses.0.if"), ({**WAIT, "only": "x"}, "pauses.0.only"),
        ("since", "pauses.0"),
    ],
)  # fmt: skip
def test_each_fault_of_a_pause_is_named_where_it_is(pause: Value, field: str) -> None:
    assert [(found.where, found.field) for found in faults(pause)] == [("p.yaml", f"clocks.0.{field}")]


def test_the_nearest_word_is_named_and_pauses_are_a_list() -> None:
    assert faults({**WAIT, "form": "since"})[0].args["near"] == "from"
    assert [found.field for found in read_clocks([{**CLOCK, "pauses": "wait"}], "p")[1]] == ["clocks.0.pauses"]


@pytest.mark.parametrize("words", [{"within": None}, {"every": {"months": [2]}}, {"missing_for": ["sales"]}])
def test_only_a_span_of_time_can_be_paused(words: dict[str, Value]) -> None:
    assert [found.field for found in faults(WAIT, **words)] == ["clocks.0.pauses"]


def test_a_pause_names_kinds_and_fields_that_are_there_and_fit() -> None:
    assert unfit() == []
    assert unfit(kind="wiat") == [("POL004", "wait")]
    assert unfit(until="untill") == [("POL004", "until")]
    assert unfit(ref="abuot") == [("POL004", "about")]
    assert unfit(ref="why") == [("POL005", "why")]
    assert unfit(until="why") == [("POL005", "why")]
    assert unfit(**{"if": "wyh in [rain]"}) == [("POL004", "why")]
    own: dict[str, Value] = {"kind": None, "ref": None, "from": "asked.on", "until": "asked.over"}
    assert unfit(**own) == []
    assert unfit(**{**own, "from": "asked.no"}) == [("POL004", "asked.on")]


def test_a_clock_of_every_kind_is_paused_by_another_kind() -> None:
    clock: dict[str, Value] = {
        **CLOCK,
        "on": "*",
        "at": "entered_at",
        "pauses": [{"from": "since", "text": ["等", "Wait"]}],
    }
    clocks, findings = read_clocks([clock], "p")
    assert findings == []
    assert [found.code for found in check_clocks(clocks, KINDS)] == ["POL003"]
