"""Field types `text` (one line) and `note` (many lines)."""

from __future__ import annotations

from crmctl.model.fields.characters import clean_line, clean_note
from crmctl.model.fields.field_type import FieldType, JsonSchema, Options, count_option

LINE_LIMIT = 500
NOTE_LIMIT = 20_000


def _read_text(raw: object, options: Options) -> str:
    return clean_line(raw, count_option(options, "max", LINE_LIMIT))


def _read_note(raw: object, options: Options) -> str:
    return clean_note(raw, count_option(options, "max", NOTE_LIMIT))


def _text_schema(options: Options) -> JsonSchema:
    return {"type": "string", "minLength": 1, "maxLength": count_option(options, "max", LINE_LIMIT)}


def _note_schema(options: Options) -> JsonSchema:
    return {"type": "string", "minLength": 1, "maxLength": count_option(options, "max", NOTE_LIMIT)}


TEXT = FieldType("text", "TEXT", "三楼东侧仓库", _read_text, _text_schema, options=frozenset({"max", "scheme"}))
NOTE = FieldType("note", "TEXT", "客户希望九月前交货。", _read_note, _note_schema, options=frozenset({"max"}))
