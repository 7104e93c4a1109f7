"""Classes, priorities and cadences of packs: read, laid over each other, and told where they are off."""

from __future__ import annotations

from crmctl.model.values import Value
from crmctl.policy.standing import read_standing, unset_cadences

BASE: dict[str, Value] = {
    "classes": {"grade": "SELECT 1", "stage": "SELECT 2"}, "contacts": "SELECT 3",
    "priority": [{"of": "grade", "is": ["vip"]}],
}  # fmt: skip
CYCLE: dict[str, Value] = {
    "code": "OWN001",
    "of": "grade",
    "every": {"vip": "1 month", "other": "$later"},
    "text": ["联系", "Contact"],
}


def test_priorities_follow_each_other_and_the_companys_own_list_replaces_them() -> None:
    second: dict[str, Value] = {"priority": [{"of": "stage", "is": ["key", "closed"]}]}
    standing, findings = read_standing([("base", BASE), ("second", second)])
    assert findings == []
    held = [{"grade": "vip", "stage": "key"}, {"stage": "closed"}, {"grade": "qualified"}, {}]
    assert [standing.rank(one) for one in held] == [(0, "vip"), (1, "closed"), (2, ""), (2, "")]
    standing, findings = read_standing([("base", BASE), ("policy/company.yaml", second)])
    assert [standing.rank(one) for one in held] == [(0, "key"), (0, "closed"), (1, ""), (1, "")]


def test_a_later_cadence_of_a_code_takes_the_place_and_unset_cycles_are_asked_for() -> None:
    later: dict[str, Value] = {"cadence": [{**CYCLE, "every": {"vip": "7 days"}}]}
    standing, findings = read_standing([("base", {**BASE, "cadence": [CYCLE]}), ("later", later)])
    assert (findings, [c.every for c in standing.cadences]) == ([], [{"vip": "7 days"}])
    raw: dict[str, Value] = {**BASE, "cadence": [CYCLE], "needs": {"later": {"is": "text"}}}
    standing, _none = read_standing([("base", raw)])
    assert [f.args["name"] for f in unset_cadences(raw, standing, {})] == ["later"]
    assert list(unset_cadences(raw, standing, {"later": "2 months"})) == []
    assert list(unset_cadences({**raw, "needs": {}}, standing, {})) == []  # a choice, no need


def test_faults_are_told_where_they_stand() -> None:
    wrong: list[tuple[Value, str, str]] = [
        ({**CYCLE, "of": "grad"}, "POL018", "cadence.0"), ({**CYCLE, "every": {"vip": "soon"}}, "POL003", "cadence.0.every.vip"),
        ({**CYCLE, "evry": 1}, "POL001", "cadence.0.evry"), ({**CYCLE, "code": "X"}, "POL003", "cadence.0.code"),
        ({**CYCLE, "text": "x"}, "POL002", "cadence.0.text"), ("x", "POL002", "cadence.0"),
    ]  # fmt: skip
    for item, code, field in wrong:
        findings = read_standing([("pack", {**BASE, "cadence": [item]})])[1]
        assert [(f.code, f.where, f.field) for f in findings] == [(code, "pack", field)]
    findings = read_standing([("pack", {"classes": {"grade": "SELECT 1"}, "cadence": [CYCLE]})])[1]
    assert [f.code for f in findings] == ["POL018"]
