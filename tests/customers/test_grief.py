"""Which labels nobody is congratulated on."""

import pytest

from crm_api.customers.policies.grief import is_grief
from crm_api.customers.terms import AnniversaryKind, LifeEventKind

MOURNED = [
    *("母亲忌日", "父忌", "周忌", "父亲去世三周年", "慈父辞世", "慈父辭世", "先父谢世", "先父謝世"),
    *("已故祖父生日", "母亲故去", "舅父牺牲日", "舅父犧牲日", "遇难十周年", "遇難日", "叔父殉职"),
    *("長子夭折", "出殡", "出殯", "头七", "頭七", "断七", "斷七", "祖母冥诞", "冥誕"),
    *(
        "冥寿",
        "冥壽",
        "悼念创始人",
        "王总追思会",
        "扫墓",
        "Father's death",
        "Mum DIED",
        "Grandpa passed away (2019)",
    ),
]
SUFFERED = [
    *("上坟", "上墳", "祖坟", "母亲下葬", "清明祭祖", "查出癌症", "化疗结束", "化療"),
    *("瘫痪", "破产", "破產", "下岗", "公司裁员", "裁員", "分手", "小产", "小產", "引产", "引產"),
    *("流產", "失业", "失業", "丈夫住院", "离婚", "funeral of dad", "Memorial", "in hospital"),
    *("Surgery", "cancer", "divorce, final", "miscarriage", "went bankrupt", "Laid off"),
]
CELEBRATED = ["", "相识纪念日", "结婚纪念日", "乔迁", "Studied abroad", "Deathly Hallows premiere"]
OF_BUSINESSES = [
    *("疾病预防控制中心成立日", "光明眼科手术中心开业", "殡葬服务公司成立", "祭品店开业"),
    *("破产清算律师事务所成立", "Renhe Hospital", "公墓管理处成立"),
]


@pytest.mark.parametrize("label", [*MOURNED, *SUFFERED, *OF_BUSINESSES])
def test_a_death_a_misfortune_and_a_parting_are_grief(label):
    assert is_grief(label)


@pytest.mark.parametrize("label", CELEBRATED)
def test_joy_is_none(label):
    assert not is_grief(label)


@pytest.mark.parametrize("label", OF_BUSINESSES)
@pytest.mark.parametrize("kind", [AnniversaryKind.FOUNDING, LifeEventKind.NEW_BUSINESS])
def test_a_business_may_be_called_after_what_it_treats(label, kind):
    assert not is_grief(label, kind=kind)
    assert not is_grief(label, is_of_group=True)


@pytest.mark.parametrize("label", ["晋升病理科主任", "手术室护士长", "Head of Surgery"])
def test_an_office_may_be_too(label):
    assert not is_grief(label, kind=LifeEventKind.PROMOTION)


@pytest.mark.parametrize("label", MOURNED)
def test_somebodys_death_is_grief_in_a_business_too(label):
    assert is_grief(label, kind=AnniversaryKind.FOUNDING)
    assert is_grief(label, is_of_group=True)
