"""What a template must be before it may be approved."""

import pytest

from crm_api.care.terms import Occasion
from crm_api.care.wording.policies.linting import Draft, Severity, lint
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
