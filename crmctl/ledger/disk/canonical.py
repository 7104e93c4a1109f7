"""The one canonical byte form of a value as YAML, the same for ever and on every machine.

Written here, not by libyaml, so that a library's new version never changes a record's bytes.
Text stands plain only where every YAML 1.1 and 1.2 reader takes it for the same text: it starts
with a letter, `_`, `/` or `(` and is no word such as `no` or `null`. Other text stands in double
quotes; text of several lines as a literal block where that needs no escapes and hides no blanks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from crmctl.errors import InvalidInput
from crmctl.i18n import _
from crmctl.model.values import Value

MAX_DEPTH = 32
MAX_KEY = 128  # a quoted key must stay within the 1,024 characters a YAML reader looks ahead
INT_MIN, INT_MAX = -(2**63), 2**63 - 1

_LETTERS = (
    "\u00a1-\u00ac\u00ae-\u0600\u0606-\u167f\u1681-\u180d\u180f-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\u2fff\u3001-\ud7ff"
    "\uf900-\ufefe\uff00-\ufff8\U00010000-\U000effff"
)
_INNER = rf"A-Za-z0-9_/().+@=%&*;<>|!?'\"~^$,\-{_LETTERS}"
# `y`, `off` and the like are booleans to YAML 1.1, whatever their case
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
# breaks of YAML 1.1, marks of direction and width nobody sees, and what no file can hold raw
_HIDDEN = "\x0b-\x1f\x7f-\xa0\xad\u0600-\u0605\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"


# Compiled when first needed: these take some milliseconds, and most commands only read.
@cache
def _plain() -> re.Pattern[str]:
    return re.compile(rf"[A-Za-z_/({_LETTERS}](?:[ :]?[{_INNER}])*")


@cache
def _escaped() -> re.Pattern[str]:
    return re.compile(f'["\\\\\x00-\x0a{_HIDDEN}]')


@cache
def _unfit() -> re.Pattern[str]:
    return re.compile(f"[\x00-\x09{_HIDDEN}]| (?:\n|$)")


_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def dump(value: Value) -> bytes:
    """The canonical UTF-8 bytes of `value`: block style, keys in the order given, LF at the end.

    Raises InvalidInput for what no ledger file may hold: more than 32 levels, keys of more than 128
    characters, integers over 64 bits, lone surrogates; TypeError for anything that is no Value.
    """
    lines: list[str] = []
    _node(value, "", "", 0, lines.append)
    lines.append("")
    try:
        return "\n".join(lines).encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInput(
            _("A text holds half a character (a lone surrogate)"), hint=_("Type that text again")
        ) from None


def _node(value: Value, lead: str, indent: str, depth: int, line: Callable[[str], None]) -> None:
    """Write `value` after `lead`, the begun line (`key:` or `-`), its children under `indent`."""
    space = " " if lead and not lead.endswith(" ") else ""
    if isinstance(value, str):
        line(lead + space + _text(value, indent if lead else None))
        return
    if isinstance(value, (dict, list)):
        depth += 1
        if depth > MAX_DEPTH:
            raise InvalidInput(
                _("Nested more than {limit} levels deep", limit=MAX_DEPTH), hint=_("Split the file or flatten it")
            )
        if value:
            _children(value, lead, indent, depth, line)
            return
    line(lead + space + _atom(value))


def _children(
    value: dict[str, Value] | list[Value], lead: str, indent: str, depth: int, line: Callable[[str], None]
) -> None:
    # after `- ` the first child stands on the dash's own line
    begun = lead if lead.endswith(" ") else indent
    if lead and begun is indent:
        line(lead)
    deeper = indent + "  "
    if isinstance(value, dict):
        for key, item in value.items():
            _node(item, f"{begun}{_key(key)}:", deeper, depth, line)
            begun = indent
    else:
        for item in value:
            _node(item, f"{begun}- ", deeper, depth, line)
            begun = indent


def _atom(value: Value) -> str:
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        if INT_MIN <= value <= INT_MAX:
            return int.__repr__(value)
        raise InvalidInput(_("A whole number is too large (64 bits at most)"), hint=_("Write it as text, in quotes"))
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[]"
    raise TypeError(f"not a value of a ledger file: {type(value).__name__}")


def _key(key: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key is text, not {type(key).__name__}")
    if len(key) > MAX_KEY:
        raise InvalidInput(
            _("A name is longer than {limit} characters", limit=MAX_KEY), hint=_("Put long text into the value")
        )
    return _text(key, None)


def _text(text: str, indent: str | None) -> str:
    """`text` as a scalar; only with an `indent` may it be a literal block."""
    if _plain().fullmatch(text) and text.lower() not in _WORDS:
        return text
    if indent is not None and "\n" in text and _fits_literal(text):
        body = text.removesuffix("\n")
        inner = "\n".join(indent + row if row else "" for row in body.split("\n"))
        return f"{'|-' if body is text else '|'}\n{inner}"
    return f'"{_escaped().sub(_escape, text)}"'


def _fits_literal(text: str) -> bool:
    return text[0] not in " \n" and not text.endswith("\n\n") and not _unfit().search(text)


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    return _SHORT.get(char) or (f"\\x{code:02X}" if code < 256 else f"\\u{code:04X}")
