"""How two occasions of one day are named in one text."""

from dataclasses import dataclass
from datetime import date

import pytest

from crm_api.care.policies.rendering import FIELDS_OF
from crm_api.care.policies.together import values_for
from crm_api.care.terms import Occasion
from crm_api.customers.terms import Gender, Tier

NAMES = {"mid_autumn": "中秋节", "e1": "乔迁之喜"}


@dataclass
class Pair:
    """What `find_pairs` gives."""

    also_occasion: Occasion
    also_occurrence: str
    occasion: Occasion = Occasion.BIRTHDAY
    occurrence: str = "birthday:2026:c1"
    on_day: date = date(2026, 9, 25)
    name: str = "王虚构"
    gender: Gender = Gender.FEMALE
    tier: Tier = Tier.STANDARD
    joined_on: date | None = None
    also_tier: Tier = Tier.GOLD
    also_joined_on: date | None = date(2016, 9, 25)


SAID = {
    Occasion.ANNIVERSARY: ("anniversary:wedding:solar-9-25:2026:c1", {"anniversary": "结婚纪念日"}),
    Occasion.JOINING: ("joining:2026:c1", {"years": "10"}),
    Occasion.FESTIVAL: ("festival:mid_autumn:2026:c1", {"festival": "中秋节"}),
    Occasion.PROMOTION: ("promotion:e0:c1", {}),
    Occasion.LIFE_EVENT: ("life_event:e1:c1", {"event": "乔迁之喜"}),
    Occasion.TIER_CHANGE: ("tier_change:x1:c1", {"tier": "金级"}),
}


@pytest.mark.parametrize("occasion", sorted(SAID))
def test_a_text_may_name_what_its_occasions_have_to_say(occasion):
    occurrence, expected = SAID[occasion]

    values = values_for(Pair(occasion, occurrence), names=NAMES)

    assert values == {"salutation": "王女士", "name": "王虚构", **expected}
    assert set(values) == FIELDS_OF[occasion] | FIELDS_OF[Occasion.BIRTHDAY]


def test_two_festivals_are_both_named():
    pair = Pair(
        Occasion.FESTIVAL,
        "festival:mid_autumn:2026:c1",
        occasion=Occasion.FESTIVAL,
        occurrence="festival:e1:2026:c1",
    )

    assert values_for(pair, names=NAMES)["festival"] == "乔迁之喜、中秋节"
