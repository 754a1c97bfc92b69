"""Valid things with defaults: a test names only what it is about."""

import itertools
import secrets
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from tracelot.records.accounts import NewAccount, NewKey, NewMember
from tracelot.records.batches import NewBatch
from tracelot.records.facilities import NewFacility
from tracelot.records.parties import NewParty
from tracelot.records.products import NewProduct
from tracelot.records.recalls import NewRange, NewRecall
from tracelot.rules.licences import uscc_warnings
from tracelot.rules.refusals import Refusal

PASSWORD = "rapeseed-and-peanut-42"  # noqa: S105
SIGNED = {"sign_password": PASSWORD}  # how a form signs a grave act
SECRET_KEY = secrets.token_urlsafe(32)
GTIN = "09520001000027"
COUNTY = "411724"  # 正阳县
_numbers = itertools.count(1)
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def valid_uscc(number: int) -> str:
    """A credit code that nothing is odd about: both its check characters fit."""
    for ending in itertools.product("0123456789X", _ALPHABET):
        code = f"91{COUNTY}MA{number:06d}{ending[0]}{ending[1]}"
        with suppress(Refusal):
            if not uscc_warnings(code):
                return code
    raise AssertionError("One of the endings fits.")


def new_party(**given: Any) -> NewParty:
    number = next(_numbers)
    return NewParty.model_validate(
        {
            "type": "producer",
            "name_zh": f"正阳花生油厂{number}",
            "name_en": f"Zhengyang Peanut Oil Works {number}",
            "uscc": valid_uscc(number),
            "address_zh": "真阳大道1号",
            "region_code": COUNTY,
            "phone": "0396-8920001",
            "legal_rep": "周法人",
        }
        | given
    )


def new_account(**given: Any) -> NewAccount:
    start = {"email": f"person{next(_numbers)}@trace.test", "name": "李敏", "password": SecretStr(PASSWORD)}
    return NewAccount.model_validate(start | given)


def new_member(**given: Any) -> NewMember:
    start = {"email": f"member{next(_numbers)}@trace.test", "name": "王强", "role": "admin"}
    return NewMember.model_validate(start | given)


def new_key(**given: Any) -> NewKey:
    scopes = ["read", "products:write", "batches:write", "recalls:write"]
    return NewKey.model_validate({"name": "ERP", "scopes": scopes} | given)


def new_facility(**given: Any) -> NewFacility:
    start = {"name_zh": f"一厂{next(_numbers)}", "address_zh": "真阳大道1号", "region_code": COUNTY}
    return NewFacility.model_validate(start | given)


def new_product(**given: Any) -> NewProduct:
    return NewProduct.model_validate({"name_zh": "一级压榨花生油 5L", "name_en": "Peanut oil 5 L"} | given)


def new_batch(product_id: UUID, **given: Any) -> NewBatch:
    start = {"product_id": product_id, "code": f"B{next(_numbers)}", "production_date": "2026-09-15"}
    return NewBatch.model_validate(start | given)


def new_range(product_id: UUID, **given: Any) -> NewRange:
    return NewRange.model_validate({"product_id": product_id} | given)


def new_recall(product_id: UUID, *codes: str, **given: Any) -> NewRecall:
    """A recall that says all that a notice must; of the codes named, or of a whole September."""
    september = {"made_from": date(2026, 9, 1), "made_to": date(2026, 9, 30)}
    span = {"product_id": product_id} | ({"codes": list(codes)} if codes else september)
    start = {
        "level": 1,
        "reason_code": "mycotoxin",
        "knowledge_at": datetime(2026, 9, 20, 8, tzinfo=UTC),
        "reason_zh": "黄曲霉毒素B1超标",
        "reason_en": "Aflatoxin B1 above the limit",
        "harm_zh": "长期食用可能损害肝脏",
        "remedy_zh": "立即停止食用，原购买处退货",
        "contact": "0396-8920001",
        "ranges": [span],
    }
    return NewRecall.model_validate(start | given)
