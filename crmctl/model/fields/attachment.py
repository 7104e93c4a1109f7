"""Field type `file`: what a record says of an attachment sealed beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crmctl.model.fields.characters import clean_line
from crmctl.model.fields.field_type import FieldType, JsonSchema, Options
from crmctl.model.fields.names import as_json
from crmctl.model.fields.problem import FieldProblem
from crmctl.model.values import Value

LARGEST = 10 * 1024 * 1024
_KEYS = ("name", "type", "size", "sha256")
_NAME_BYTES = 255
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,80}/[a-z0-9][a-z0-9.+_-]{0,80}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def _read(raw: object, _options: Options) -> Value:
    if not isinstance(raw, Mapping) or set(raw) != set(_KEYS):
        raise FieldProblem("FLD022", "A file is described by name, type, size and sha256")
    return {
        "name": file_name(raw["name"]),
        "type": _matching(raw["type"], _MEDIA_TYPE, "type"),
        "size": _size(raw["size"]),
        "sha256": _matching(raw["sha256"], _SHA256, "sha256"),
    }


def file_name(raw: object) -> str:
    """A bare file name: no path, no drive, no signs a terminal obeys. Raises FieldProblem."""
    try:
        name = clean_line(raw, _NAME_BYTES)
    except FieldProblem as problem:
        raise problem.inside("name") from None
    if name in {".", ".."} or any(sign in name for sign in "/\\:") or len(name.encode()) > _NAME_BYTES:
        raise FieldProblem("FLD022", "Not a bare file name", path="name")
    return name


def _matching(raw: object, pattern: re.Pattern[str], key: str) -> str:
    if not isinstance(raw, str) or not pattern.fullmatch(raw.lower()):
        raise FieldProblem("FLD022", "The file's {key} is malformed", path=key, key=key)
    return raw.lower()


def _size(raw: object) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or raw < 0:
        raise FieldProblem("FLD022", "The file's {key} is malformed", path="size", key="size")
    if raw > LARGEST:
        raise FieldProblem("FLD022", "The file is too large: at most {max} MiB", path="size", max=LARGEST // 2**20)
    return raw


def _schema(_options: Options) -> JsonSchema:
    return {
        "type": "object",
        "required": list(_KEYS),
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": _NAME_BYTES},
            "type": {"type": "string", "pattern": f"^{_MEDIA_TYPE.pattern}$"},
            "size": {"type": "integer", "minimum": 0, "maximum": LARGEST},
            "sha256": {"type": "string", "pattern": f"^{_SHA256.pattern}$"},
        },
    }


FILE = FieldType("file", "TEXT", "licence.pdf", _read, _schema, as_json)
