"""What could say whose case it was is taken out, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_api.visits.policies.stripping import Personal, strip

NAMES = ("欧阳示例", "李示例", "演示贸易公司（虚构）", "Jane Example")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("拜访了李示例，很愉快", "name"),
        ("拜访了李 示 例，很愉快", "name"),
        ("拜访了李\u200b示例", "name"),
        ("拜访了李      示例", "name"),
        ("与演示贸易公司(虚构)谈妥", "name"),
        ("met jane example there", "name"),
        ("王总不满意", "name"),
        ("欧阳女士不满意", "name"),
        ("联系人姓名：赵小例，在财务", "name"),
        ("回电 13912345678", "phone"),
        ("回电 \uff11\uff13\uff19\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "phone"),
        ("回电 139-1234-5678", "phone"),
        ("回电 +86 139 1234 5678", "phone"),
        ("固话 (021) 6222-1234", "phone"),
        ("回电 139，1234，5678", "phone"),
        ("回电 139\u20131234\u20135678", "phone"),
        ("回电 139*1234*5678", "phone"),
        ("身份证 11010519491231002X", "document"),
        ("身份证 110105 19491231 0021", "document"),
        ("卡号 6222 0200 1234 5678 901", "number"),
        ("号码是一三九一二三四五六七八", "number"),
        ("号码是壹叁玖壹贰叁肆伍陆柒捌", "number"),
        ("微信号：demo_example", "number"),
        ("加 vx demo-example", "number"),
        ("账号 DEMO-0001", "number"),
        ("护照 E12345678", "number"),
        ("写信到 someone.else@example.invalid", "email"),
        ("见 https://example.invalid/u?id=1", "link"),
        ("车牌沪A12345", "plate"),
        ("住示范路 8 号 3 栋 201 室", "address"),
        ("在阳光小区3号楼", "address"),
    ],
)
def test_each_kind_goes(text, kind):
    stripped = strip(text, names=NAMES)

    assert Personal(kind) in stripped.removed, stripped
    assert strip(stripped.text, names=NAMES).removed == {}


def test_what_was_learned_stays():
    text = "先听客户说完，再讲 5G 套餐；降了 30 元，3 天内回电，2 次回访后满意。"

    assert strip(text, names=NAMES).text == text.replace("；", ";").replace("，", ",")


@given(
    before=st.text(max_size=40),
    after=st.text(max_size=40),
    secret=st.sampled_from([*NAMES, "13912345678", "110105194912310021", "示范路8号", "沪A12345"]),
)
def test_no_surrounding_hides_it(before, after, secret):
    stripped = strip(before + secret + after, names=NAMES)

    assert secret not in stripped.text
    assert strip(stripped.text, names=NAMES).removed == {}


@pytest.mark.parametrize("piece", ["一", "1 ", "王", "A", "a.", "-", "示范路", "@", "李 "])
def test_no_text_makes_it_crawl(piece):
    """A hostile text of the longest kind: the whole suite would time out if it were quadratic."""
    strip(piece * (10_000 // len(piece)), names=NAMES * 100)
