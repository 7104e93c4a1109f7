"""Files that ship with crmctl: schemas, templates, examples (in the wheel or the checkout)."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def data_path(name: str) -> Path:
    """The folder `schemas`, `templates` or `examples` of this installation.

    An editable install has no `_data`, so the checkout's own folder is the fall-back.
    """
    shipped = _PACKAGE / "_data" / name
    return shipped if shipped.is_dir() else _PACKAGE.parent / name


def packs_path() -> Path:
    """The folder of the shipped policy packs."""
    return _PACKAGE / "packs"
