"""`crmctl help`: topics and commands."""

from __future__ import annotations

import json

import pytest

from crmctl.cli.boundary import main
from crmctl.cli.topics import TOPICS
from crmctl.errors import ExitCode


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_topic_as_json(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", topic, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "crmctl/help/1"
    assert document["data"]["topic"] == topic
    assert len(document["data"]["entries"]) == len(TOPICS[topic].rows)


def test_exit_codes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["help", "exit-codes"])
    page = capsys.readouterr().out
    for code in ExitCode:
        assert f"\n  {int(code)} " in page


def test_words_are_translated_and_json_names_are_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CRMCTL_LANG", "zh_CN")
    main(["help", "words"])
    assert "客户档案" in capsys.readouterr().out
    main(["help", "words", "--json"])
    entries = json.loads(capsys.readouterr().out)["data"]["entries"]
    assert {"name": "dossier", "text": "一个客户的全部资料。"} in entries


def test_help_of_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "help"]) == 0
    by_word = capsys.readouterr().out
    main(["help", "--help"])
    assert capsys.readouterr().out == by_word


def test_help_alone_is_the_front_page(capsys: pytest.CaptureFixture[str]) -> None:
    main(["help"])
    by_word = capsys.readouterr().out
    main(["--help"])
    assert capsys.readouterr().out == by_word
