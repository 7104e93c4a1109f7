"""A company that many tests of a file begin with: made once, copied for each of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.company import NOW, Company

Make = Callable[[Company], Any]


class Preparations:
    """The companies made so far, by the function that makes them, each beside what that function returned."""

    def __init__(self, founded: Company, folder: Callable[[str], Path]) -> None:
        self._founded = founded
        self._folder = folder
        self._made: dict[Make, tuple[Company, Any]] = {}

    def put_into(self, company: Company, make: Make) -> Any:
        """Let an untouched company become what `make` makes of one; what `make` returned."""
        assert company.main() == self._founded.main(), f"{make.__name__} comes first: it replaces the company"
        if make not in self._made:
            self._made[make] = self._first(make)
        made, value = self._made[make]
        company.become(made)
        return _of(company, value, made)

    def _first(self, make: Make) -> tuple[Company, Any]:
        made = self._founded.copy(self._folder("prepared") / "company")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CRMCTL_NOW", NOW)
            patch.setenv("CRMCTL_HOME", str(made.home))
            value = make(made)
        return made, value


def prepared(make: Make) -> Any:
    """Decorate a fixture of a `company` alone: it runs once, and each test gets a copy of what it made.

    It returns nothing, the company, or words and numbers, also several or by name: whatever holds on to the
    company (a ledger, a draft) would hold on to the one that is copied.
    """

    def fixture(company: Company, preparations: Preparations) -> Any:
        return preparations.put_into(company, make)

    fixture.__doc__ = make.__doc__
    return pytest.fixture(name=make.__name__)(fixture)


def _of(company: Company, value: Any, made: Company) -> Any:
    """What `make` returned, of the copy."""
    if value is made:
        return company
    if isinstance(value, tuple):
        return tuple(_of(company, one, made) for one in value)
    if isinstance(value, dict):
        return {name: _of(company, one, made) for name, one in value.items()}
    assert value is None or isinstance(value, str | int), f"{value!r} may hold on to another company"
    return value
