"""Guidance, posts and flows as packs write them: read, laid over each other, and every fault named."""

from __future__ import annotations

import pytest

from crmctl.model.values import Value
from crmctl.policy.arrows import NEW, lay_arrows
from crmctl.policy.flows import flow_arrows, flow_faults, flow_words, read_flows, unwritten
from crmctl.policy.guidance import guidance_faults, read_guidance
from crmctl.policy.pack import lay_over, read_pack
from crmctl.policy.posts import post_faults, read_posts

FLOW: dict[str, Value] = {
    "name": "dig", "label": ["挖掘", "Digging"], "owner": "boss", "code": "OWN001", "text": ["由主管统筹", "The boss's"],
    "steps": [],
}  # fmt: skip
STEP: dict[str, Value] = {"text": ["看", "Look"], "who": "boss", "within": "3 days"}


def faults(flow: dict[str, Value]) -> list[tuple[str, str]]:
    return [(one.code, one.field) for one in flow_faults({"flows": [flow]}, {"boss"}, {})]


def test_a_later_flow_takes_the_place_of_the_earlier_one_with_its_rules() -> None:
    later = {**FLOW, "owner": "clerk", "steps": [STEP]}
    (flow,) = read_flows([{"pack": "low", "flows": [FLOW]}, {"pack": "own", "flows": [later]}])
    assert (flow.pack, flow.owner, [step.within for step in flow.steps]) == ("own", "clerk", ["3 days"])
    assert flow_words([flow]) == {"dig": ("挖掘", "Digging")}
    lower, upper = flow_arrows(read_flows([{"flows": [FLOW]}])), flow_arrows([flow])
    laid = lay_arrows(lower, upper)
    assert {rule.by for rule in laid} == {("clerk",)}
    assert [rule.after for rule in laid if rule.fits(NEW, "done", {"flow": "dig"})] == ["done"]
    assert not any(rule.fits(NEW, "done", {"flow": "other"}) for rule in laid)


def test_the_flows_of_packs_are_the_words_of_a_field() -> None:
    packs = [read_pack({"pack": name, "flows": [{**FLOW, "name": name}]}, name) for name in ("a", "b")]
    assert [found for _pack, found in packs] == [[], []]
    assert list(lay_over([pack for pack, _found in packs]).vocab["flow"]) == ["a", "b"]


@pytest.mark.req("R-SEC-22")
def test_what_is_wrong_with_a_flow_is_named() -> None:
    assert faults({**FLOW, "steps": [STEP]}) == []
    assert faults({**FLOW, "owner": "bos"}) == [("POL014", "flows.0")]
    assert faults({**FLOW, "kinds": ["visit"]}) == [("POL010", "flows.0")]
    assert faults({**FLOW, "of": "visit", "steps": [{**STEP, "state": "planned"}]}) == [
        ("POL010", "flows.0"), ("POL037", "flows.0.steps")]  # fmt: skip
    assert faults({**FLOW, "step": []}) == [("POL001", "flows.0.step")]
    assert faults({**FLOW, "steps": [{**STEP, "within": "soon"}]}) == [("POL003", "flows.0.steps.0.within")]
    assert faults({**FLOW, "label": "Digging"}) == [("POL002", "flows.0.label")]
    assert faults({name: value for name, value in FLOW.items() if name != "code"}) == [("POL002", "flows.0.code")]
    (told,) = unwritten(read_flows([{"flows": [FLOW, {**FLOW, "name": "full", "steps": [STEP]}]}]))
    assert (told.code, told.severity, told.args["names"]) == ("POL022", "warning", "dig")


def test_posts_and_guidance_are_read_and_their_faults_named() -> None:
    duty: dict[str, Value] = {"text": ["做", "Do"], "kinds": ["visit"], "flows": ["dig"]}
    low: dict[str, Value] = {"pack": "low", "posts": {"boss": {"duties": [duty], "rights": []}, "clerk": {}}}
    own: dict[str, Value] = {"pack": "own", "posts": {"boss": {"title": ["头", "Head"], "duties": []}}}
    assert [(post.role, post.pack, len(post.duties)) for post in read_posts([low, own])] == [
        ("boss", "low", 1), ("clerk", "low", 0), ("boss", "own", 0)]  # fmt: skip
    assert [post.pack for post in read_posts([low, {**own, "pack": "company"}])] == ["low", "company"]
    found = [(one.code, one.field) for one in post_faults(low, {"boss"}, (), ())]
    assert found == [
        ("POL010", "posts.boss.duties.0.kinds"), ("POL004", "posts.boss.duties.0.flows"), ("POL014", "posts.clerk"),
    ]  # fmt: skip
    said: dict[str, Value] = {"topic": "manners", "for": ["boss"], "text": ["好", "Well"], "clause": "1"}
    pack: dict[str, Value] = {
        "pack": "low",
        "guidance": [said],
        "vocab": {"guidance_topic": {"manners": ["礼", "Manners"]}},
    }
    (one,) = read_guidance([pack])
    assert (one.about, one.readers) == (("礼", "Manners"), ("boss",))
    anew: dict[str, Value] = {"pack": "own", "guidance": [{**said, "text": ["更好", "Better"]}]}
    assert [told.text[1] for told in read_guidance([pack, anew])] == ["Better"]
    assert list(guidance_faults(pack, {"boss"}, {"manners"})) == []
    assert [(f.code, f.field) for f in guidance_faults(pack, (), ())] == [
        ("POL014", "guidance.0.for"), ("POL004", "guidance.0.topic")]  # fmt: skip
