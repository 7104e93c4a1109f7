"""What a YAML record holds: text, whole numbers, yes/no, nothing, lists and mappings. Never floats."""

from __future__ import annotations

from typing import TypeAlias

Value: TypeAlias = bool | int | str | list["Value"] | dict[str, "Value"] | None
