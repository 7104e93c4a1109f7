"""Field types `bool` and `choice`."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from crmctl.i18n import N_
from crmctl.model.fields.characters import clean_line, text_of, without_sheet_traces
from crmctl.model.fields.field_type import FieldType, JsonSchema, Options, bad_option
from crmctl.model.fields.problem import FieldProblem
from crmctl.model.values import Value

_YES = frozenset({"是", "yes", "y", "true", "1"})
_NO = frozenset({"否", "no", "n", "false", "0"})
_WORD_LIMIT = 200
_SHOWN = 12


def _folded_word(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _read_bool(raw: object, _options: Options) -> bool:
    if isinstance(raw, bool):
        return raw
    word = _folded_word(clean_line(raw, _WORD_LIMIT))
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise FieldProblem("FLD009", "Yes or no is needed", hint=N_("Write yes or no, 是 or 否"))


def _bool_for_sql(value: Value, _options: Options) -> int:
    return int(value is True)


def choice_labels(options: Options) -> dict[str, tuple[str, str]]:
    """Option `values` as code -> (Chinese, English), in its order. Raises FieldProblem (kind file)."""
    values = options.get("values")
    if not isinstance(values, Mapping):
        raise bad_option("values")
    return {str(code): _pair(label) for code, label in values.items()}


def _pair(label: object) -> tuple[str, str]:
    if isinstance(label, (list, tuple)) and label:
        return str(label[0]), str(label[-1])
    return str(label), str(label)


def _read_choice(raw: object, options: Options) -> str:
    labels = choice_labels(options)
    text = without_sheet_traces(clean_line(text_of(raw), _WORD_LIMIT))
    if text in labels:
        return text
    word = _folded_word(text)
    found = [code for code in labels if _folded_word(code) == word]
    found = found or [code for code, pair in labels.items() if word in map(_folded_word, pair)]
    if len(found) == 1:
        return found[0]
    if found:
        codes = ", ".join(found)
        raise FieldProblem("FLD009", "More than one choice is called so", hint=N_("Write one of: {codes}"), codes=codes)
    raise _unknown(word, labels)


def _unknown(word: str, labels: Mapping[str, tuple[str, str]]) -> FieldProblem:
    from difflib import get_close_matches

    if not labels:
        return FieldProblem("FLD009", "Not one of the choices", hint=N_("The policy in force knows no word for it yet"))
    spellings = {_folded_word(name): code for code, pair in labels.items() for name in (code, *pair)}
    near = get_close_matches(word, spellings, 1, 0.5)
    if near:
        pair = labels[spellings[near[0]]]
        return FieldProblem("FLD009", "Not one of the choices", hint=N_("Did you mean {near}?"), near=list(pair))
    shown = [pair for _code, pair in zip(range(_SHOWN), labels.values(), strict=False)]
    rest = " …" if len(labels) > _SHOWN else ""
    allowed = ["、".join(zh for zh, _en in shown) + rest, ", ".join(en for _zh, en in shown) + rest]
    return FieldProblem("FLD009", "Not one of the choices", hint=N_("Choose from: {allowed}"), allowed=allowed)


def _choice_schema(options: Options) -> JsonSchema:
    labels = choice_labels(options)
    if not labels:
        return {"not": {}}  # a list that waits for its first word takes nothing
    return {"oneOf": [{"const": code, "title": f"{zh} / {en}"} for code, (zh, en) in labels.items()]}


BOOL = FieldType("bool", "INTEGER", "是 / yes", _read_bool, lambda _options: {"type": "boolean"}, _bool_for_sql)
CHOICE = FieldType("choice", "TEXT", "hospital", _read_choice, _choice_schema, options=frozenset({"values"}))
