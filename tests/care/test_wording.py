"""Salutations, rendering, and the choice of words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_api.care.policies.choosing import (
    NOTHING_TOLD,
    Fit,
    Pool,
    Told,
    Words,
    choose,
    stable_number,
    turn_of,
)
from crm_api.care.policies.lengths import measure
from crm_api.care.policies.naming import name_of_day, name_of_event
from crm_api.care.policies.rendering import compile_text, longest_rendering
from crm_api.care.policies.salutations import ANYBODY, LONGEST_SALUTATION, salute, say_name
from crm_api.customers.terms import (
    AnniversaryKind,
    Category,
    CommunicationStyle,
    Gender,
    LifeEventKind,
    Tier,
)

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


NOT_SAID = [
    "{salutation}",
    "{0.__class__}",
    "{name!r:>999}",
    "王}{",
    "【银行】王",
    "[银行]王",
    "\uff3b银行\uff3d王",
    "〖银行〗王",
    "王\r\nX-Header: 1",
    "王\n退订",
    "王\x85",
    "王\u2028李",
    "\u202e明小王",
    "\u2067王\u2069",
    "王\u200b明",
    "王\u200d明",
    "\ufeff王",
    "\u3164",
    "  ",
    "\ud83d",
    "王\ue000",
    "王\U000e0041",
    "http://a.example",
    "www.a.example",
    "a.com 王",
    "A.CN",
]


@pytest.mark.parametrize("name", NOT_SAID, ids=ascii)
@pytest.mark.parametrize("gender", [UNKNOWN, MALE])
def test_a_name_that_is_none_is_not_said(name, gender):
    assert salute(name, gender) == say_name(name) == ANYBODY


@pytest.mark.parametrize(
    "name",
    [
        "王小明",
        "买买提·艾力",
        "O'Neil-Smith",
        "Dr. Wang",
        "虚构(上海)公司",
        "%s %d $x",
        "王.小明",
    ],
)
def test_any_other_name_is_said_as_it_stands(name):
    assert salute(name, UNKNOWN) == say_name(name) == name


@settings(max_examples=50)
@given(st.text(max_size=40), st.sampled_from(Gender))
def test_whatever_the_name_the_text_keeps_its_frame(name, gender):
    """No name adds a signature, a line or a placeholder, or makes it longer than was measured."""
    compiled = compile_text("【演示通信】{salutation}，{name}。拒收请回复R")

    text = compiled.render({"salutation": salute(name, gender), "name": say_name(name)})

    assert text.startswith("【演示通信】")
    assert text.endswith("。拒收请回复R")
    assert text.count("【") == text.count("】") == 1
    assert len(text.splitlines()) == 1
    assert not set(text) & set("{}[]\u202e\u200b\ufeff")
    assert measure(text).units <= measure(longest_rendering(compiled)).units


def test_what_a_value_says_is_never_read_again():
    compiled = compile_text("{name}{salutation}")

    assert compiled.render({"name": "{salutation}", "salutation": "{name}"}) == (
        "{salutation}{name}"
    )


def test_rendering_evaluates_nothing():
    compiled = compile_text("{salutation} {salutation.__class__} {0} %s ${x}")

    assert compiled.names == ("salutation", "salutation.__class__", "0", "x")
    values = {"salutation": "{x}", "salutation.__class__": "a", "0": "b", "x": "c"}
    assert compiled.render(values) == "{x} a b %s $c"


def words(template_id, text="{salutation}好", **changes):
    return Words(template_id, 1, Category.CARE, compile_text(text), **changes)


VALUES = {"salutation": "王先生"}
READER = (Tier.STANDARD, None)


def chosen_id(turn, *among, told=NOTHING_TOLD, reader=READER):
    chosen = choose(turn, among=Pool(among).ranked_for(*reader), told=told, values=VALUES)
    return None if chosen is None else chosen[0].template_id


def test_a_template_heard_lately_is_not_taken_again():
    both = [words("a"), words("b", "{salutation}早")]
    told = Told(frozenset({"a"}), frozenset({"别的"}))

    assert [chosen_id(turn, *both, told=told) for turn in range(4)] == ["b"] * 4


def test_nor_is_its_text_under_another_name():
    assert chosen_id(0, words("b"), told=Told(frozenset({"a"}), frozenset({"王先生好"}))) is None


def test_where_nothing_is_fresh_nothing_is_said():
    assert chosen_id(0, words("a"), told=Told(frozenset({"a"}))) is None
    assert chosen_id(0) is None


def test_the_choice_is_stable_and_uses_every_template():
    among = [words(t, t + "{salutation}") for t in "abc"]
    chosen = [chosen_id(turn_of(f"birthday:2026:p{n}"), *among) for n in range(300)]

    assert min(chosen.count(t) for t in "abc") > 60
    assert stable_number("birthday:2026:c1") == 16054338416240854880


@pytest.mark.parametrize(
    "occurrence",
    ["birthday:{}:p", "festival:mid_autumn:{}:p", "anniversary:wedding:solar-5-20:{}:p"],
)
def test_the_years_take_turns(occurrence):
    among = [words(t, t + "{salutation}") for t in "abcde"]
    years = [chosen_id(turn_of(occurrence.format(2026 + n)), *among) for n in range(10)]

    assert sorted(years[:5]) == list("abcde")
    assert years[5:] == years[:5]


def test_what_has_no_year_has_a_turn_too():
    assert turn_of("event:promotion:e1") == stable_number("event:promotion:e1") >> 32
    assert turn_of("bare") == stable_number("bare") >> 32


GOLD, DIRECT = frozenset({Tier.GOLD}), frozenset({CommunicationStyle.DIRECT})
MADE_FOR = [
    words("general", "1{salutation}"),
    words("style", "2{salutation}", styles=DIRECT),
    words("tier", "3{salutation}", tiers=GOLD),
    words("both", "4{salutation}", tiers=GOLD, styles=DIRECT),
]


@pytest.mark.parametrize(
    ("tier", "style", "order"),
    [
        (Tier.GOLD, CommunicationStyle.DIRECT, ["both", "tier", "style", "general"]),
        (Tier.GOLD, CommunicationStyle.AMIABLE, ["tier", "general"]),
        (Tier.GOLD, None, ["tier", "general"]),
        (Tier.SILVER, CommunicationStyle.DIRECT, ["style", "general"]),
        (Tier.SILVER, None, ["general"]),
    ],
)
def test_words_made_for_somebody_come_before_general_ones(tier, style, order):
    """The order of the fallback: what was heard is taken away, and the next in order is chosen."""
    said = []
    for _ in order:
        said.append(chosen_id(7, *MADE_FOR, told=Told(frozenset(said)), reader=(tier, style)))

    assert said == order
    assert chosen_id(7, *MADE_FOR, told=Told(frozenset(said)), reader=(tier, style)) is None


def test_words_for_several_are_for_each_of_them():
    several = words("a", tiers=frozenset({Tier.GOLD, Tier.DIAMOND}))

    assert several.fit(Tier.GOLD, None) is Fit.TIER
    assert several.fit(Tier.DIAMOND, None) is Fit.TIER
    assert several.fit(Tier.SUPREME, None) is None


@pytest.mark.parametrize("label", ["充100送话费", "见 www.x.cn", "【官方】", "{name}", "很" * 13])
def test_a_label_that_no_second_person_would_approve_is_not_said(label):
    assert name_of_day(AnniversaryKind.WEDDING, label) == "结婚纪念日"
    assert name_of_event(LifeEventKind.NEW_HOME, label) == "乔迁之喜"


def test_a_day_is_called_as_its_own_label_says():
    assert name_of_day(AnniversaryKind.OTHER, "相识纪念日") == "相识纪念日"
    assert name_of_event(LifeEventKind.CHILDS_SUCCESS, "女儿考上大学") == "女儿考上大学"
