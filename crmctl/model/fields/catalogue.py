"""All field types by the name a kind file gives them."""

from __future__ import annotations

from crmctl.model.fields.addresses import EMAIL, URL
from crmctl.model.fields.amount import MONEY
from crmctl.model.fields.attachment import FILE
from crmctl.model.fields.choices import BOOL, CHOICE
from crmctl.model.fields.credit_code import CREDIT_CODE
from crmctl.model.fields.day import DATE
from crmctl.model.fields.field_type import FieldType
from crmctl.model.fields.instant import INSTANT
from crmctl.model.fields.names import CODES, DEPARTMENT, MEMBER, REF
from crmctl.model.fields.numbers import INT, PERCENT, QUANTITY, SCORE
from crmctl.model.fields.period import PERIOD
from crmctl.model.fields.phone import PHONE
from crmctl.model.fields.plain_text import NOTE, TEXT
from crmctl.model.fields.region import REGION

FIELD_TYPES: dict[str, FieldType] = {
    each.name: each
    for each in (
        TEXT, NOTE, INT, QUANTITY, PERCENT, SCORE, MONEY, BOOL, CHOICE, CREDIT_CODE, PHONE, EMAIL, DATE, INSTANT,
        PERIOD, REGION, URL, MEMBER, DEPARTMENT, REF, CODES, FILE,
    )
}  # fmt: skip
