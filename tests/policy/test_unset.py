"""Values nobody has set: which rules wait for each, and whether they stay open meanwhile."""

from __future__ import annotations

import json

import pytest

from crmctl.ledger.setup.policy_files import adopt, set_value
from crmctl.model.values import Value
from crmctl.policy.unset import Unset, unset_values
from tests.company import Company
from tests.requirements.proving import in_chinese, says

TEXT: Value = ["问", "Ask"]


def test_each_value_names_the_rules_that_wait_for_it() -> None:
    low: dict[str, Value] = {
        "needs": {"beds": {"is": "int", "label": ["床位", "Beds"]}},
        "clocks": [
            {"code": "OWN001", "within": "$limit", "unset": "open", "by": "$hour", "text": TEXT},
            {"code": "OWN002", "within": "$other days", "text": TEXT},
            {"code": "OWN003", "within": "$known", "text": TEXT},
        ],
    }
    high: dict[str, Value] = {"clocks": [{"code": "OWN002", "every": {"months": "$months"}, "text": ["轮", "Round"]}]}
    assert unset_values([low, high], {"known": "1 day", "limit": None}) == [
        Unset("beds", (("床位", "Beds"),), (), "nothing"),
        Unset("limit", (("问", "Ask"),), ("OWN001",), "open"),
        Unset("hour", (("问", "Ask"),), ("OWN001",), "runs"),
        Unset("months", (("轮", "Round"),), ("OWN002",), "nothing"),
    ]


def test_policy_show_tells_what_does_not_run_until_the_company_decides(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    adopt(company.ledger(), "p23")
    said = says(company, capsys, "policy", "show")
    assert "satisfaction_months\tSatisfaction survey of the period\tnothing is asked" in said
    assert "inquiry_within\tInquiry to answer\topen, never late" in said
    assert "vip_beds\tBeds for VIP\tnothing is asked" in said
    with in_chinese():
        assert "inquiry_within\t待答复的咨询\t列为待办，但不算逾期" in says(company, capsys, "policy", "show")
    unset = {one["name"] for one in json.loads(says(company, capsys, "policy", "show", "--json"))["data"]["unset"]}
    assert {"satisfaction_months", "vip_beds"} <= unset
    set_value(company.ledger(), "satisfaction_months", "11")
    assert "Satisfaction survey of the period" not in says(company, capsys, "policy", "show")
