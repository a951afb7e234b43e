"""What a template must be before it may be approved."""

import pytest

from crm_api.care.terms import Occasion
from crm_api.care.wording.policies.characters import fold
from crm_api.care.wording.policies.linting import Draft, Forbidden, Severity, is_fit, lint
from crm_api.customers.terms import Category

GOOD = "【演示通信】{salutation}，祝您生日快乐，万事顺意！拒收请回复R"


def codes(text=GOOD, *, severity=Severity.ERROR, **changes):
    draft = Draft(
        **{
            "text": text,
            "occasion": Occasion.BIRTHDAY,
            "category": Category.CARE,
            "signature": "演示通信",
            "tones": frozenset(),
            **changes,
        }
    )
    return [finding.code for finding in lint(draft) if finding.severity is severity]


def test_a_good_template_has_no_fault():
    assert codes() == []
    assert codes(severity=Severity.WARNING) == []


@pytest.mark.parametrize(
    "text",
    [
        "{salutation}，生日快乐！拒收请回复R",
        "【别家公司】{salutation}，生日快乐！拒收请回复R",
        "{salutation}，生日快乐！拒收请回复R【演示通信】",
        " 【演示通信】{salutation}，生日快乐！拒收请回复R",
    ],
)
def test_the_signature_comes_first(text):
    assert "signature_missing" in codes(text)


@pytest.mark.parametrize("more", ["【好】", "【", "】"])
def test_the_brackets_of_the_signature_are_for_it_alone(more):
    assert codes(GOOD + more) == ["signature_repeated"]


@pytest.mark.parametrize(
    "line",
    [
        "拒收请回复R",
        "退订回T",
        "退订回复TD",
        "回T退订",
        "回复N拒收",
        "退订请发送 0",
        "拒收请回复 R",
    ],
)
def test_an_opt_out_line_is_known(line):
    assert codes(f"【演示通信】{{salutation}}，生日快乐！{line}") == []


@pytest.mark.parametrize(
    "line", ["", "退订", "拒收请致电客服", "回复X退订", "退订回TEL", "请勿拒收"]
)
def test_without_a_way_to_opt_out_nothing_goes(line):
    assert codes(f"【演示通信】{{salutation}}，生日快乐！{line}") == ["opt_out_missing"]


@pytest.mark.parametrize(
    "name", ["festival", "anniversary", "phone", "salutation.__class__", "0", "", "salutation!r"]
)
def test_a_placeholder_must_be_known_for_the_occasion(name):
    assert codes(GOOD + "{" + name + "}") == ["unknown_placeholder"]


def test_each_occasion_knows_its_own_day():
    assert codes(GOOD + "{festival}", occasion=Occasion.FESTIVAL) == []
    assert codes(GOOD + "{anniversary}", occasion=Occasion.ANNIVERSARY) == []


@pytest.mark.parametrize("brace", ["{", "}", "{{name}}"])
def test_a_brace_never_stands_alone(brace):
    assert "broken_placeholder" in codes(GOOD + brace)


def test_a_greeting_addresses_its_customer():
    assert codes("【演示通信】祝您生日快乐！拒收请回复R") == ["impersonal"]


def test_length_is_that_of_the_longest_rendering():
    # 【演示通信】 6, salutation 16, comma 1, opt-out 6: 41 units are left of 70
    def text(words):
        return "【演示通信】{salutation}，" + "福" * words + "拒收请回复R"

    assert codes(text(41), severity=Severity.WARNING) == []
    assert codes(text(42), severity=Severity.WARNING) == ["several_parts"]
    assert codes(text(41 + 201 - 70)) == []
    assert codes(text(41 + 202 - 70)) == ["too_long"]


def test_a_solemn_day_bears_no_joy():
    assert codes(occasion=Occasion.FESTIVAL, tones=frozenset({"solemn"})) == [
        "joyful_on_solemn_day"
    ]
    assert (
        codes(
            "【演示通信】{salutation}，清明将至，愿您安康。拒收请回复R",
            occasion=Occasion.FESTIVAL,
            tones=frozenset({"solemn"}),
        )
        == []
    )


def test_a_gentle_day_is_wished_well_rather_than_joy():
    gentle = {"occasion": Occasion.FESTIVAL, "tones": frozenset({"gentle"})}

    assert codes(**gentle) == []
    assert codes(severity=Severity.WARNING, **gentle) == ["joyful_on_gentle_day"]


@pytest.mark.parametrize(
    "offer",
    ["送话费", "赠送10G流量", "限时优惠", "立减50元", "8.5折", "套餐每月99元", "https://a.example"],
)
def test_an_offer_makes_it_marketing(offer):
    text = GOOD.replace("！", f"，{offer}！")

    assert codes(text) == ["offer_in_care"]
    assert codes(text, category=Category.MARKETING) == []


def test_errors_are_told_before_warnings():
    draft = Draft(
        text="【演示通信】" + "福" * 80,
        occasion=Occasion.BIRTHDAY,
        category=Category.CARE,
        signature="演示通信",
        tones=frozenset(),
    )

    assert [f.severity for f in lint(draft)] == [Severity.ERROR] * 2 + [Severity.WARNING]


def warnings(text=GOOD, **changes):
    return codes(text, severity=Severity.WARNING, **changes)


HIDDEN = [
    "\u200b",  # zero width space
    "\u200d",  # a joiner that joins nothing
    "\u202e",  # turns the reading round
    "\u2066",
    "\ufeff",
    "\xad",  # soft hyphen
    "\u2028",  # line separator
    "\t",
    "\r",
    "\ue000",  # private use
    "\ufe0f",  # an emoji's style, after no emoji
    "\U000e0041",  # tag
]


@pytest.mark.parametrize("character", HIDDEN, ids=ascii)
def test_a_character_that_nobody_sees_is_an_error(character):
    assert codes(GOOD.replace("万事", f"万{character}事")) == ["hidden_character"]


@pytest.mark.parametrize(
    "emoji",
    [
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family, joined
        "\u2764\ufe0f",
        "\U0001f3f3\ufe0f\u200d\U0001f308",
        "1\ufe0f\u20e3",
        "\U0001f44d\U0001f3fd",
        "\U0001f1e8\U0001f1f3",
    ],
    ids=ascii,
)
def test_an_emoji_may_be_made_of_several_characters(emoji):
    assert codes(GOOD.replace("！", emoji)) == []


def test_a_line_feed_is_seen():
    assert codes(GOOD.replace("，", "\n", 1)) == []


@pytest.mark.parametrize(
    "character",
    [
        "\u0420",  # Cyrillic Er, for P
        "\u0391",  # Greek Alpha, for A
        "\u13aa",  # Cherokee Go, for A
        "\uff32",  # full width R
        "\U0001d411",  # mathematical bold R
        "\u2f63",  # the radical of 生
        "\uf900",  # a compatibility ideograph
        "\uff11",  # full width 1
    ],
    ids=ascii,
)
def test_a_character_that_passes_for_another_is_an_error(character):
    assert codes(GOOD.replace("万事", character)) == ["look_alike_character"]


@pytest.mark.parametrize("fine", ["VIP", "5G", "①", "“好”", "（一）", "·", "é", "℃", "々"])
def test_ordinary_signs_pass_for_nothing_else(fine):
    assert codes(GOOD.replace("万事", fine)) == []


def test_an_opt_out_word_in_another_alphabet_is_no_way_out():
    found = codes(GOOD.replace("R", "\u0422"))

    assert set(found) == {"look_alike_character", "opt_out_missing"}


BEST = (Forbidden("最佳", fold("最佳"), "广告法：绝对化用语"),)


@pytest.mark.parametrize("written", ["最佳", "最 佳", "最·佳", "最-佳", "最\n佳", "最*佳"])
def test_a_forbidden_word_is_found_however_it_is_spaced(written):
    found = codes(GOOD.replace("万事", written), forbidden=BEST)

    assert found == ["forbidden_word"]


def test_a_forbidden_word_hidden_by_what_nobody_sees_is_found_as_well():
    found = codes(GOOD.replace("万事", "最\u200b佳"), forbidden=BEST)

    assert set(found) == {"hidden_character", "forbidden_word"}


@pytest.mark.parametrize("written", ["愿您最，佳节快乐", "佳最", "最好"])
def test_what_only_stands_near_it_is_not_the_word(written):
    assert codes(GOOD.replace("万事", written), forbidden=BEST) == []


def test_case_and_width_make_no_other_word():
    no1 = (Forbidden("No.1", fold("No.1"), "绝对化用语"),)

    assert codes(GOOD.replace("万事", "NO 1"), forbidden=no1) == ["forbidden_word"]


@pytest.mark.parametrize("informal", ["你", "咱们", "宝贝", "哟", "🎂"])
@pytest.mark.parametrize("tier", ["diamond", "supreme"])
def test_the_highest_tiers_are_addressed_formally(informal, tier):
    text = GOOD.replace("万事", informal)

    assert codes(text, tiers=frozenset({"vip", tier})) == ["informal_for_tier"]
    assert codes(text, tiers=frozenset({"gold"})) == []


@pytest.mark.parametrize("familiar", ["你", "哟", "{salutation}，亲，"])
def test_too_familiar_is_a_warning_for_everybody_else(familiar):
    assert warnings(GOOD.replace("万事", familiar)) == ["too_familiar"]


def test_a_dear_one_is_no_familiarity():
    assert warnings(GOOD.replace("万事", "灯火可亲，双亲！")) == []


@pytest.mark.parametrize(
    ("style", "text", "hint"),
    [
        ("direct", GOOD.replace("万事", "愿您和家人万事" * 4), "long_for_direct"),
        ("expressive", "【演示通信】{salutation}，生日到了。拒收请回复R", "flat_for_expressive"),
        ("amiable", GOOD, "cool_for_amiable"),
        ("analytical", GOOD, "loud_for_analytical"),
    ],
)
def test_a_style_is_a_hint_to_those_who_write_for_it(style, text, hint):
    assert warnings(text, styles=frozenset({style})) == [hint]
    assert warnings(text) == []


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("direct", GOOD),
        ("expressive", GOOD),
        ("amiable", GOOD.replace("万事", "阖家")),
        ("analytical", GOOD.replace("！", "。")),
    ],
)
def test_who_keeps_to_the_style_is_not_told(style, text):
    assert warnings(text, styles=frozenset({style})) == []


def test_the_opt_out_line_stands_at_the_end():
    assert warnings("【演示通信】拒收请回复R。{salutation}，祝您平安。") == ["opt_out_not_last"]


def test_words_in_use_already_are_told():
    assert warnings(others=frozenset({GOOD})) == ["same_words"]


def test_a_template_with_warnings_only_is_fit():
    draft = {"occasion": Occasion.BIRTHDAY, "category": Category.CARE, "signature": "演示通信"}

    assert is_fit(Draft(text=GOOD.replace("您", "你"), tones=frozenset(), **draft))
    assert not is_fit(Draft(text="生日快乐", tones=frozenset(), **draft))
