"""The brief as a page to print: plain values in, HTML out. Everything in it is escaped."""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from jinja2 import Template

FOLDER: Final = Path(__file__).resolve().parents[1] / "page"
LABELS: Final = tomllib.loads((FOLDER / "labels.toml").read_text(encoding="utf-8"))
OUR_WORD: Final = re.compile("[a-z_]+")  # what people wrote is shown as they wrote it
LANGUAGES: Final = tuple(LABELS)
# The template takes it in without the newline that ends the file.
STYLE: Final = (FOLDER / "brief.css").read_text(encoding="utf-8").removesuffix("\n")
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# Nothing is loaded and nothing runs; the one style sheet is known by its digest.
PAGE_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(
    content: Mapping[str, Any], *, digest: str, as_of: datetime, lang: str, zone: ZoneInfo
) -> str:
    """Return a brief as a page for A4, in the house's local time."""
    return _template(lang, zone).render(
        b=content, digest=digest, as_of=as_of, lang=lang, t=LABELS[lang]["titles"]
    )


@cache
def _template(lang: str, zone: ZoneInfo) -> Template:
    environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True)
    environment.filters["word"] = partial(_word, LABELS[lang]["words"])
    environment.filters["moment"] = partial(_local, zone, "%Y-%m-%d %H:%M")
    environment.filters["clock"] = partial(_local, zone, "%H:%M")
    return environment.get_template("brief.html")


def _word(words: Mapping[str, str], value: str) -> str:
    return words.get(value, value.replace("_", " ") if OUR_WORD.fullmatch(value) else value)


def _local(zone: ZoneInfo, form: str, moment: str | datetime) -> str:
    known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return known.astimezone(zone).strftime(form)
