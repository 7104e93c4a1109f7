"""Files that ship with crmctl: schemas, templates, examples (in the wheel or the checkout)."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
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


@lru_cache(maxsize=2)
def division_names(language: str) -> bytes:
    """What administrative divisions are called in a language but Chinese: lines of code and name; empty for Chinese."""
    file = _PACKAGE / "locale" / language / "divisions.txt"
    return file.read_bytes() if file.is_file() else b""


@lru_cache(maxsize=1)
def divisions_list() -> bytes:
    """The list of administrative divisions that python-stdnum ships; empty where it has none."""
    spec = find_spec("stdnum")  # found, not imported: that takes longer than reading the list
    folders = spec.submodule_search_locations if spec else None
    file = Path(folders[0]) / "cn" / "loc.dat" if folders else None
    return file.read_bytes() if file and file.is_file() else b""
