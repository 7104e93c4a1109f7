"""Field type `region`: an administrative division of China as its six-digit code (GB/T 2260).

Codes and names come from python-stdnum's list, read on first use. The list is not complete
(it lacks two districts Hangzhou got in 2021), so a kind or ledger may add `extra: {code: name}`, or
`{code: [name, English]}`. Other languages have a list of their own, which says names and no more.
A name that fits several divisions is refused with the list of them, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from crmctl.i18n import N_
from crmctl.model.fields.characters import clean_line, folded, without_sheet_traces
from crmctl.model.fields.field_type import FieldType, JsonSchema, Options, bad_option
from crmctl.model.fields.plain_text import LINE_LIMIT
from crmctl.model.fields.problem import FieldProblem

_CODE = re.compile(r"[0-9]{2}|[0-9]{4}|[0-9]{6}")
# Rows that stand for "the rest of it" and are never part of a name.
_NAMELESS = frozenset({"市辖区", "县", "林区", "省直辖县级行政单位", "自治区直辖县级行政单位"})
# Given up long ago but not marked so in the list; their divisions have newer codes.
_STALE = frozenset({"422900", "422921", "429001"})
_PEOPLES = "朝鲜|土家|布依|柯尔克孜|哈萨克|蒙古|景颇|傈僳|哈尼|藏|彝|羌|白|傣|苗|侗|壮|回"
_ENDINGS = (
    re.compile(r"(?:壮族|回族|维吾尔)?自治区$|特别行政区$|[省市]$"),
    re.compile(rf"(?:(?:{_PEOPLES})族?)*自治州$|地区$|[市盟]$"),
    re.compile(r"[市区县旗]$"),
)
_NEXT_PROVINCE = re.compile(rb"\n[0-9]")
_LONGEST_NAME = 40
_LONGEST_DIVISION = 12
_SHOWN = 5
_PAIR = 2


@dataclass(frozen=True, slots=True)
class _Divisions:
    """`names`: code -> own name; `spellings`: full or shortened name -> codes; `gone`: abolished codes."""

    names: Mapping[str, str]
    spellings: Mapping[str, frozenset[tuple[str, bool]]]
    gone: frozenset[str]


def _read(raw: object, options: Options) -> str:
    text = without_sheet_traces(folded(raw))
    free = options.get("free") is True
    if free and text.isascii() and not _CODE.fullmatch(text):
        return clean_line(raw, LINE_LIMIT)  # a foreign place; looking for the nearest Chinese name costs 60 ms
    divisions = _divisions(_extra(options))
    try:
        if _CODE.fullmatch(text):
            return _known_code(text.ljust(6, "0"), divisions)
        return _code_of_name(re.sub(r"[\s,/-]", "", text), divisions)
    except FieldProblem:
        if free:
            return clean_line(raw, LINE_LIMIT)
        raise


def _known_code(code: str, divisions: _Divisions) -> str:
    if code in divisions.names:
        return code
    if code in divisions.gone:
        raise FieldProblem("FLD018", "This division was abolished", hint=N_("Write the name or code of its successor"))
    raise FieldProblem("FLD018", "No division has this code", hint=N_("Write the name, such as 广东省深圳市"))


def _code_of_name(text: str, divisions: _Divisions) -> str:
    found = sorted(_readings(text, "", divisions)) if len(text) <= _LONGEST_NAME else []
    best = [code for shortened, code in found if shortened == found[0][0]]
    if len(best) == 1:
        return best[0]
    if best:
        several = "、".join(_path(code, divisions.names) for code in best[:_SHOWN]) + (
            " …" if len(best) > _SHOWN else ""
        )
        raise FieldProblem(
            "FLD018", "Several divisions have this name", hint=N_("Write it in full: {several}"), several=several
        )
    raise _unknown(text, divisions)


def _unknown(text: str, divisions: _Divisions) -> FieldProblem:
    from difflib import get_close_matches

    if len(text) <= _LONGEST_NAME:
        paths = [_path(code, divisions.names) for code, name in divisions.names.items() if name not in _NAMELESS]
        near = get_close_matches(text, paths, 1) or get_close_matches(text, divisions.spellings, 1)
        if near:
            return FieldProblem("FLD018", "No division has this name", hint=N_("Did you mean {near}?"), near=near[0])
    return FieldProblem("FLD018", "No division has this name", hint=N_("Write the name, such as 广东省深圳市"))


def _readings(text: str, above: str, divisions: _Divisions) -> Iterator[tuple[int, str]]:
    """Every way to read `text` as nested names below `above`: (names shortened, code)."""
    for end in range(2, len(text) + 1):
        for code, shortened in divisions.spellings.get(text[:end], ()):
            if not code.startswith(above) or len(_stem(code)) <= len(above):
                continue
            if end == len(text):
                yield int(shortened), code
            else:
                yield from (
                    (int(shortened) + more, below) for more, below in _readings(text[end:], _stem(code), divisions)
                )


def _stem(code: str) -> str:
    """The digits that a division's parts share."""
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def region_name(code: str, options: Options | None = None) -> str:
    """The full name of a six-digit code, such as 广东省深圳市; text of `free` regions unchanged."""
    return _path(code, _divisions(_extra(options or {})).names)


def region_name_in(listed: bytes, code: str, options: Options | None = None, *, told: bytes = b"") -> str:
    """Like `region_name`, from the list's own text: a few codes cost nothing there, reading it all 60 ms.

    `told` is the list of another language (lines of code and name): `Shenzhen, Guangdong`, the smallest first.
    A division it does not have keeps its Chinese name.
    """
    if not re.fullmatch(r"[0-9]{6}", code):
        return code
    return (_elsewhere(told, code, options or {}) if told else "") or _path(
        code, _levels(listed, code) | dict(_extra(options or {}))
    )


def _elsewhere(told: bytes, code: str, options: Options) -> str:
    """The path of a code in another language; empty when the division itself has no name there."""
    added = options.get("extra", {})
    pair = added.get(code) if isinstance(added, Mapping) else None
    own = str(pair[1]) if isinstance(pair, list) and len(pair) == _PAIR else _line_of(told, code)
    above = [_line_of(told, level) for level in (f"{code[:4]}00", f"{code[:2]}0000") if level != code]
    return ", ".join(name for name in (own, *above) if name) if own else ""


def _line_of(told: bytes, code: str) -> str:
    at = told.find(f"\n{code} ".encode())
    return told[at + len(code) + 2 : told.index(b"\n", at + 1)].decode() if at >= 0 else ""


def _levels(listed: bytes, code: str) -> dict[str, str]:
    """The province, city and county of a code as far as they are in force, as `_divisions` names them."""
    begin = listed.find(f"\n{code[:2]} ".encode())
    end = _NEXT_PROVINCE.search(listed, begin + 1) if begin >= 0 else None
    found = {}
    for level in (f"{code[:2]}0000", f"{code[:4]}00", code):
        mark = f'\n  {level[2:]} county="'.encode()
        at = listed.find(mark, begin, end.start() if end else len(listed)) if begin >= 0 else -1
        history = listed[at + len(mark) : listed.index(b'"', at + len(mark))].decode() if at >= 0 else ""
        name = _present_name(history) if history and level not in _STALE else None
        if name is not None:
            found[level] = name
    return found


def leading_region(text: str) -> tuple[str, str]:
    """The division that `text` begins with and what follows it: 深圳市天润 → (440300, 天润); ("", text) for none.

    Provinces and cities count in any spelling, counties only in full: 和平 and 新华 begin too many names.
    """
    divisions = _divisions(())
    code = ""
    while True:
        below = _stem(code) if code else ""
        for end in range(min(len(text), _LONGEST_DIVISION), 1, -1):
            found = _one_division(text[:end], below, divisions)
            if found:
                code, text = found, text[end:]
                break
        else:
            return code, text


def _one_division(name: str, below: str, divisions: _Divisions) -> str:
    """The one division so called below `below`, the widest where a province and a city share the name; else ""."""
    codes = {
        code
        for code, shortened in divisions.spellings.get(name, ())
        if code.startswith(below) and len(_stem(code)) > len(below) and (code.endswith("00") or not shortened)
    }
    widest = min((len(_stem(code)) for code in codes), default=0)
    first = [code for code in codes if len(_stem(code)) == widest]
    return first[0] if len(first) == 1 else ""


def _path(code: str, names: Mapping[str, str]) -> str:
    if code not in names:
        return code
    levels = dict.fromkeys((f"{code[:2]}0000", f"{code[:4]}00", code))
    return "".join(names[level] for level in levels if level in names and names[level] not in _NAMELESS)


def _extra(options: Options) -> tuple[tuple[str, str], ...]:
    extra = options.get("extra", {})
    if not isinstance(extra, Mapping):
        raise bad_option("extra")
    pairs = tuple(
        (str(code), str(name[0] if isinstance(name, list) and name else name)) for code, name in extra.items()
    )
    if any(not re.fullmatch(r"[0-9]{6}", code) for code, _name in pairs):
        raise bad_option("extra")
    return pairs


@lru_cache(maxsize=4)
def _divisions(extra: tuple[tuple[str, str], ...]) -> _Divisions:
    names: dict[str, str] = {}
    gone: set[str] = set(_STALE)
    for code, history in _listed():
        name = _present_name(history)
        if name is None or code in _STALE:
            gone.add(code)
        else:
            names[code] = name
    names.update(extra)
    spellings: dict[str, set[tuple[str, bool]]] = {}
    for code, name in names.items():
        if name not in _NAMELESS:
            for spelling in (name, _shortened(code, name)):
                spellings.setdefault(spelling, set()).add((code, spelling != name))
    return _Divisions(
        names, {spelling: frozenset(codes) for spelling, codes in spellings.items()}, frozenset(gone - set(names))
    )


def _listed() -> Iterator[tuple[str, str]]:
    from stdnum import numdb

    for _length, province, _high, _properties, rows in numdb.get("cn/loc").prefixes:
        for _row_length, row, _row_high, properties, _below in rows:
            yield province + row, properties["county"]


def _present_name(history: str) -> str | None:
    """The name in force of `[1983-1998]石拐矿区,[1999-]石拐区`; None when all have ended."""
    for entry in history.split(","):
        span, bracket, name = entry.removeprefix("[").partition("]")
        if not bracket:
            return entry
        if span.endswith("-"):
            return name
    return None


def _shortened(code: str, name: str) -> str:
    level = 0 if code.endswith("0000") else 1 if code.endswith("00") else 2
    short = _ENDINGS[level].sub("", name)
    return short if len(short) >= 2 else name


def _schema(options: Options) -> JsonSchema:
    return {"type": "string"} if options.get("free") is True else {"type": "string", "pattern": "^[0-9]{6}$"}


REGION = FieldType("region", "TEXT", "广东省深圳市", _read, _schema, options=frozenset({"free", "extra"}))
