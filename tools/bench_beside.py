"""What the commands are held against: the bare loop over the same records, the `age` program, a plain `git commit`."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crmctl.errors import CrmctlError
from crmctl.ledger.ledger import Ledger
from crmctl.model.monthly import fields_of, rows_in
from crmctl.model.validate import Rules, validate

if TYPE_CHECKING:
    from bench_ledger import BenchLedger

Entry = tuple[str, str]
GIT = shutil.which("git") or "git"
_GIT = [
    GIT,
    "-c",
    "user.name=bench",
    "-c",
    "user.email=bench@bench.invalid",
    "-c",
    "gc.auto=0",
    "-c",
    "commit.gpgsign=false",
]


def bare_loop(made: BenchLedger, folder: str, cores: int) -> tuple[int, float]:
    """Unwrap, decrypt, parse and validate every record of one folder's kind, on `cores`. Returns (records, seconds)."""
    ledger = Ledger(made.path, home=made.home)
    entries = [entry for entry in ledger.record_blobs() if f"/{folder}/" in entry[0]]
    started = time.perf_counter()
    if cores < 2:
        _open(made, entries)
    else:
        context = multiprocessing.get_context("fork")
        parts = [(made, entries[number::cores]) for number in range(cores)]
        children = [context.Process(target=_open, args=part) for part in parts]
        for child in children:
            child.start()
        for child in children:
            child.join()
    return len(entries), time.perf_counter() - started


def _open(made: BenchLedger, entries: Sequence[Entry]) -> None:
    ledger = Ledger(made.path, home=made.home)
    in_force = ledger.in_force
    rules = Rules(in_force.pack.vocab, (), in_force.settings.timezone, in_force.settings.currency)
    for path, oid in entries:
        try:
            record = ledger.read(path, oid)
        except CrmctlError:
            continue
        kind = in_force.kinds[record.kind]
        for data in map(fields_of, rows_in(record.data)) if kind.monthly else [record.data]:
            validate(kind, data, rules, path)


def age_program(made: BenchLedger, folder: str, count: int = 30) -> float | None:
    """Seconds the `age` program takes for one record. None where it is not installed."""
    age = shutil.which("age")
    if age is None:
        return None
    ledger = Ledger(made.path, home=made.home)
    entries = [entry for entry in ledger.record_blobs() if f"/{folder}/" in entry[0]][:count]
    with tempfile.TemporaryDirectory() as name:
        secret, sealed = Path(name) / "secret", Path(name) / "sealed"
        spent = 0.0
        for path, oid in entries:
            dossier = ledger.dossier(path.split("/")[2])
            compartment = "/".join(path.split("/")[3:5])
            secret.write_text(ledger.ring.secret(dossier, compartment) + "\n", "ascii")
            sealed.write_bytes(ledger.repo.read_blob(oid))
            started = time.perf_counter()
            subprocess.run([age, "-d", "-i", str(secret), str(sealed)], capture_output=True, check=True)
            spent += time.perf_counter() - started
    return spent / len(entries)


def git_commits(made: BenchLedger, runs: int) -> list[float]:
    """Seconds for `git add` and `git commit` of one changed file in a full checkout of the same files, each time."""
    checkout = made.folder / "checkout"
    if not checkout.is_dir():
        subprocess.run([*_GIT, "clone", "-q", "--local", "-b", "main", str(made.path), str(checkout)], check=True)
    changed = next(path for path in sorted(checkout.glob("customers/*/*/*/*/*/*.age")))
    spent = []
    for _run in range(runs):
        changed.write_bytes(os.urandom(1100))
        started = time.perf_counter()
        subprocess.run([*_GIT, "add", str(changed)], cwd=checkout, check=True)
        subprocess.run([*_GIT, "commit", "-q", "-m", "one record"], cwd=checkout, check=True)
        spent.append(time.perf_counter() - started)
    return spent
