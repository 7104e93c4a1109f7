"""Attached files: described once, sealed as described, never read beyond the limit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crmctl.errors import Conflict, InvalidInput, NotFound
from crmctl.ledger.changing import draft
from crmctl.ledger.reading.attached import content_of, describe_file
from crmctl.model.fields.attachment import LARGEST
from tests.company import Company

LICENCE: dict[str, object] = {"what": "business_licence", "number": "A-1"}


def test_a_file_is_described_by_name_type_size_and_hash(tmp_path: Path) -> None:
    scan = tmp_path / "执照.pdf"
    scan.write_bytes(b"%PDF-1.4")
    said = describe_file(scan)
    assert (said["name"], said["type"], said["size"]) == ("执照.pdf", "application/pdf", 8)
    assert content_of(scan, said) == b"%PDF-1.4"


def test_the_largest_file_goes_in_and_one_byte_more_does_not(company: Company, tmp_path: Path) -> None:
    scan = tmp_path / "scan.bin"
    customer = company.customer()
    scan.write_bytes(os.urandom(1024) + bytes(LARGEST - 1024))
    done = company.add("qualification", LICENCE, customer=customer, files={"scan": scan})
    assert any(done.id in path for path, _oid in company.ledger().repo.walk(company.ledger().head, "customers"))
    with scan.open("ab") as file:
        file.write(b"!")
    before = company.ledger().repo.refs()
    with pytest.raises(InvalidInput) as caught:
        company.add("qualification", LICENCE, customer=customer, files={"scan": scan})
    assert [(f.code, f.field) for f in caught.value.findings] == [("FLD022", "scan.size")]
    assert company.ledger().repo.refs() == before


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "nowhere"):
        with pytest.raises(NotFound, match="cannot be read"):
            describe_file(tmp_path / name)


def test_a_file_changed_between_two_looks_is_not_taken(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"one")
    customer = company.customer()
    before = company.ledger().repo.refs()

    def then_changed(files: dict[str, Path] | None) -> dict[str, object]:
        said = {name: describe_file(path) for name, path in (files or {}).items()}
        scan.write_bytes(b"two")
        return dict(said)

    monkeypatch.setattr(draft, "described", then_changed)
    with pytest.raises(Conflict, match="changed while it was read"):
        company.add("qualification", LICENCE, customer=customer, files={"scan": scan})
    assert company.ledger().repo.refs() == before
