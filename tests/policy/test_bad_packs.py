"""What a wrong pack is told at load: file, line, and the nearest right name; nothing of it decides anybody."""

from __future__ import annotations

from crmctl.ledger.disk.shipped import kind_files, pack_file
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.setup.setup_check import setup_faults
from crmctl.model.findings import Finding

WRONG = """schema: crmctl/pack/1
pack: own
version: 1
label: [自定, Own]
vocab: {worth: {a: [甲, A], b: [乙, B]}}
axes:
  worth:
    label: [价值, Worth]
    ladder:
      - {grade: a, if: volume_12n >= 1}
      - {grade: b, if: beds >= $vip_bed}
  class:
    label: [类别, Class]
    words: worth
    ladder:
      - {grade: a, if: admitted = 3}
      - {grade: b, if: hospital_class >= fourth}
  card:
    label: [卡, Card]
    words: worth
    scorecard:
      as: points
      items:
        - {name: volume, label: [量, Volume], weight: 60, of: volume_12m, bands: [{to: 2, points: 0}, {from: 3, points: 9}]}
        - {name: buys, label: [次, Buys], weight: 30, of: purchases_12m, bands: [{to: 5, points: 0}, {from: 3, points: 9}]}
    ladder: [{grade: a, if: points >= 8}, {grade: b, if: points >= 0}]
clocks:
  - {code: OWN001, on: visit, at: on, text: [x, y]}
  - {code: OWN002, on: vizit, at: on, text: [x, y]}
  - {code: OWN008, at: on, text: [x, y]}
guards:
  - {code: OWN003, if: admitted = yes, text: [x, y]}
  - {code: OWN004, on: [add complaimt], if: admitted = yes, text: [x, y]}
review:
  - {code: OWN005, slots: [sign head], text: [x, y]}
  - {code: OWN006, on: add custumer, slots: [sign hed], text: [x, y]}
arrows:
  complain:
    'new > judged': {require: [effect], code: OWN007, text: [x, y]}
requires: {custommer: [name]}
needs: {own_number: {is: int, label: [数, Number]}}
"""
TOLD = {
    (10, "POL002", "volume_12m"), (11, "POL002", "vip_beds"), (16, "POL002", None), (17, "POL002", None),
    (24, "POL034", None), (25, "POL034", None), (23, "POL034", None), (29, "POL004", "visit"), (30, "POL002", None),
    (32, "POL002", None), (33, "POL004", "complaint"), (35, "POL002", None), (36, "POL010", "customer"),
    (36, "POL014", "head"), (38, "POL010", "complaint"), (40, "POL010", "customer"), (41, "POL011", None),
}  # fmt: skip
RIGHT = "schema: crmctl/pack/1\npack: own\nversion: 1\nlabel: [自定, Own]\nneeds: {n: {is: int, label: [数, N]}}\nvalues: {n: 3}\n"


def faults(text: str) -> list[Finding]:
    """What is off in a pack of one's own over base and p23."""
    files = {f"schemas/{name}.yaml": path.read_bytes() for name, path in kind_files().items()}
    files |= {f"policy/packs/{name}.yaml": pack_file(name).read_bytes() for name in ("base", "p23")}
    company = dump({"pack": "company", "version": 1, "extends": ["base", "p23", "own"]})
    files |= {"policy/packs/own.yaml": text.encode(), "policy/company.yaml": company}
    return [fault for fault in setup_faults(files) if "own.yaml" in fault.where]


def test_each_wrong_word_number_and_rule_is_told_with_its_line_and_the_nearest_right_name() -> None:
    found = faults(WRONG)
    told = {(int(f.where.rpartition(":")[2]), f.code, f.args.get("near")) for f in found}
    assert told >= TOLD
    # a ladder without a rung that reads is told besides, and nothing else is
    assert {code for _line, code, _near in told - TOLD} <= {"POL003"}
    bands = [f.message for f in found if f.code == "POL034"]
    assert [text.partition(" ")[0] for text in bands] == ["Gap", "Overlap", "The"]
    assert [(f.severity, f.args) for f in found if f.code == "POL011"] == [("warning", {"name": "own_number"})]


def test_a_number_the_company_set_is_asked_for_no_more() -> None:
    assert faults(RIGHT) == []


def test_a_part_of_the_wrong_shape_is_told_and_not_passed_over() -> None:
    wrong = "grade: 3\nfacts: x\naxes: [1]\nneeds: 3\nsets: 1\nblacklist: 3\n"
    found = faults("schema: crmctl/pack/1\npack: own\nversion: 1\nlabel: [自定, Own]\n" + wrong)
    assert [(f.code, f.field) for f in found] == [
        ("POL002", name) for name in ("needs", "facts", "sets", "grade", "axes", "blacklist")
    ]


def test_a_pack_of_another_format_and_a_list_of_packs_that_counts_for_nothing_are_told() -> None:
    found = faults("schema: crmctl/pack/9\npack: own\nversion: one\nlabel: [自定, Own]\n")
    assert [(f.code, f.field, f.severity) for f in found] == [
        ("POL002", "schema", "error"), ("POL002", "version", "error"),
    ]  # fmt: skip
    found = faults("schema: crmctl/pack/1\npack: own\nversion: 1\nlabel: [自定, Own]\nextends: [base]\n")
    assert [(f.code, f.field, f.severity) for f in found] == [("POL002", "extends", "warning")]


def test_a_fact_of_a_type_there_is_not_and_an_unlike_empty_are_told_as_such() -> None:
    head = "schema: crmctl/pack/1\npack: own\nversion: 1\nlabel: [自定, Own]\nvocab: {grade: {hi: [高, High]}}\n"
    sql = 'sql: "SELECT c.id, 1 AS value FROM customer c"'
    facts = f'facts:\n  a: {{is: mony, {sql}}}\n  b: {{is: money, empty: "x", {sql}}}\n'
    found = {f.field: f for f in faults(f"{head}{facts}grade: {{ladder: [{{grade: hi, if: a >= 1}}]}}\n")}
    assert found["facts.a.is"].args == {"name": "mony", "near": "money"}
    assert found["facts.b.empty"].args == {"text": "x", "name": "money"}
