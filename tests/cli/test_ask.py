"""Questions: never without a terminal, never hanging."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from crmctl.cli import ask
from crmctl.errors import Aborted, NoKey, UsageError


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`types(text)`: a person at a terminal types that, then nothing more."""

    def type_in(text: str) -> None:
        monkeypatch.setattr(ask, "can_ask", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return type_in


def test_without_a_terminal_nothing_is_asked() -> None:
    with pytest.raises(UsageError) as caught:
        ask.confirm("Sure?")
    assert "--yes" in str(caught.value.hint)
    with pytest.raises(UsageError) as caught:
        ask.ask_text("Phone", option="--set phone=…")
    assert caught.value.hint == "Give it with --set phone=…"
    with pytest.raises(NoKey) as locked:
        ask.ask_passphrase("Passphrase")
    assert "unlock" in str(locked.value.hint)


def test_yes_beforehand_needs_no_terminal() -> None:
    ask.confirm("Sure?", yes=True)


@pytest.mark.parametrize("word", ["y\n", "YES\n", "是\n", "好\n"])
def test_agreement(types: Callable[[str], None], word: str) -> None:
    types(word)
    ask.confirm("Sure?")


@pytest.mark.parametrize("word", ["n\n", "\n", "", "yep\n"])
def test_anything_else_aborts(types: Callable[[str], None], word: str) -> None:
    types(word)
    with pytest.raises(Aborted):
        ask.confirm("Sure?")


def test_text_default_and_empty(types: Callable[[str], None]) -> None:
    types("\n 13800138000 \n")
    assert ask.ask_text("Phone", option="--phone", default="none") == "none"
    assert ask.ask_text("Phone", option="--phone") == "13800138000"


def test_empty_text_is_not_asked_for_ever(types: Callable[[str], None]) -> None:
    types("\n" * 9)
    with pytest.raises(Aborted):
        ask.ask_text("Phone", option="--phone")


def test_passphrases(monkeypatch: pytest.MonkeyPatch, types: Callable[[str], None]) -> None:
    types("")
    typed = iter(["one", "two", "three", "three"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt, stream: next(typed))  # noqa: ARG005
    assert ask.ask_passphrase("New passphrase", repeat=True) == "three"


def test_passphrases_that_never_agree(monkeypatch: pytest.MonkeyPatch, types: Callable[[str], None]) -> None:
    types("")
    typed = iter("abcdefgh")
    monkeypatch.setattr("getpass.getpass", lambda _prompt, stream: next(typed))  # noqa: ARG005
    with pytest.raises(Aborted):
        ask.ask_passphrase("New passphrase", repeat=True)


def test_a_prompt_is_harmless(types: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    types("x\n")
    ask.ask_text("\x1b[2JPhone\u202e", option="--phone")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "Phone: ")
