"""The kinds and packs that ship fit each other, and no two kinds share what must be their own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from crmctl.ledger.disk.shipped import kind_files, pack_file, pack_names
from crmctl.ledger.disk.yamlio import dump, load
from crmctl.ledger.setup.setup_check import setup_faults
from crmctl.model.condition import parse_leaf
from crmctl.model.fields import FIELD_TYPES
from crmctl.model.kind_reader import SQL_WORDS, compile_kind
from crmctl.model.kinds import Kind
from crmctl.policy.axes import words_of
from crmctl.policy.pack import Pack, lay_over, read_pack
from crmctl.policy.pack_files import axes_of

PREFIX_OF_A_LEDGER = "L"


def compiled(file: Path) -> Kind:
    raw = load(file.read_bytes(), file.name)
    assert isinstance(raw, dict)
    kind, findings = compile_kind(raw, file.name)
    assert findings == []
    assert kind is not None
    return kind


def kinds() -> list[Kind]:
    return [compiled(file) for file in kind_files().values()]


def packs() -> Pack:
    read = []
    for name in pack_names():
        raw = load(pack_file(name).read_bytes(), name)
        assert isinstance(raw, dict)
        read.append(read_pack(raw, name)[0])
    return lay_over(read)


def shipped() -> dict[str, bytes]:
    files = {f"schemas/{name}.yaml": path.read_bytes() for name, path in kind_files().items()}
    files |= {f"policy/packs/{name}.yaml": pack_file(name).read_bytes() for name in pack_names()}
    files["policy/company.yaml"] = dump({"pack": "company", "version": 1, "extends": list(pack_names())})
    return files


def test_kinds_and_packs_name_nothing_that_is_not_there() -> None:
    # POL019, POL022 and the warnings of POL011 ask the company for what a source lost; others only tell something
    found = [fault for fault in setup_faults(shipped()) if fault.severity != "info"]
    assert [
        fault
        for fault in found
        if fault.code not in {"POL019", "POL022"} and (fault.code, fault.severity) != ("POL011", "warning")
    ] == []


@pytest.mark.parametrize("mark", ["prefix", "table", "folder", "name"])
def test_what_is_a_kinds_own_is_no_other_kinds(mark: str) -> None:
    counted = Counter(getattr(kind, mark) for kind in kinds())
    assert [value for value, count in counted.items() if count > 1] == []


def test_prefixes_are_no_ledgers_and_tables_no_sql_words() -> None:
    assert PREFIX_OF_A_LEDGER not in {kind.prefix for kind in kinds()}
    assert {kind.table for kind in kinds()} & SQL_WORDS == set()


def test_a_kinds_file_is_called_like_the_kind() -> None:
    assert [file.stem for file in kind_files().values() if compiled(file).name != file.stem] == []


def test_every_kind_says_what_it_requires_and_every_choice_list_is_used() -> None:
    pack, all_kinds = packs(), kinds()
    assert [kind.name for kind in all_kinds if kind.name not in pack.requires] == []
    used = {
        str(field.options.get("of")) for kind in all_kinds for _name, field in kind.walk() if field.type == "choice"
    }
    for name in pack_names():
        raw = load(pack_file(name).read_bytes(), name)
        assert isinstance(raw, dict)
        used |= {words_of(axis, content) for axis, _path, content in axes_of(raw)}
        facts = raw.get("facts")
        used |= {str(fact.get("of")) for fact in (facts.values() if isinstance(facts, dict) else ())}  # type: ignore[union-attr]
    assert set(pack.vocab) - used <= {"role", "customer_state", "grade", "destroy_reason", "guidance_topic"}


def test_every_label_is_in_both_languages() -> None:
    same = []
    for kind in kinds():
        named = [(kind.name, kind.label), *kind.states.items(), *((name, f.label) for name, f in kind.walk())]
        same += [f"{kind.name}.{name}" for name, (zh, en) in named if zh == en or zh.isascii() or not en.isascii()]
    assert same == []


def test_every_state_can_be_reached() -> None:
    for kind in kinds():
        targets = {target for _source, target in kind.arrows}
        sources = {source for source, _target in kind.arrows}
        alone = [state for state in kind.states if state not in targets and state not in sources]
        assert alone == [], kind.name


def test_a_condition_of_a_kind_can_hold() -> None:
    for kind in kinds():
        for name, field in kind.walk():
            if field.when is None:
                continue
            other = kind.field(field.when.name)
            assert other is not None, name
            assert parse_leaf(str(field.when)) == field.when
            if other.type == "bool":
                assert set(field.when.literals) <= {"yes", "no"}, name


def test_every_field_type_named_is_one() -> None:
    assert {f.type for kind in kinds() for _n, f in kind.walk()} <= {*FIELD_TYPES, "group", "list"}
