"""From what a person types to a value of the policy: a number, yes or no, or a text."""

from __future__ import annotations

import re

from crmctl.errors import InvalidInput
from crmctl.i18n import _
from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.setup.setup_check import COMPANY
from crmctl.model.values import Value

_NUMBERS = frozenset({"int", "money", "number", "percent"})
_WORDS: dict[str, Value] = {"true": True, "false": False, "yes": True, "no": False, "是": True, "否": False}


def typed_value(name: str, text: str, kind: str | None, like: Value) -> Value:
    """The value that a text is, of the type a pack says it needs (`kind`), else like what it was.

    Raises InvalidInput for a text of another type.
    """
    return _number(name, text, kind) if kind in _NUMBERS else _typed(name, text, like)


def _typed(name: str, text: str, like: Value) -> Value:
    value = load(text.encode(), name) if re.fullmatch(r"-?[0-9]+", text) else _WORDS.get(text.lower(), text)
    wanted = type(like)
    if like is not None and not isinstance(value, wanted):
        words = {int: _("a whole number"), bool: _("yes or no"), str: _("a text")}
        raise InvalidInput(
            _("{name} is {type}, not {text}", name=name, type=words.get(wanted, _("a list")), text=text),
            where=COMPANY, hint=f"crmctl policy set {name} {like}",
        )  # fmt: skip
    return value


def _number(name: str, text: str, kind: str | None) -> Value:
    """A number as typed: 12,000 as 12000, 12.5 and 15% as they are. Raises InvalidInput for what is none."""
    plain = text.replace(",", "").replace("，", "").strip()
    if re.fullmatch(r"-?[0-9]+", plain):
        return load(plain.encode(), name)
    if kind != "int" and re.fullmatch(r"-?[0-9]+\.[0-9]+%?|-?[0-9]+%", plain):
        return plain
    words = {"int": _("a whole number"), "percent": _("a share such as 15%")}
    wanted = words.get(kind or "", _("a number"))
    raise InvalidInput(_("{name} is {type}, not {text}", name=name, type=wanted, text=text), where=COMPANY)
