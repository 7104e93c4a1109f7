"""Strict YAML: typed scalars, canonical bytes, and agreement with an ordinary YAML 1.1 reader."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl import i18n
from crmctl.errors import BadConfiguration, InvalidInput, TrustBroken
from crmctl.ledger.disk import yamlio
from crmctl.ledger.disk.canonical import MAX_KEY
from crmctl.model.values import Value


@pytest.fixture(autouse=True, scope="module")
def english() -> Iterator[None]:
    """The tests below name errors by their English words."""
    before = i18n.language()
    i18n.set_language("en")
    yield
    i18n.set_language(before)


AWKWARD = [
    *(
        "",
        " ",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\x00",
        "\x07",
        "\x1b[0m",
        "\x7f",
        "\x85",
        "a\x85b",
        "\xa0",
        "\u2028",
        "a\u2029b",
    ),
    *("\ufeff", "a\ufeffb", "\ufffe", "\uffff", "\U0001f600", "王😀", "\U0001fffe", "é", "e\u0301", "\u200b", "\u202e"),
    *("no", "No", "NO", "y", "Y", "yes", "on", "OFF", "true", "True", "null", "Null", "NULL", "~", "=", "<<", "none"),
    *("0", "-0", "-1", "+1", "010010", "0x1F", "0o7", "0b1", "1_000", "12:30", "12:30:45", "1.5", "1.", ".5", "1e3"),
    *(".inf", "-.INF", ".nan", "NaN", "2024-03-01", "2024-03-01T10:00:00+08:00", "9223372036854775808", "1,000"),
    *("- a", "-", "---", "...", "? a", ": a", "a: b", "a:", "a:b", "a #b", "a#b", "#a", "&a", "*a", "!a", "!!str a"),
    *("|", ">", "'", "''", '"', '"a"', "%a", "@a", "`a", "{", "}", "[a]", "a, b", ",a", "\\", "a\\n", "http://x/y#z"),
    *("a\n", "a\n\n", "\na", " a\nb", "a\n b", "a \nb", "a\n \nb", "a\nb ", "a\n\tb", "\ta\nb", "a\r\nb", "a\n\n\nb"),
    *("a\n---\nb", "a\n...\n", "a\n# b", "a\n- b: c", " lead", "trail ", "trail\t", "a  b", "a" * 5000, "字" * 3000),
    *("ssh-ed25519 AAAAC3Nza+/= alice", "age1qqqq", "crmctl/visit/1", "C-7Q2M9K4T", "east/sales", "(x)", "_", "/"),
]
texts = st.one_of(
    st.sampled_from(AWKWARD), st.text(), st.text(alphabet=" \t\n\r\x85\u2028\ufeff:#-'\"|>a字😀0\\", max_size=12)
)
keys = st.one_of(st.sampled_from([a for a in AWKWARD if len(a) <= MAX_KEY]), st.text(max_size=MAX_KEY))
scalars = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), texts)
values: st.SearchStrategy[Value] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)


def same(left: object, right: object) -> bool:
    """Equal in value and type (True is not 1), keys in the same order."""
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    return type(left) is type(right) and left == right


@settings(max_examples=400, deadline=None)
@given(values)
def test_what_is_dumped_is_loaded_again(value: Value) -> None:
    data = yamlio.dump(value)
    assert same(yamlio.load(data, "x"), value)
    assert yamlio.dump(yamlio.load_canonical(data, "x")) == data


@settings(max_examples=400, deadline=None)
@given(values)
def test_an_ordinary_yaml_1_1_reader_sees_the_same(value: Value) -> None:
    data = yamlio.dump(value)
    assert same(yaml.load(data, yaml.CSafeLoader), value)


@settings(max_examples=150, deadline=None)
@given(values)
def test_the_pure_python_reader_sees_the_same(value: Value) -> None:
    assert same(yaml.safe_load(yamlio.dump(value)), value)


@pytest.mark.parametrize("text", AWKWARD, ids=ascii)
def test_awkward_text_stays_text_in_every_place(text: str) -> None:
    places: list[Value] = [text, [text], {"a": text}, [[text, text]], [{"a": text, "b": [text]}], {"a": {"b": text}}]
    if len(text) <= MAX_KEY:
        places += [{text: text}, [{text: [text]}]]
    for place in places:
        data = yamlio.dump(place)
        assert same(yamlio.load_canonical(data, "x"), place)
        assert same(yaml.load(data, yaml.CSafeLoader), place)
        assert same(yaml.safe_load(data), place)


@pytest.mark.parametrize(
    ("plain", "value"),
    [
        *(("0", 0), ("-12", -12), ("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -(2**63))),
        *(("true", True), ("false", False), ("null", None), ("", None)),
    ],
)
def test_the_only_typed_scalars(plain: str, value: Value) -> None:
    assert same(yamlio.load(f"a: {plain}\n".encode(), "x"), {"a": value})


@pytest.mark.parametrize(
    "plain",
    [
        *("010010", "-0", "+1", "1_000", "0x1F", "0o7", "9223372036854775808", "-9223372036854775809", "٣", "12:30"),
        *(
            "NO",
            "no",
            "yes",
            "on",
            "off",
            "y",
            "True",
            "TRUE",
            "False",
            "Null",
            "NULL",
            "~",
            "1.5",
            "1e3",
            ".inf",
            ".nan",
        ),
        *("2024-03-01", "2024-03-01 10:00:00", "2026-11-22T10:00:00+08:00", "=", "<<"),
    ],
)
def test_all_else_that_is_plain_is_text(plain: str) -> None:
    assert same(yamlio.load(f"a: {plain}\n".encode(), "x"), {"a": plain})


def test_quoted_words_are_text() -> None:
    assert yamlio.load(b"[\"1\", '1', 'true', \"null\", '']", "x") == ["1", "1", "true", "null", ""]
    assert yamlio.load(b"a: |-\n  12\n", "x") == {"a": "12"}


def test_the_canonical_bytes_never_change() -> None:
    value: Value = {
        "schema": "crmctl/visit/1",
        "prev": None,
        "rev": 1,
        "ok": True,
        "at": "2026-11-22T10:00:00+08:00",
        "no": "no",
        "data": {
            "people": ["张三", {"a": 1, "b": []}],
            "empty": {},
            "note": "一\n\n二\n",
            "money": "1234.50",
            "tab": "a\tb",
        },
        "lists": [[1, [2]], "😀"],
    }
    assert yamlio.dump(value).decode() == (
        "schema: crmctl/visit/1\nprev: null\nrev: 1\nok: true\n"
        'at: "2026-11-22T10:00:00+08:00"\n"no": "no"\n'
        "data:\n  people:\n    - 张三\n    - a: 1\n      b: []\n  empty: {}\n  note: |\n    一\n\n    二\n"
        '  money: "1234.50"\n  tab: "a\\tb"\n'
        "lists:\n  - - 1\n    - - 2\n  - 😀\n"
    )


@pytest.mark.parametrize(
    "data", [b"a: 1", b"a:   1\n", b"{a: 1}\n", b"a: '1'\n", b"# c\na: 1\n", b"---\na: 1\n", b"a:\n"]
)
def test_readable_but_not_canonical_bytes_are_a_breach_of_trust(data: bytes) -> None:
    yamlio.load(data, "x")
    with pytest.raises(TrustBroken) as caught:
        yamlio.load_canonical(data, "customers/7q/x")
    assert caught.value.where == "customers/7q/x"
    assert caught.value.hint


def test_hand_edited_files_may_have_comments_windows_lines_and_a_start_mark() -> None:
    assert yamlio.load(b"---\r\n# note\r\na: 1  # one\r\nb: [x, y]\r\n", "x") == {"a": 1, "b": ["x", "y"]}


def test_the_line_of_each_node() -> None:
    data = b"# c\na: 1\nb:\n  - x\n  - y: 2\n    z: {w: 1}\nc: |\n  t\nd: 4\n"
    value, lines = yamlio.load_located(data, "x")
    assert value == yamlio.load(data, "x")
    assert lines == {
        (): 2, ("a",): 2, ("b",): 3, ("b", 0): 4, ("b", 1): 5, ("b", 1, "y"): 5, ("b", 1, "z"): 6, ("b", 1, "z", "w"): 6,
        ("c",): 7, ("d",): 9,
    }  # fmt: skip


@given(values)
def test_each_node_has_a_line(value: Value) -> None:
    def paths(node: Value, path: tuple[str | int, ...]) -> set[tuple[str | int, ...]]:
        inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        return {path}.union(*(paths(item, (*path, step)) for step, item in inner))

    assert set(yamlio.load_located(yamlio.dump(value), "x")[1]) == paths(value, ())


def test_dump_refuses_what_no_reader_could_take() -> None:
    deep: Value = []
    for _level in range(32):
        deep = [deep]
    for value in (2**63, -(2**63) - 1, "\ud800", {"k" * (MAX_KEY + 1): 1}, deep):
        with pytest.raises(InvalidInput):
            yamlio.dump(value)
    for wrong in (1.5, (1,), {1: 2}, b"x"):
        with pytest.raises(TypeError):
            yamlio.dump(wrong)  # type: ignore[arg-type]


def test_the_deepest_value_that_dumps_also_loads() -> None:
    deep: Value = []
    for level in range(31):
        deep = [deep] if level % 2 else {"a": deep}
    assert yamlio.load_canonical(yamlio.dump(deep), "x") == deep


def test_a_pyyaml_without_libyaml_is_refused_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    yamlio._yaml.cache_clear()
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    with pytest.raises(BadConfiguration, match="libyaml"):
        yamlio.load(b"a: 1\n", "x")
    yamlio._yaml.cache_clear()
