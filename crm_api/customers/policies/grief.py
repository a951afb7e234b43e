"""Which days and events are none to greet on, whoever forgot to say so: their label tells."""

from __future__ import annotations

import re
from typing import Final

from crm_api.customers.terms import AnniversaryKind, LifeEventKind

# That somebody died, whoever's label it is.
DEATHS: Final = (
    *("忌日", "忌辰", "父忌", "母忌", "周忌", "週忌", "冥诞", "冥誕", "冥寿", "冥壽"),
    *("去世", "逝世", "病逝", "仙逝", "过世", "過世", "离世", "離世", "辞世", "辭世"),
    *("谢世", "謝世", "病故", "身故", "亡故", "已故", "故去", "身亡", "死亡", "猝死"),
    *("牺牲", "犧牲", "遇难", "遇難", "殉", "夭折", "出殡", "出殯"),
    *("悼念", "哀悼", "追思", "缅怀", "緬懷", "扫墓", "掃墓"),
    *("头七", "頭七", "断七", "斷七", "丧父", "喪父", "丧母", "喪母", "丧偶", "喪偶"),
)
# Of death and mourning too, but also in the names of those who serve the bereaved.
MOURNING: Final = (
    *("逝", "亡", "丧", "喪", "葬", "祭", "悼", "殡", "殯"),
    *("坟", "墳", "墓"),
)
# An illness, a loss, a parting; and what clinics and courts are called after.
MISFORTUNES: Final = (
    *("病", "癌", "瘫", "癱", "化疗", "化療", "手术", "手術", "住院", "车祸", "車禍"),
    *("流产", "流產", "小产(?!业)", "小產(?!業)", "引产(?!业)", "引產(?!業)"),
    *("离婚", "離婚", "分手", "失业", "失業", "下岗", "下崗", "裁员", "裁員", "破产", "破產"),
)
DEATHS_IN_ENGLISH: Final = ("died", "deceased", "death", "passed +away")
MISFORTUNES_IN_ENGLISH: Final = (
    *("funeral", "memorial", "hospital", "hospitali[sz]ed", "surgery", "cancer", "miscarriage"),
    *("divorced?", "bankrupt", "bankruptcy", "laid +off"),
)
# A promotion names an office: 病理科主任.
BUSINESS_DAYS: Final = frozenset(
    {str(AnniversaryKind.FOUNDING), str(LifeEventKind.NEW_BUSINESS), str(LifeEventKind.PROMOTION)}
)


def _any_of(words: tuple[str, ...], *, in_english: tuple[str, ...]) -> str:
    """Write what Python, PostgreSQL and SQLite read alike, so that all of them judge alike."""
    english = f"(^|[^a-z])({'|'.join(in_english)})([^a-z]|$)"
    return f"(?i){'|'.join((*words, english))}"


DEATH: Final = _any_of(DEATHS, in_english=DEATHS_IN_ENGLISH)
GRIEF: Final = _any_of(
    (*DEATHS, *MOURNING, *MISFORTUNES), in_english=(*DEATHS_IN_ENGLISH, *MISFORTUNES_IN_ENGLISH)
)


def is_grief(label: str, *, kind: str = "", is_of_group: bool = False) -> bool:
    """Tell whether a label names a death, a misfortune or a parting.

    A business, or an office, may be called after what it treats (疾病预防控制中心, 病理科主任): on
    its days, and of a group's, only somebody's death counts.
    """
    is_of_business = is_of_group or kind in BUSINESS_DAYS
    return re.search(DEATH if is_of_business else GRIEF, label) is not None
