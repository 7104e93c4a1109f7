"""Act as a member at a moment: the same variables by which a person would say so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path


@contextmanager
def acting(home: Path, now: datetime, member: str | None = None) -> Iterator[None]:
    """CRMCTL_HOME, CRMCTL_NOW and CRMCTL_MEMBER for the block; put back as they were afterwards."""
    wanted = {"CRMCTL_HOME": str(home), "CRMCTL_NOW": now.isoformat(), "CRMCTL_MEMBER": member}
    before = {name: os.environ.get(name) for name in wanted}
    _set(wanted)
    try:
        yield
    finally:
        _set(before)


def _set(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
