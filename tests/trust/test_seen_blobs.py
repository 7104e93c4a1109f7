"""The set of sealed blobs seen: what was added is in it, however often it was kept and read back."""

from __future__ import annotations

import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from crmctl.trust.seen import SeenBlobs

OIDS = st.binary(min_size=20, max_size=20).map(bytes.hex)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sets(OIDS, max_size=30), max_size=4), st.sets(OIDS, max_size=30))
def test_it_holds_exactly_what_was_added(runs: list[set[str]], others: set[str]) -> None:
    added: set[str] = set()
    with TemporaryDirectory() as name:
        folder, seen = Path(name), SeenBlobs()
        for run in runs:
            for oid in run:
                seen.add(oid)
            added |= run
            loaded = SeenBlobs.load(folder, *seen.save(folder))
            assert loaded is not None
            seen = loaded
        assert all(oid in seen for oid in added)
        assert not any(oid in seen for oid in others - added)
        assert len(seen) == len(added)


def test_many_go_into_a_sorted_file_of_twenty_bytes_each(tmp_path: Path) -> None:
    oids = [secrets.token_bytes(20).hex() for _ in range(5000)]
    seen = SeenBlobs(recent=oids)
    name, recent = seen.save(tmp_path)
    assert (name != "", recent) == (True, [])
    assert (tmp_path / name).stat().st_size == 100_000
    seen.add("00" * 20)
    for oid in oids[:4200]:
        seen.add(oid[::-1])
    second, _rest = seen.save(tmp_path)
    seen.tidy(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [second]
    assert all(oid in seen for oid in ["00" * 20, *oids])


def test_a_damaged_or_missing_file_is_no_set(tmp_path: Path) -> None:
    seen = SeenBlobs(recent=[secrets.token_bytes(20).hex() for _ in range(5000)])
    name, recent = seen.save(tmp_path)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[:-20])
    assert SeenBlobs.load(tmp_path, name, recent) is None
    (tmp_path / name).unlink()
    assert SeenBlobs.load(tmp_path, name, recent) is None


def test_a_copy_grows_by_itself() -> None:
    seen = SeenBlobs(recent=["11" * 20])
    twin = seen.copy()
    twin.add("22" * 20)
    assert "22" * 20 not in seen
    assert {"11" * 20, "22" * 20} == {oid for oid in ("11" * 20, "22" * 20) if oid in twin}
