"""The special channel (P11), market development (P10), a dealer's sales process (P16), a bank's notice (P18)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import InvalidInput, Refused
from crmctl.ledger.affairs.flowing import begin
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.meeting.submitting import submit
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.due import agenda
from crmctl.ledger.setup.enrol import set_roles
from crmctl.ledger.setup.policy_files import adopt, check_policy, set_value
from crmctl.model.org import Role
from crmctl.rules.due_parts import Whose
from crmctl.trust.gate import Gate
from tests.company import Company
from tests.requirements.proving import DAY, in_chinese, lays_down, says

SINCE = date(2026, 1, 1)
NINE = [
    "development_c1", "development_c2", "sell_in_retailer", "sell_in_partner", "promotion", "store_visit",
    "partner_delivery", "monthly_review", "partner_purchase",
]  # fmt: skip


def due(company: Company, member: str = "alice", day: str = DAY, department: str = "east") -> dict[str, str]:
    whose = Whose(frozenset({member}), frozenset({department}))
    found = agenda(company.ledger(), whose, date.fromisoformat(day)).items
    return {item.code: item.id for item in found if member in item.who and item.department == department}


def told(company: Company, capsys: pytest.CaptureFixture[str], *words: str, member: str = "alice") -> Any:
    return json.loads(says(company, capsys, *words, "--json", member=member))["data"]


def table(company: Company, capsys: pytest.CaptureFixture[str], report: str, name: str, *words: str) -> list[Any]:
    found = told(company, capsys, "report", report, "--evidence", *words)["tables"][name]["rows"]
    assert isinstance(found, list)
    return found


def adopted(company: Company, pack: str) -> None:
    adopt(company.ledger(), "base")
    adopt(company.ledger(), pack)


def holds_also(company: Company, member: str, *roles: str) -> None:
    ledger = company.ledger()
    now = ledger.in_force.org.members[member].roles
    set_roles(ledger, member, (*now, *(Role(role, "east", SINCE) for role in roles)))


def rule_of(do: Any, *args: Any, **more: Any) -> str:
    with pytest.raises((Refused, InvalidInput)) as caught:
        do(*args, **more)
    return str(caught.value.rule)


@pytest.mark.req("R-SEC-22")
@pytest.mark.req("R-SEC-23")
def test_the_specialist_coordinates_the_nine_flows_and_the_director_assigns_the_reps(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    adopted(company, "p11")
    holds_also(company, "alice", "specialist")
    holds_also(company, "carol", "office_director")
    flows = told(company, capsys, "flow", "list")
    assert [one["flow"]["name"] for one in flows] == NINE
    assert {one["flow"]["owner"] for one in flows} == {"specialist"}
    assert {tuple(one["held_by"]) for one in flows} == {("alice",)}
    assert [one["flow"]["clause"] for one in flows] == [f"P11:4.{number}" for number in range(1, 10)]
    assert {tuple(one["flow"]["steps"]) for one in flows} == {()}  # lost in the source; the company is told so
    assert [fault.args["names"] for fault in check_policy(company.ledger()) if fault.code == "POL022"] == [
        ", ".join(NINE)
    ]

    steps = "[{text: [走访, Call on it], who: office_director, within: 3 working days}, {text: [签约, Sign], within: 1 month}]"
    lays_down(
        company,
        "flows: [{name: development_c1, label: [C1开发, C1], owner: specialist, code: SEC031, text: [由专员统筹, The specialist's], "
        f"clause: P11:4.1, steps: {steps}}}]\n",
    )
    customer = company.customer(name="Corner Shop")
    company.sync("alice", "carol")
    assert rule_of(begin, company.ledger("carol"), "promotion", {}) == "SEC035"
    entry: dict[str, object] = {"flow": "promotion", "coordinator": "carol", "begun_on": DAY}
    assert rule_of(company.add, "flow_run", entry, "carol", department="east") == "SEC035"
    assert rule_of(company.add, "flow_run", {**entry, "state": "done", "result": "x", "ended_on": DAY}, "carol",
                   department="east") == "SEC035"  # fmt: skip

    made = told(company, capsys, "flow", "start", "development_c1", "--customer", customer)["id"]
    kept = company.ledger().read(lookup.record(company.ledger(), made).path).data
    assert (kept["coordinator"], kept["customer"], kept["begun_on"]) == ("alice", customer, DAY)
    assert kept["steps"] == [
        {"text": "Call on it", "who": "office_director", "by": "carol", "due_on": "2026-11-25"},
        {"text": "Sign", "due_on": "2026-12-25"},
    ]
    assert due(company, "carol", "2026-11-24")["FLW001"] == made
    company.sync("alice", "carol")
    update(company.ledger("carol"), made, {"steps": [{**kept["steps"][0], "done_on": DAY}, kept["steps"][1]]}, Origin())  # type: ignore[dict-item,index]
    ends: dict[str, object] = {"result": "listed", "ended_on": DAY}
    assert rule_of(advance, company.ledger("carol"), made, "done", ends, Origin()) == "SEC031"
    company.sync("carol", "alice")
    assert "FLW001" not in due(company, "carol", "2026-12-24")
    assert due(company, "alice", "2026-12-24")["FLW001"] == made
    advance(company.ledger(), made, "done", ends, Origin())
    assert "FLW001" not in due(company, "alice", "2026-12-24")

    posts = {one["post"]["role"]: one for one in told(company, capsys, "policy", "posts")}
    assert list(posts) == ["specialist", "office_director", "channel_rep"]
    assert posts["office_director"]["held_by"] == ["carol"]
    assert posts["channel_rep"]["post"]["answers_to"] == ["office_director"]
    said = says(company, capsys, "policy", "posts", "specialist")
    assert "Plans the work with class C customers" in said
    assert "GRD034" in said  # what crmctl itself asks for it
    with in_chinese():
        assert "管理区域内全部C类客户" in says(company, capsys, "policy", "posts", "业代处主任")
        assert "每日门店拜访流程" in says(company, capsys, "flow", "list")
        assert "安排特渠业代负责的客户与门店" in says(company, capsys, "report", "posts")

    plan: dict[str, object] = {"name": "New beer", "what": "sell_in", "on": DAY, "plan": "from above", "by": "alice"}
    campaign = company.add("campaign", plan, department="east").id
    assert due(company)["SEC023"] == campaign
    update(company.ledger(), campaign, {"local": "two streets"}, Origin())
    assert "SEC023" not in due(company)

    # who works on a customer is the director's to say: alice's word waits for carol's, carol's counts at once
    company.sync("alice", "carol")
    assert invoke(["-C", str(company.clone("alice")), "team", customer, "--add", "carol"]) == 0
    submit(company.ledger(), gate=Gate())
    company.sync("carol")
    waiting = says(company, capsys, "review", "show", member="carol")
    assert "REV042" in waiting


@pytest.mark.req("R-SEC-24")
def test_stock_days_delivery_rate_and_displays_of_the_channel(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    adopted(company, "p11")
    partner, shop = company.customer(name="Partner Trading", category="dealer"), company.customer(name="Corner Shop")
    made: dict[str, object] = {"name": "Corner", "class": "c1", "address": "1 Road", "partner": partner}
    store = company.add("store", made, customer=shop, department="east").id
    for day, count, score in (("2026-10-20", "90", "70"), ("2026-11-10", "40", "80")):
        stock: dict[str, object] = {
            "on": day, "stock": [{"product": "Beer", "quantity": count, "safe": "50"}], "service_score": score,
        }  # fmt: skip
        company.add("partner_stock", stock, customer=partner, department="east")
    for day, amount in (("2026-10-30", "30.00"), ("2026-11-05", "100.00")):
        sold: dict[str, object] = {
            "date": day, "product": "Beer", "quantity": "20", "amount": amount, "partner": partner, "store": store,
        }  # fmt: skip
        company.add("transaction", sold, customer=shop, department="east")
    order: dict[str, object] = {"store": store, "ordered_on": "2026-11-01", "due_on": "2026-11-04"}
    for goods, more in (
        ({"product": "Beer", "ordered": "30", "delivered": "30"}, {"state": "delivered", "delivered_on": "2026-11-04"}),
        ({"product": "Beer", "ordered": "10", "delivered": "5"}, {"state": "delivered", "delivered_on": "2026-11-06"}),
        ({"product": "Beer", "ordered": "10"}, {}),
        ({"product": "Beer", "ordered": "99"}, {"due_on": "2026-11-28"}),  # not due yet
    ):
        company.add("partner_delivery", {**order, "goods": [goods], **more}, customer=partner, department="east")
    for day, displays in (("2026-10-20", 4), ("2026-11-10", 7)):
        seen: dict[str, object] = {
            "on": day, "topic": "Store", "purpose": "service", "way": "on_site", "whom": "Ms Li", "place": "store", "minimum_goal": "x",
            "result": "done", "goal_met": True, "state": "done", "store": store, "displays": displays,
        }  # fmt: skip
        company.add("visit", seen, customer=shop, department="east")
    (row,) = table(company, capsys, "channel", "stock")
    # forty in stock, twenty sold in the first twenty days of November
    assert [float(row[name]) for name in ("quantity", "sold", "stock_days")] == [40, 20, 40]
    assert row["short"] is True
    (row,) = table(company, capsys, "channel", "delivery")
    assert (row["deliveries"], row["in_time"], float(row["delivery_rate"])) == (3, 1, 70)
    assert [float(row[name]) for name in ("score", "score_before")] == [80, 70]
    (row,) = table(company, capsys, "channel", "stores")
    assert (row["displays"], row["displays_before"], row["amount"], row["before"]) == (7, 4, "100.00", "30.00")
    with in_chinese():
        said = says(company, capsys, "report", "channel")
        assert "库存天数" in said
        assert "配送达成率" in said
    # the indicators are words a company may measure its posts by
    lays_down(
        company,
        "indicators: {specialist: [{name: stock_days, standard: [不超过四十天, At most 40]}, {name: displays}]}\n",
    )
    rows = table(company, capsys, "indicators", "posts")
    assert [row["indicator"] for row in rows if row["role"] == "specialist"] == ["stock_days", "displays"]


@pytest.mark.req("R-SEC-26")
@pytest.mark.req("R-SEC-27")
def test_market_development_has_its_posts_its_plan_and_four_sorts_of_work(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    adopted(company, "p10")
    posts = {one["post"]["role"]: one for one in told(company, capsys, "policy", "posts")}
    above = {role: one["post"]["answers_to"] for role, one in posts.items()}
    assert above == {
        "head": ["management"],
        "deputy": ["head"],
        "supervisor": ["deputy", "head"],
        "sales": ["supervisor"],
    }
    assert all(one["post"]["duties"] and one["post"]["rights"] for one in posts.values())
    assert "Makes the plan and the goals of the year" in says(company, capsys, "policy", "posts", "head")
    with in_chinese():
        assert "协调各下属单位" in says(company, capsys, "policy", "posts", "deputy")

    # the policy is one department's: until the company says which, nobody owes the plan, and then nobody else does
    both = {"SEC027", "SEC040"}
    assert not both & set(due(company, day="2027-01-10"))
    assert "work_plan_departments" in says(company, capsys, "policy", "show")
    says(company, capsys, "policy", "set", "work_plan_departments", "west")
    assert both <= set(due(company, day="2027-01-10", department="west"))
    assert not both & set(due(company, day="2027-01-10"))
    says(company, capsys, "policy", "set", "work_plan_departments", "east")
    assert "SEC027" in due(company, day="2027-01-10")  # no plan for the year yet
    plan: dict[str, object] = {
        "period": "2027", "subject": "Grow in the north", "in_charge": "alice", "set_on": "2027-01-08", "text": "two wards",
    }  # fmt: skip
    assert rule_of(company.add, "work_plan", {**plan, "in_charge": None}, department="east")
    made = company.add("work_plan", plan, department="east").id
    assert "SEC027" not in due(company, day="2027-01-10")
    measures = [
        {"text": "Hire", "by": "carol", "due_on": "2026-11-01"},
        {"text": "Fair", "by": "alice", "due_on": "2026-12-01"},
    ]
    advance(company.ledger(), made, "agreed", {"measures": measures}, Origin())
    assert due(company, "carol")["SEC028"] == made
    done = [{**measures[0], "done_on": "2026-10-30"}, measures[1]]
    report = [{"on": "2026-11-01", "by": "alice", "text": "One hired"}]
    update(company.ledger(), made, {"measures": done, "progress": "50", "reports": report}, Origin())
    assert "SEC028" not in due(company, "carol")

    customer = company.customer(name="Northern Hospital")
    company.add("market_note", {"on": DAY, "topic": "demand", "text": "More beds", "source": "fair"}, department="east")
    assert rule_of(company.add, "market_note", {"on": DAY, "topic": "demand", "text": "No source"}, department="east")
    step = [{"due_on": "2026-12-01", "text": "offer"}]
    develop: dict[str, object] = {
        "goal": "first order", "strategy": "trial", "from_day": DAY, "until": "2026-12-31", "milestones": step,
    }  # fmt: skip
    company.add("development_plan", develop, customer=customer, department="east")
    company.add("campaign", {"name": "Fair", "what": "product", "on": DAY, "by": "carol"}, department="east")
    order: dict[str, object] = {
        "what": "repair",
        "opened_at": "2026-11-18T09:00:00+08:00",
        "problem": "p",
        "handler": "carol",
    }
    company.add("service_order", order, customer=customer, department="east")
    work = table(company, capsys, "market-work", "work")
    assert [(row["what"], row["kind"], row["records"]) for row in work] == [
        ("research", "market_note", 1), ("development", "development_plan", 1), ("promotion", "campaign", 1),
        ("service", "service_order", 1),
    ]  # fmt: skip
    people = {row["person"]: row for row in table(company, capsys, "market-work", "people")}
    assert (
        people["alice"]["research"],
        people["alice"]["development"],
        people["carol"]["promotion"],
        people["carol"]["service"],
    ) == (1, 1, 1, 1)
    (row,) = table(company, capsys, "market-work", "plans", "--period", "2027Q1")
    assert (row["in_charge"], row["measures"], row["done"], row["late"], float(row["progress"])) == (
        "alice",
        2,
        1,
        0,
        50,
    )
    assert row["latest"] == "One hired"
    (flow,) = told(company, capsys, "flow", "list")
    assert [step["kinds"] for step in flow["flow"]["steps"]] == [
        ["market_note"],
        ["development_plan"],
        ["campaign"],
        ["service_order"],
    ]
    with in_chinese():
        said = says(company, capsys, "report", "market-work")
        for word in ("市场调研", "业务拓展", "市场推广", "客户服务"):
            assert word in said


@pytest.mark.req("R-SEC-19")
def test_a_dealers_sale_goes_by_the_standard_process_and_is_made_by_trained_staff(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    adopted(company, "p16")
    (flow,) = told(company, capsys, "flow", "list", "car_sale")
    assert [step["state"] for step in flow["flow"]["steps"]] == ["need", "proposed", "quoted", "negotiating", "won"]
    said = says(company, capsys, "flow", "list", "car_sale")
    assert "Advise on the choice" in said
    with in_chinese():
        assert "提供选车建议" in says(company, capsys, "flow", "list", "标准销售流程")
    customer = company.customer(name="Mr Li", party_type="person")
    made = company.add("opportunity", {"subject": "A car", "product": "Sedan"}, customer=customer, department="east").id
    assert due(company, "carol")["SEC029"] == made
    trained: dict[str, object] = {
        "on": "2026-11-01", "subject": "How we sell", "topic": "sales_process", "attendees": [{"who": "alice", "passed": False}],
    }  # fmt: skip
    training = company.add("training", trained, department="east").id
    assert "SEC029" in due(company, "carol")
    update(
        company.ledger(),
        training,
        {"attendees": [{"who": "alice", "passed": True, "valid_to": "2026-12-31"}]},
        Origin(),
    )
    assert "SEC029" not in due(company, "carol")
    assert "SEC029" in due(company, "carol", "2027-01-10")

    def missing(state: str, **values: object) -> list[str]:
        try:
            advance(company.ledger(), made, state, values, Origin())
        except InvalidInput as error:
            return sorted(finding.field for finding in error.findings)
        return []

    assert missing("proposed") == ["proposals"]
    assert missing("proposed", proposals=[{"on": DAY, "text": "the sedan"}]) == []
    assert missing("negotiating") == ["quotations"]  # no step is left out
    assert missing("quoted", quotations=[{"on": DAY, "amount": "100000"}]) == []
    assert missing("negotiating") == []
    assert missing("won", agreed_on=DAY) == ["negotiation"]
    assert missing("won", agreed_on=DAY, negotiation="price held") == []


@pytest.mark.req("R-SEC-17")
def test_a_bank_tells_its_customer_to_keep_the_account_safe(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    adopted(company, "p18")
    customer = company.customer(name="Northern Works")
    page = says(company, capsys, "report", "account-safety-notice", "--customer", customer, "--format", "html")
    for text in ("Northern Works", DAY, "Keep account, password and codes to yourself"):
        assert text in page
    with in_chinese():
        page = says(company, capsys, "report", "account-safety-notice", "--customer", customer)
        assert "请妥善保管账户、密码和验证信息" in page
        assert "发现账户异常时" in says(company, capsys, "policy", "guide", "--for", "customer")
    check: dict[str, object] = {"on": "2026-11-01", "by": "alice", "identity": "seen", "funds": "sales", "result": "clean",
                                "valid_to": "2027-11-01"}  # fmt: skip
    company.add("kyc", check, customer=customer, department="east")
    contract: dict[str, object] = {
        "number": "1", "subject": "account", "state": "signed", "signed_on": "2026-11-10", "valid_from": DAY,
        "fees": [{"content": "transfer", "standard": "each", "amount": "10"}], "fees_told_on": DAY,
    }  # fmt: skip
    company.add("contract", contract, customer=customer, department="east")
    assert due(company)["SEC021"] == customer
    set_value(company.ledger(), "account_notice_within", "5 days")
    item = next(item for item in agenda(company.ledger(), Whose(frozenset({"alice"}), frozenset({"east"})), date(2026, 11, 20)).items
                if item.code == "SEC021")  # fmt: skip
    assert (item.due, item.late) == (date(2026, 11, 15), True)
    signed: dict[str, object] = {"on": DAY, "what": "account_safety", "by_whom": "Mr Li", "way": "written"}
    company.add("declaration", signed, customer=customer, department="east")
    assert "SEC021" not in due(company)
    (row,) = table(company, capsys, "account-safety-notice", "receipt", "--customer", customer)
    assert (row["signed"], row["signed_on"]) == ("Mr Li", DAY)
    # a bank puts its own words in the place of ours
    words = "[{topic: account_safety, for: [customer], text: [专用条款, Our own words], clause: P18:18}]"
    lays_down(company, f"guidance: {words}\nvocab: {{guidance_topic: {{account_safety: [账户安全, Safety]}}}}\n")
    points = table(company, capsys, "account-safety-notice", "points", "--customer", customer)
    assert [point["text"] for point in points] == ["Our own words"]
