"""Who wins a slot: one total order, whatever is compared with what."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crm_api.contact_frequency.policies import ranking
from crm_api.contact_frequency.terms import ContactClass
from crm_api.contact_frequency.values import Plan
from crm_api.customers.terms import Category, Channel

NOON = datetime(2026, 3, 3, 4, tzinfo=UTC)
MOMENTS = st.integers(-3, 3).map(lambda n: NOON + timedelta(microseconds=n))
PLANS = st.builds(
    Plan,
    customer_id=st.just("c"),
    channel=st.sampled_from(Channel),
    category=st.sampled_from(Category),
    at=st.just(NOON),
    is_agreed=st.booleans(),
    not_after=st.none() | MOMENTS,
    occasion_class=st.none() | st.sampled_from([*ContactClass][4:7]),
    occasion_rank=st.integers(0, 12),
    made_at=MOMENTS,
)


def plan(category=Category.CARE, **changes):
    facts = {"channel": Channel.SMS, "at": NOON, "made_at": NOON, **changes}
    return Plan(customer_id="c", category=category, **facts)


def key(one, slot_id="s"):
    return ranking.claim_of(one, now=NOON), slot_id


def by_the_book(one, slot_id):
    """The order as frequency.md tells it, point by point."""
    of_category = {
        Category.STATUTORY: 0,
        Category.COMPLAINT: 1,
        Category.PAYMENT: 3,
        Category.MARKETING: 8,
    }
    of_its_kind = (2 if one.is_agreed else 7) if one.occasion_class is None else one.occasion_class
    last = (one.not_after is None, one.not_after or NOON)
    standing = of_category.get(one.category, of_its_kind)
    return standing, one.occasion_rank, not one.is_agreed, last, one.made_at, slot_id


@given(st.lists(st.tuples(PLANS, st.sampled_from("abcdef")), max_size=12))
def test_it_is_the_order_of_the_book_point_by_point(line):
    assert sorted(line, key=lambda one: key(*one)) == sorted(line, key=lambda o: by_the_book(*o))


@given(PLANS, PLANS, PLANS)
def test_it_is_total(one, other, third):
    keys = [key(one, "a"), key(other, "b"), key(third, "c")]

    for left, right in itertools.combinations(keys, 2):
        assert (left < right) is not (right < left)
    assert not (keys[0] < keys[1] < keys[2] < keys[0])


def test_each_class_comes_before_the_next():
    classes = [
        plan(Category.STATUTORY),
        plan(Category.COMPLAINT),
        plan(Category.SERVICE, is_agreed=True),
        plan(Category.PAYMENT),
        plan(occasion_class=ContactClass.BIRTHDAY),
        plan(occasion_class=ContactClass.GREAT_FESTIVAL),
        plan(occasion_class=ContactClass.OTHER_DAY),
        plan(Category.SERVICE),
        plan(Category.MARKETING),
    ]

    backwards = list(reversed(classes))

    assert sorted(backwards, key=key) == classes


def test_an_offer_for_a_birthday_is_an_offer():
    offer = plan(Category.MARKETING, occasion_class=ContactClass.BIRTHDAY)

    assert key(plan(Category.SERVICE)) < key(offer)


def test_a_claim_fits_its_column():
    last = datetime(9999, 12, 31, tzinfo=UTC)

    longest = plan(Category.MARKETING, occasion_rank=9999, not_after=last, made_at=last)

    assert len(key(longest)[0]) <= 64
    assert key(plan(Category.MARKETING, occasion_rank=9999, not_after=last)) < key(
        plan(Category.MARKETING, occasion_rank=9999)
    )
