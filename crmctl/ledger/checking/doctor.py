"""Look over machine, keys and copy; say of each what is in order, and put right what can be.

Every examination stands alone: one that fails is a finding itself and stops no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from crmctl.errors import CrmctlError, NotFound
from crmctl.i18n import N_
from crmctl.ledger.checking.doctor_copy import COPY, ONLINE
from crmctl.ledger.checking.doctor_machine import MACHINE
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.patient import Examination, Patient
from crmctl.model.findings import Finding, Severity


@dataclass(frozen=True, slots=True)
class Examined:
    """The outcome of one examination: what is (still) wrong, and what was mended."""

    name: str
    about: str
    findings: tuple[Finding, ...]
    mended: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is left that needs anybody."""
        return all(finding.severity == "info" for finding in self.findings)


def examine(folder: Path | None, home: Path, *, fix: bool = False, online: bool = False) -> list[Examined]:
    """Make every examination; with `fix` mend what can be mended and look again. Never raises for what it finds."""
    patient = _admit(folder or Path(), home)
    examinations = [*MACHINE, *(COPY if patient.repo else []), *(ONLINE if online and patient.repo else [])]
    done = [_examined(examination, patient, fix=fix) for examination in examinations]
    return [*_trouble(patient), *done]


def _admit(folder: Path, home: Path) -> Patient:
    try:
        ledger = Ledger.find(folder)
    except CrmctlError as error:
        return Patient(folder, home, trouble=error)
    return Patient(ledger.repo.path, home, ledger.repo, ledger)


def _trouble(patient: Patient) -> Iterator[Examined]:
    if patient.trouble is None:
        return
    none_here = isinstance(patient.trouble, NotFound)
    yield Examined("ledger", N_("The ledger"), (_failed(patient.trouble, "info" if none_here else "error"),))


def _examined(examination: Examination, patient: Patient, *, fix: bool) -> Examined:
    found = _guarded(examination.look, patient)
    mended: list[str] = []
    if fix and examination.mend and any(finding.severity != "info" for finding in found):
        try:
            mended = list(examination.mend(patient))
        except (CrmctlError, OSError) as error:
            found = [*_guarded(examination.look, patient), _failed(error)]
        else:
            found = _guarded(examination.look, patient)
    return Examined(examination.name, examination.about, tuple(found), tuple(mended))


def _guarded(look: Callable[[Patient], Iterable[Finding]], patient: Patient) -> list[Finding]:
    try:
        return list(look(patient))
    except CrmctlError as error:
        return [_failed(error), *error.findings]
    except OSError as error:
        return [_failed(error)]


def _failed(error: CrmctlError | OSError, severity: Severity = "error") -> Finding:
    if isinstance(error, OSError):
        return Finding("DOC001", "{why}", "error", str(error.filename or ""), "", {"why": error.strerror or "?"})
    hint = "{hint}" if error.hint else ""
    return Finding("DOC001", "{why}", severity, error.where or "", "", {"why": error.what, "hint": error.hint}, hint)
