"""Words in the data of a demo company that begin with `$`: `$day+30`, `$text events`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def filled(value: Any, said: Callable[[str], object]) -> Any:
    """The value with each such word, however deep, replaced by what `said` answers to it (without the `$`)."""
    if isinstance(value, Mapping):
        return {key: filled(inner, said) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, said) for inner in value]
    return said(value[1:]) if isinstance(value, str) and value.startswith("$") else value
