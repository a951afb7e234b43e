"""How words suit the day, and those they are made for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from crm_api.care.wording.policies.characters import EMOJI
from crm_api.customers.terms import CommunicationStyle, Tier

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

JOYFUL: Final = (
    "快乐",
    "恭喜",
    "喜庆",
    "欢度",
    "欢庆",
    "欢喜",
    "大吉",
    "喜迎",
    "庆祝",
    "庆贺",
    "道贺",
    "祝贺",
    "开心",
    "红火",
    "狂欢",
    "🎉",
    "🎊",
    "🎂",
    "🎁",
    "🥳",
    "🎆",
    "🧨",
)
# Served by those of the highest tiers: addressed as one writes a letter.
FORMAL_TIERS: Final = frozenset({Tier.DIAMOND, Tier.SUPREME})
INFORMAL: Final = re.compile(r"你|咱")
FAMILIAR: Final = re.compile(
    r"(?<![\u4e00-\u9fff])亲[，,~！!]|哦|哟|呀|哈哈|么么|宝贝|小伙伴|[~\uff5e]"
)
BRIEF: Final = 50  # what a direct reader takes in at a glance, signature and opt-out line included
HEARTFELT: Final = re.compile(r"[！!]|愿|祝")
WARM: Final = re.compile(r"家人|阖家|家和|陪伴|相伴|感谢|谢谢|惦记|牵挂|身边|朋友|团圆|健康|安康")
LOUD: Final = re.compile(r"[！!]")


def joyful_in(text: str) -> list[str]:
    """Return the joyful words of a text."""
    return [word for word in JOYFUL if word in text]


def too_informal_for(tiers: Collection[str], text: str) -> str:
    """Return what does not address the highest tiers as it should, or nothing."""
    if not FORMAL_TIERS & set(tiers):
        return ""
    found = INFORMAL.search(text) or FAMILIAR.search(text) or EMOJI.search(text)
    return found.group() if found else ""


def familiar_in(text: str) -> str:
    """Return what is too familiar for customers of any tier, or nothing."""
    found = FAMILIAR.search(text)
    return found.group() if found else ""


def unlike_styles(styles: Collection[str], text: str, *, units: int) -> Iterator[tuple[str, str]]:
    """Yield how words miss the styles that they are made for: a code, and what to do."""
    if CommunicationStyle.DIRECT in styles and units > BRIEF:
        yield "long_for_direct", f"A direct reader wants it short: {BRIEF} units, not {units}."
    if CommunicationStyle.EXPRESSIVE in styles and not HEARTFELT.search(text):
        yield "flat_for_expressive", "An expressive reader likes a wish from the heart: 愿…, 祝…！"
    if CommunicationStyle.AMIABLE in styles and not WARM.search(text):
        yield "cool_for_amiable", "An amiable reader likes to hear of people: 家人, 陪伴, 感谢."
    if CommunicationStyle.ANALYTICAL in styles and (LOUD.search(text) or EMOJI.search(text)):
        yield "loud_for_analytical", "An analytical reader likes it calm: no ！ and no emoji."
