"""The one clock: fixed by CRMCTL_NOW, in the ledger's zone, in whole seconds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crmctl import clock
from crmctl.errors import BadConfiguration


@pytest.mark.parametrize(
    ("fixed", "zone", "expected"),
    [
        ("2026-11-22", "Asia/Shanghai", "2026-11-22T00:00:00+08:00"),
        ("2026-11-22T10:00", "Asia/Shanghai", "2026-11-22T10:00:00+08:00"),
        ("2026-11-22T10:00:00.9+08:00", "Asia/Shanghai", "2026-11-22T10:00:00+08:00"),
        ("2026-11-21T20:00:00Z", "Asia/Shanghai", "2026-11-22T04:00:00+08:00"),
        ("2026-11-22T10:00:00+08:00", "Europe/Berlin", "2026-11-22T03:00:00+01:00"),
    ],
)
def test_the_moment_is_the_ledgers_local_one(
    monkeypatch: pytest.MonkeyPatch, fixed: str, zone: str, expected: str
) -> None:
    monkeypatch.setenv("CRMCTL_NOW", fixed)
    assert clock.now(zone).isoformat() == expected


@pytest.mark.parametrize("fixed", ["now", "2026-13-01", "22.11.2026", " ", "0001-01-01", "9999-12-31"])
def test_a_fixed_moment_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, fixed: str) -> None:
    monkeypatch.setenv("CRMCTL_NOW", fixed)
    with pytest.raises(BadConfiguration, match="CRMCTL_NOW"):
        clock.now()


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "/etc/localtime", "Asia/Shang\0hai"])
def test_a_zone_that_is_none_is_told(zone: str) -> None:
    with pytest.raises(BadConfiguration, match="time zone"):
        clock.now(zone)


def test_without_a_fixed_moment_it_is_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRMCTL_NOW", raising=False)
    before = datetime.now(UTC).replace(microsecond=0)
    moment = clock.now("Europe/Berlin")
    assert before <= moment <= datetime.now(UTC)
    assert moment.microsecond == 0
