"""The mappings that ship: each loads, and does what its heading says."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.exchange.mapping import load_mapping
from crmctl.exchange.plan import Order
from crmctl.exchange.planner import plan_import
from tests.company import Company
from tests.exchange.sheets import workbook

EXAMPLES = Path(__file__).resolve().parents[2] / "examples/mappings"


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.yaml")), ids=lambda path: path.name)
def test_it_loads(path: Path) -> None:
    assert load_mapping(path)


def test_a_customer_list(company: Company, tmp_path: Path) -> None:
    head = [
        "序号",
        "客户名称",
        "开票名称",
        "统一社会信用代码",
        "电话",
        "联系人",
        "职务",
        "地区",
        "地址",
        "类别",
        "备注",
        "负责人",
    ]
    rows = [
        [1, "某某医院", "某某医院", None, 1062770000, "王主任", "主任", "北京市", "一路 1 号", "医院", "无", "alice"],
        [2, "某某商行", None, "91110000100000007F", "随时联系", "李", None, "-", None, None, None, None],
    ]
    path = workbook(tmp_path / "客户名单.xlsx", [head, *rows])
    mapping = tmp_path / "list.yaml"
    mapping.write_text((EXAMPLES / "customer-list.yaml").read_text("utf-8").replace("zhangsan", "alice"), "utf-8")
    plan = plan_import(company.ledger(), Order(str(path), str(mapping), department="east"))
    assert [row.action for row in plan.rows] == ["create", "create"]
    first, second = (row.values for row in plan.rows)
    assert (first["phone"], first["category"], first["region"]) == ("+86 10 6277 0000", "hospital", "110000")
    assert first["codes"] == {"list": "1"}
    assert "note" not in first
    assert (second["phone_as_given"], second["category"]) == ("随时联系", "ordinary")
