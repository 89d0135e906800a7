"""One procedure record as published: texts only, kept as they came; nothing in it has been reviewed by us."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, HttpUrl, StringConstraints, TypeAdapter

from nlu.text import fold, nfc

# What the portal writes into an empty field.
NOTHING = "Không có thông tin"
_WEB_ADDRESS = TypeAdapter(HttpUrl)


def _own_text(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = nfc(value).strip()
    return "" if text == NOTHING else text


def _has_words(title: str) -> str:
    if not fold(title):
        raise ValueError("cần một tên có chữ")
    return title


def _web_address(url: str) -> str:
    if url:
        _WEB_ADDRESS.validate_python(url)
    return url


Text = Annotated[str, BeforeValidator(_own_text)]
# National codes; a province adds its own part: 1.004222, 1.004222.H56. Short enough for a button.
Code = Annotated[Text, StringConstraints(pattern=r"^\d\.\d{6}(\.[A-Za-z0-9.\-]{1,20})?$")]


class Record(BaseModel):
    """A published record. An empty text means that the record does not carry this field.

    methods, time_limit, fee: often run together by the publisher; they are shown as they stand and never read as numbers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code
    title: Annotated[Text, AfterValidator(_has_words)]
    published_on: date
    field: Text = ""
    level: Text = ""
    steps: Text = ""
    methods: Text = ""
    time_limit: Text = ""
    fee: Text = ""
    papers: Text = ""
    forms: Text = ""
    subjects: Text = ""
    agency: Text = ""
    address: Text = ""
    conditions: Text = ""
    result: Text = ""
    legal_basis: Text = ""
    decision: Text = ""
    ministry: Text = ""
    detail_url: Annotated[Text, AfterValidator(_web_address)] = ""
