"""How what a greeting is for is called in its text."""

from __future__ import annotations

import re
from typing import Final

from crm_api.care.policies.rendering import LONGEST_DAY_NAME
from crm_api.care.policies.salutations import is_unspeakable
from crm_api.customers.terms import AnniversaryKind, LifeEventKind, Tier

DAY_NAMES: Final = {
    AnniversaryKind.WEDDING: "结婚纪念日",
    AnniversaryKind.FOUNDING: "成立纪念日",
    AnniversaryKind.JOINING: "入网纪念日",
}
OTHER_DAY: Final = "纪念日"
EVENT_NAMES: Final = {
    LifeEventKind.PROMOTION: "荣升之喜",
    LifeEventKind.NEW_HOME: "乔迁之喜",
    LifeEventKind.MARRIAGE: "新婚之喜",
    LifeEventKind.CHILD_BORN: "喜添新丁",
    LifeEventKind.CHILDS_SUCCESS: "孩子学业有成",
    LifeEventKind.NEW_BUSINESS: "开业之喜",
    LifeEventKind.AWARD: "获奖之喜",
    LifeEventKind.RETIREMENT: "荣休之喜",
}
OTHER_EVENT: Final = "您的喜事"
# The tiers that a customer is told of: below them one is watched, not congratulated.
TIER_NAMES: Final = {
    Tier.VIP: "VIP",
    Tier.SILVER: "银级",
    Tier.GOLD: "金级",
    Tier.DIAMOND: "钻石级",
    Tier.SUPREME: "至尊级",
}
# Found in a text, they make it marketing; a label that says them is not called by its name.
OFFERS: Final = re.compile(
    r"优惠|折扣|特价|立减|满减|返现|秒杀|抢购|促销|限时|办理|订购|升级套餐|充[\d话值]|送话费|送流量"
    r"|赠送|\d+(\.\d+)?\s*(元|折|GB?\b|M\b)|https?://|www\."
)
# For whoever previews a text: what it may name where nothing is known of the customer.
SAMPLES: Final = {"years": "1", "event": OTHER_EVENT, "tier": TIER_NAMES[Tier.VIP]}


def name_of_day(kind: str, label: str) -> str:
    """Return how an anniversary is called: by its own label where that can be said."""
    named = DAY_NAMES.get(AnniversaryKind(kind), OTHER_DAY) if kind else OTHER_DAY
    return label if _is_speakable(label) else named


def name_of_event(kind: str, label: str) -> str:
    """Return how a life event is called: by its own label where that can be said."""
    return label if _is_speakable(label) else EVENT_NAMES.get(LifeEventKind(kind), OTHER_EVENT)


def _is_speakable(label: str) -> bool:
    return not is_unspeakable(label, LONGEST_DAY_NAME) and OFFERS.search(label) is None
