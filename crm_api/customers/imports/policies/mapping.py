"""How the columns of a file become the fields of a customer."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation, Overflow
from typing import TYPE_CHECKING, Any

from crm_api.customers.imports.policies import fictional

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Dict

MONTHS_IN_A_YEAR = 12
LONGEST_TENURE = 1_200  # months
LARGEST_AMOUNT = 10**15


class Unmappable(ValueError):
    """The text of a cell has no place in the field; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """Where one field's text comes from, and what is made of it."""

    column: str | None = None
    constant: str | None = None
    template: str | None = None
    values: Dict[str, str] | None = None
    derive: str | None = None
    digits: int = 2
    day: str | None = None
    salt: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMapping:
    """What a file's columns mean. Ids are unique within a `source`."""

    source: str
    fields: Dict[str, FieldRule]
    default_owner: str | None = None
    delimiter: str | None = None
    sheet: str | None = None

    @property
    def columns(self) -> set[str]:
        """The columns that the file must have."""
        found = {rule.column for rule in self.fields.values() if rule.column is not None}
        templates = [rule.template for rule in self.fields.values() if rule.template is not None]
        return found | {name for template in templates for name in template_columns(template)}

    @property
    def has_fictional_mobiles(self) -> bool:
        """Whether numbers are made up here, and may not meet."""
        return any(rule.derive == "fictional_mobile" for rule in self.fields.values())


def read_mapping(content: Dict[str, Any]) -> FileMapping:
    """Return a mapping from its stored form, which its schema has checked."""
    rules = {
        name: FieldRule(**{**rule, "choices": tuple(rule.get("choices") or ())})
        for name, rule in content["fields"].items()
    }
    return FileMapping(**{**content, "fields": rules})


def map_cells(mapping: FileMapping, cells: Dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the text of each field, and why the others have none."""
    texts: dict[str, str] = {}
    reasons: list[str] = []
    for name, rule in mapping.fields.items():
        try:
            texts[name] = _text_of(rule, cells)
        except Unmappable as error:
            reasons.append(f"{name}: {error}")
    return texts, reasons


def _text_of(rule: FieldRule, cells: Dict[str, str]) -> str:
    text = _source_text(rule, cells).strip()
    if rule.values is not None and text:
        if text not in rule.values:
            raise Unmappable("the mapping gives no value for this text")
        text = rule.values[text]
    return DERIVATIONS[rule.derive](text, rule) if rule.derive and text else text


def _source_text(rule: FieldRule, cells: Dict[str, str]) -> str:
    if rule.constant is not None:
        return rule.constant
    if rule.template is not None:
        text = rule.template
        for name in template_columns(rule.template):
            text = text.replace("{" + name + "}", cells[name].strip())
        return text
    assert rule.column is not None  # noqa: S101 - the schema saw to it
    return cells[rule.column]


def template_columns(template: str) -> list[str]:
    """Return the columns that a template names in braces."""
    return [piece.split("}")[0] for piece in template.split("{")[1:] if "}" in piece]


def _minor_units(text: str, rule: FieldRule) -> str:
    """Money as whole cents, fen or what its currency has; never converted, never rounded."""
    try:
        amount = Decimal(text.replace(",", "")).scaleb(rule.digits)
    except InvalidOperation:
        raise Unmappable("this is not an amount of money") from None
    except Overflow:
        raise Unmappable("this amount is too large") from None
    if not amount.is_finite() or abs(amount) > LARGEST_AMOUNT:
        raise Unmappable("this amount is too large")
    if amount != amount.to_integral_value():
        raise Unmappable(f"this amount has more than {rule.digits} decimals")
    return f"{amount:.0f}"


def _months_before(text: str, rule: FieldRule) -> str:
    if not text.isascii() or not text.isdecimal() or int(text[:9]) > LONGEST_TENURE:
        raise Unmappable("this is not a number of months")
    day = date.fromisoformat(str(rule.day))
    months = day.year * MONTHS_IN_A_YEAR + day.month - 1 - int(text)
    year, month = divmod(months, MONTHS_IN_A_YEAR)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)).isoformat()


DERIVATIONS: Dict[str, Callable[[str, FieldRule], str]] = {
    "minor_units": _minor_units,
    "months_before": _months_before,
    "fictional_name": lambda text, rule: fictional.name_of(text, salt=rule.salt),
    "fictional_mobile": lambda text, rule: fictional.mobile_of(text, salt=rule.salt),
    "fictional_birth_date": lambda text, rule: fictional.birth_date_of(
        text, salt=rule.salt
    ).isoformat(),
    "pick": lambda text, rule: fictional.choose(text, rule.choices, salt=rule.salt),
}
