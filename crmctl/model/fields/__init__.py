"""The types a kind file may name in `is:` (DESIGN 4). Pure: no clock, no file, no network.

`FIELD_TYPES[name].parse(raw, options)` gives the canonical value or raises FieldProblem.
"""

from __future__ import annotations

from crmctl.model.fields.absent import is_absent
from crmctl.model.fields.addresses import EMAIL, URL
from crmctl.model.fields.amount import MONEY
from crmctl.model.fields.attachment import FILE
from crmctl.model.fields.choices import BOOL, CHOICE
from crmctl.model.fields.credit_code import CREDIT_CODE, credit_code_check_char
from crmctl.model.fields.day import DATE
from crmctl.model.fields.field_type import FieldType, Options, SqlValue
from crmctl.model.fields.instant import INSTANT
from crmctl.model.fields.many import many
from crmctl.model.fields.names import CODES, DEPARTMENT, MEMBER, REF
from crmctl.model.fields.numbers import INT, PERCENT, QUANTITY, SCORE
from crmctl.model.fields.period import PERIOD, period_bounds
from crmctl.model.fields.phone import PHONE
from crmctl.model.fields.plain_text import NOTE, TEXT
from crmctl.model.fields.problem import FieldProblem
from crmctl.model.fields.region import REGION, region_name

FIELD_TYPES: dict[str, FieldType] = {
    each.name: each
    for each in (
        TEXT, NOTE, INT, QUANTITY, PERCENT, SCORE, MONEY, BOOL, CHOICE, CREDIT_CODE, PHONE, EMAIL, DATE, INSTANT,
        PERIOD, REGION, URL, MEMBER, DEPARTMENT, REF, CODES, FILE,
    )
}  # fmt: skip

__all__ = [
    "FIELD_TYPES",
    "FieldProblem",
    "FieldType",
    "Options",
    "SqlValue",
    "credit_code_check_char",
    "is_absent",
    "many",
    "period_bounds",
    "region_name",
]
