"""Salutations, rendering, and the choice of words."""

import pytest

from crm_api.care.policies.choosing import LastTime, Words, choose, stable_number
from crm_api.care.policies.rendering import compile_text, longest_rendering
from crm_api.care.policies.salutations import LONGEST_SALUTATION, salute
from crm_api.customers.terms import Category, Gender

MALE, FEMALE, UNKNOWN = Gender.MALE, Gender.FEMALE, Gender.UNKNOWN


@pytest.mark.parametrize(
    ("name", "gender", "salutation"),
    [
        ("王小明", MALE, "王先生"),
        ("李芳", FEMALE, "李女士"),
        ("欧阳示例", FEMALE, "欧阳女士"),
        ("司马", MALE, "司先生"),  # no given name follows
        ("王小明", UNKNOWN, "王小明"),
        ("Ann Example", FEMALE, "Ann Example"),
        ("虚构科技有限公司", UNKNOWN, "虚构科技有限公司"),
        ("一个名字长得没有办法在短信里说完的虚构公司", UNKNOWN, "尊敬的客户"),
        ("", UNKNOWN, "尊敬的客户"),
        ("【假冒】", UNKNOWN, "尊敬的客户"),
        ("{festival}", UNKNOWN, "尊敬的客户"),
        ("a\nb", UNKNOWN, "尊敬的客户"),
        ("👪" * 8, UNKNOWN, "👪" * 8),
        ("👪" * 9, UNKNOWN, "尊敬的客户"),
    ],
)
def test_a_customer_is_addressed_as_people_do(name, gender, salutation):
    assert salute(name, gender) == salutation


def test_nobody_makes_a_text_longer_than_the_lint_measured():
    compiled = compile_text("{salutation}")

    for name in ("王" * n for n in range(30)):
        assert len(salute(name, UNKNOWN)) <= len(longest_rendering(compiled)) == LONGEST_SALUTATION


def test_rendering_evaluates_nothing():
    compiled = compile_text("{salutation} {salutation.__class__} {0} %s ${x}")

    assert compiled.names == ("salutation", "salutation.__class__", "0", "x")
    values = {"salutation": "{x}", "salutation.__class__": "a", "0": "b", "x": "c"}
    assert compiled.render(values) == "{x} a b %s $c"


def words(template_id, text="{salutation}好"):
    return Words(template_id, 1, Category.CARE, compile_text(text))


VALUES = {"salutation": "王先生"}


def test_the_template_of_last_time_is_not_taken_again():
    both = [words("a"), words("b", "{salutation}早")]

    for number in range(8):
        chosen = choose(number << 32, among=both, last=LastTime("a", "别的"), values=VALUES)
        assert chosen is not None
        assert chosen[0].template_id == "b"


def test_nor_is_its_text_under_another_name():
    assert choose(0, among=[words("b")], last=LastTime("a", "王先生好"), values=VALUES) is None


def test_where_nothing_is_fresh_nothing_is_said():
    assert choose(0, among=[words("a")], last=LastTime("a", "x"), values=VALUES) is None
    assert choose(0, among=[], last=None, values=VALUES) is None


def test_the_choice_is_stable_and_uses_every_template():
    among = [words(t, t + "{salutation}") for t in "abc"]
    chosen = [
        choose(stable_number(f"o{n}"), among=among, last=None, values=VALUES)[0].template_id
        for n in range(300)
    ]

    assert min(chosen.count(t) for t in "abc") > 60
    assert stable_number("birthday:2026:c1") == 16054338416240854880
