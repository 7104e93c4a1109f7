"""Every exit code, reached the way a command reaches it."""

from __future__ import annotations

import errno
import json
import subprocess
from collections.abc import Callable

import pytest

from crmctl import errors
from crmctl.cli.boundary import main, run_guarded
from crmctl.cli.topics import EXIT_CODES
from crmctl.errors import CrmctlError, ExitCode

Runner = Callable[..., subprocess.CompletedProcess[str]]

RAISED: dict[ExitCode, BaseException] = {
    ExitCode.USAGE: errors.UsageError("off"),
    ExitCode.ABORTED: errors.Aborted("no"),
    ExitCode.NOT_FOUND: errors.NotFound("nobody"),
    ExitCode.INVALID: errors.InvalidInput("bad"),
    ExitCode.REFUSED: errors.Refused("barred", rule="ADM004"),
    ExitCode.NO_KEY: errors.NoKey("locked"),
    ExitCode.GIT: errors.GitFailed("offline"),
    ExitCode.CONFLICT: errors.Conflict("held"),
    ExitCode.CONFIGURATION: errors.BadConfiguration("broken"),
    ExitCode.TRUST: errors.TrustBroken("forged"),
    ExitCode.BUG: RuntimeError("secret of a customer"),
    ExitCode.INTERRUPTED: KeyboardInterrupt(),
}


def raising(error: BaseException) -> int:
    raise error


@pytest.mark.parametrize(("code", "error"), RAISED.items(), ids=lambda value: getattr(value, "name", ""))
@pytest.mark.parametrize("as_json", [False, True])
def test_each_error_has_its_code(code: ExitCode, error: BaseException, *, as_json: bool) -> None:
    assert run_guarded(lambda: raising(error), as_json=as_json) == code


@pytest.mark.parametrize("code", [ExitCode.DONE, ExitCode.FINDINGS])
def test_a_command_may_return_its_code(code: ExitCode) -> None:
    assert run_guarded(lambda: int(code), as_json=False) == code


def test_every_code_is_covered_and_explained() -> None:
    assert set(RAISED) | {ExitCode.DONE, ExitCode.FINDINGS} == set(ExitCode) == set(EXIT_CODES)


def test_the_numbers_are_fixed_for_ever() -> None:
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 70, 130]


def test_every_error_class_has_a_code_of_its_own() -> None:
    classes = CrmctlError.__subclasses__()
    codes = [kind.exit_code for kind in classes]
    assert ExitCode.BUG not in codes
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("arguments", [["nonsense"], ["--bogus"], ["help", "--bogus"], ["-C"], ["nonsense", "--json"]])
def test_a_wrong_command_line_is_usage(arguments: list[str]) -> None:
    assert main(arguments) == ExitCode.USAGE


def test_an_unknown_topic_is_not_found() -> None:
    assert main(["help", "nope"]) == ExitCode.NOT_FOUND


def test_a_full_disk_is_not_a_bug(capsys: pytest.CaptureFixture[str]) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "objects/pack")
    assert run_guarded(lambda: raising(full), as_json=False) == ExitCode.GIT
    assert "Where: objects/pack" in capsys.readouterr().err


def test_json_names_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["help", "nope", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["data"]["exit_code"] == code == ExitCode.NOT_FOUND


def test_the_program_ends_with_the_code(crmctl: Runner) -> None:
    assert crmctl("help", "nope").returncode == ExitCode.NOT_FOUND
