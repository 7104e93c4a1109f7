"""Scenes as they are written: in both languages, by people who are there, in an order that can be played."""

from __future__ import annotations

from datetime import date

import pytest

from crmctl.demo.playing import said
from crmctl.demo.scene import all_scenes, in_language
from crmctl.demo.texts import read_texts
from crmctl.demo.words import filled
from crmctl.report.question import Asked

TODAY = date(2026, 3, 2)


def test_a_text_of_both_languages_is_told_in_one() -> None:
    told = {
        "name": {"zh": "茶楼", "en": "Teahouse"},
        "areas": [{"zh": "东湖", "en": "East Lake"}],
        "plan": {"capacity": 3},
    }
    assert in_language(told, "zh") == {"name": "茶楼", "areas": ["东湖"], "plan": {"capacity": 3}}
    assert in_language(told, "en") == {"name": "Teahouse", "areas": ["East Lake"], "plan": {"capacity": 3}}


def test_words_are_filled_in_however_deep() -> None:
    assert filled({"a": ["$x", {"b": "$y z"}], "c": 1, "d": "x"}, str.upper) == {
        "a": ["X", {"b": "Y Z"}],
        "c": 1,
        "d": "x",
    }


@pytest.mark.parametrize(
    ("word", "stands_for"),
    [
        ("day", "2026-02-27"), ("day+3", "2026-03-02"), ("today-2", "2026-02-28"), ("month", "2026-02"), ("year", "2026"),
        ("last_month", "2026-02"), ("last_quarter", "2025Q4"),
    ],
)  # fmt: skip
def test_a_word_stands_for_a_day_or_a_period(word: str, stands_for: str) -> None:
    assert said(word, date(2026, 2, 27), TODAY) == stands_for


def test_both_languages_tell_the_same_scenes() -> None:
    chinese, english = all_scenes("zh_CN"), all_scenes("en")
    assert [scene.name for scene in chinese] == [scene.name for scene in english] == ["bank", "channel", "power"]
    for one, other in zip(chinese, english, strict=True):
        assert one.firm.company != other.firm.company
        assert [(step.on, step.by, step.add, step.advance) for step in one.steps] == [
            (step.on, step.by, step.add, step.advance) for step in other.steps
        ]


def test_people_have_ids_of_their_own_since_all_keys_lie_in_one_folder() -> None:
    people = [person.id for person in read_texts("en").people]
    for scene in all_scenes("en"):
        people += [person.id for person in scene.firm.people]
        assert {step.by for step in scene.steps} <= set(people)
    assert len(people) == len(set(people))


def test_each_step_is_one_act_about_what_was_called_before() -> None:
    for scene in all_scenes("en"):
        called: set[str] = set()
        for step in scene.steps:
            assert sum(map(bool, (step.add, step.advance, step.approve))) == 1
            assert {step.of, step.advance} - {None} <= called, step
            called |= {step.called} - {None}
        assert {page.customer for page in scene.pages} - {None} <= called
        assert all(isinstance(page.asked, Asked) for page in scene.pages)
