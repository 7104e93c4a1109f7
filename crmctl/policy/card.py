"""Whether the packs say anything beside a customer's card: asked before the rules themselves are read."""

from __future__ import annotations

from collections.abc import Mapping

from crmctl.model.values import Value

SECTIONS = ("grade", "axes", "card", "segments")  # the main axis, further ones, counters, types of customers


def says_more(raw: Mapping[str, Value]) -> bool:
    """Whether any policy file among the clear ones grades customers or wants a counter on the card."""
    files = (content for path, content in raw.items() if path.startswith("policy/"))
    return any(isinstance(content, dict) and any(content.get(name) for name in SECTIONS) for content in files)
