"""Fields and schemas that every contract shares."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import marshmallow as ma
import phonenumbers
from marshmallow import INCLUDE, RAISE, fields, validate

from crm_api.kit.ids import PATTERN
from crm_api.kit.paging import DEFAULT_LIMIT, MAX_LIMIT, PageRequest

FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2199, 12, 31)

Payload = dict[str, Any]

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Schema(ma.Schema):
    """The base of every contract: unknown fields are refused, order is kept."""

    class Meta:
        """Strict by default."""

        unknown = RAISE

    is_repeated: ClassVar[bool] = False
    """Whether callers say the same again and again, so that what was read of it is kept.

    For a few short texts in the query or the headers, read into what nobody can change."""


class Whole(validate.Regexp):
    """Compare a text with a pattern to its very end: `$` lets a line end follow."""

    def __call__(self, value: Any) -> Any:
        """Refuse what does not match.

        :raises ma.ValidationError: saying what a text must be like
        """
        if self.regex.fullmatch(value) is None:
            raise ma.ValidationError(self._format_error(value))
        return value


class RecordIdField(fields.String):
    """An id: 1 to 64 letters, digits, hyphens, underscores."""

    def __init__(self, **kwargs: Any) -> None:
        checks = [Whole(PATTERN, error="An id is 1 to 64 of A-Z a-z 0-9 _ -.")]
        super().__init__(validate=checks, **kwargs)


class TextField(fields.String):
    """Text for people: trimmed, without control characters, of bounded length."""

    def __init__(self, *, longest: int, shortest: int = 0, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=shortest, max=longest), **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs).strip()
        if _CONTROL.search(text):
            raise ma.ValidationError("Remove the control characters.")
        return text


class MomentField(fields.AwareDateTime):
    """A moment with its offset (RFC 3339), kept and given in UTC."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        moment = super()._deserialize(value, *args, **kwargs)
        try:
            moment = moment.astimezone(UTC)
        except OverflowError:
            raise ma.ValidationError("Give a moment between 1900 and 2199.") from None
        if not FIRST_DAY <= moment.date() <= LAST_DAY:
            raise ma.ValidationError("Give a moment between 1900 and 2199.")
        return moment

    def _serialize(self, value: datetime | None, *_: Any, **__: Any) -> str | None:
        return None if value is None else value.isoformat().replace("+00:00", "Z")


class DayField(fields.Date):
    """A local calendar day."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> date:
        day = super()._deserialize(value, *args, **kwargs)
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ma.ValidationError("Give a day between 1900-01-01 and 2199-12-31.")
        return day


class PhoneField(fields.String):
    """A phone number: taken as people write it, kept as E.164."""

    def __init__(self, *, mobile: bool = False, region: str = "CN", **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {"example": "+8613900001234", "format": "phone"})
        super().__init__(**kwargs)
        self.mobile = mobile
        self.region = region

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            number = phonenumbers.parse(text, self.region)
        except phonenumbers.NumberParseException:
            raise ma.ValidationError("This is not a phone number.") from None
        if not phonenumbers.is_valid_number(number):
            raise ma.ValidationError("This number does not exist in its country.")
        kinds = (
            phonenumbers.PhoneNumberType.MOBILE,
            phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        )
        if self.mobile and phonenumbers.number_type(number) not in kinds:
            raise ma.ValidationError("This is not a mobile number.")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class PageQuerySchema(Schema):
    """Which piece of a list is wanted."""

    limit = fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=validate.Range(min=1, max=MAX_LIMIT),
        metadata={"description": "How many items at the most."},
    )
    cursor = fields.String(
        load_default=None,
        validate=validate.Length(max=1000),
        metadata={"description": "`next_cursor` of the page before."},
    )

    @ma.post_load
    def gather_page(self, payload: Payload, **_: Any) -> Payload:
        """Hand limit and cursor on as one thing, `page`; filters stay beside it."""
        page = PageRequest(limit=payload.pop("limit"), cursor=payload.pop("cursor"))
        return {**payload, "page": page}


def page_schema(item: type[ma.Schema]) -> type[ma.Schema]:
    """Return the schema of a list of these."""
    name = item.__name__.removesuffix("Schema") + "PageSchema"
    return type(
        name,
        (Schema,),
        {
            "__doc__": f"A page of {item.__name__.removesuffix('Schema')} items.",
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": fields.String(
                allow_none=True,
                required=True,
                metadata={"description": "Where the next page starts; null on the last one."},
            ),
        },
    )


class ProblemItemSchema(Schema):
    """One thing that is wrong, and where."""

    pointer = fields.String(metadata={"description": "JSON pointer into the body or query."})
    message = fields.String(metadata={"description": "What to mend."})


class ProblemSchema(ma.Schema):
    """A refusal (RFC 9457). Members beyond these depend on the code."""

    class Meta:
        """Open, as the standard has it."""

        unknown = INCLUDE

    type = fields.String(required=True, metadata={"example": "urn:crm:problem:not_found"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "Stable; made for programs."})
    detail = fields.String(required=True, metadata={"description": "What is wrong, for people."})
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(ProblemItemSchema))
