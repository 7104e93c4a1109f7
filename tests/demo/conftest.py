"""The demo company, built once for all its tests: a hundred and twenty customers, in English, on one day."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from crmctl import i18n
from crmctl.demo.build import Built, build

NOW = "2026-11-20T15:00:00+08:00"


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Enough customers for a VIP seat, and for who waits for it."""
    before, language = os.environ.get("CRMCTL_NOW"), (i18n._language, i18n._translations)
    os.environ["CRMCTL_NOW"] = NOW
    i18n.set_language("en")
    try:
        yield build(tmp_path_factory.mktemp("demo") / "demo", customers=120)
    finally:
        i18n._language, i18n._translations = language
        os.environ.pop("CRMCTL_NOW", None) if before is None else os.environ.update(CRMCTL_NOW=before)
