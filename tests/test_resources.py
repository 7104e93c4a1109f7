"""Shipped files are found in a checkout and in a wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl import resources


def test_the_checkouts_own_folders_are_found() -> None:
    assert (resources.data_path("schemas") / "customer.yaml").is_file()
    assert (resources.packs_path() / "base.yaml").is_file()


def test_what_a_wheel_brings_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tmp_path / "crmctl" / "_data" / "schemas"
    shipped.mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "crmctl")
    assert resources.data_path("schemas") == shipped
    assert resources.data_path("templates") == tmp_path / "templates"
