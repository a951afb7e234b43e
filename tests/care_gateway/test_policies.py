"""The rules of the contract that need no database."""
# ruff: noqa: RUF001 - what customers send in full-width letters is the point here

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_api.care.gateway.policies import gate, pace
from crm_api.care.gateway.policies.replies import fold, read_reply
from crm_api.care.gateway.policies.reports import PartReport, is_news, sum_up
from crm_api.care.gateway.terms import InboundAction, Refusal, ReportStatus
from crm_api.care.terms import MessageState
from crm_api.contact_frequency.terms import ReasonCode

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "T",
        "td",
        "ＴＤ",
        "【T】",
        "N",
        "r",
        "Ｒ。",
        "Q",
        "0",
        "０",
        "退订",
        " 退 订 ！",
        "取消",
        "拒收",
        "STOP",
        "Stop!",
        "stop\u200b",
        "ＳＴＯＰ",
        "“退订”",
        "T️",
        "回复R",
        "回 ＴＤ",
        "发送0",
        "回覆R",
        "td td",
        "TT",
        "R R",
        "TDTD",
    ],
)
def test_a_word_of_refusal_is_an_opt_out(text):
    assert read_reply(text) is InboundAction.OPT_OUT


@pytest.mark.parametrize(
    "text",
    [
        "请不要再发短信给我",
        "你们天天骚扰我，退订退订",
        "Please STOP texting me",
        "我要投诉",
        "别发了",
        "别烦我",
        "ＴＤ，谢谢",
        "我拒绝接收此类短信",
        "請勿擾，謝謝",
        "不用再发了",
        "不必再发",
        "不要短信",
        "我不需要这些短信",
        "不要了",
        "别老发短信",
        "退出",
        "退T",
        "please cancel my subscription",
        "remove me from your list",
        "don't text me",
        "R, thanks",
        "麻烦你们td",
        *("别给我发短信", "別給我发", "请勿发送", "请勿發送", "不要發了", "不想收到短信"),
        *("不想再收到了", "不收短信", "不接收广告", "我要退", "我要退出", "拉黑", "已屏蔽"),
        *(
            "不要打擾",
            "煩死了",
            "回复R，谢谢",
            "回R谢谢",
            "回复“R”谢谢",
            "回覆 r 謝謝",
            "回复R thanks",
        ),
        *("T，谢谢", "N，不要", "0，谢谢", "【R】谢谢！", "R谢谢", "T, 不用了"),
        *("TD thanks", "please TD", "T.D.谢谢", "TD，网络短信太多", "請td吧"),
    ],
)
def test_a_longer_refusal_goes_to_a_person(text):
    assert read_reply(text) is InboundAction.REVIEW


@pytest.mark.parametrize(
    "text",
    [
        "谢谢，同祝安康",
        "0 元套餐是什么",
        "回0元套餐吗",
        "thanks",
        "",
        "……",
        "T恤很好看",
        "10",
        "Nice",
        "RQ",
        "何时？",
        "回复",
        "回去",
        *("谢谢", "好的", "同学们好", "今天收到了", "R u there?", "Q: how much", "10，谢谢"),
        *("TD卡没信号", "TD网络不好", "TD-SCDMA手机", "TD 手機", "我的TD信号差", "LTD"),
        *("我要退费", "发0.5G流量吗", "我发T恤照片给你", "没有回复我"),
    ],
)
def test_other_words_change_nothing(text):
    assert read_reply(text) is InboundAction.NONE


@pytest.mark.parametrize("text", ["START", "恢复", "订阅", " 开通。"])
def test_a_word_of_consent_is_an_opt_in(text):
    assert read_reply(text) is InboundAction.OPT_IN


@pytest.mark.parametrize("text", ["帮助", "HELP", "Ｈｅｌｐ！", "info", "?", "？", " ？? "])
def test_a_word_for_help_is_one_of_its_own(text):
    assert read_reply(text) is InboundAction.HELP


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


def part(status, number=1, of=1, attempt="a"):
    return PartReport(
        report_id=f"{attempt}{number}{status}",
        attempt_id=attempt,
        part=number,
        parts=of,
        status=ReportStatus(status),
    )


@pytest.mark.parametrize("order", list(permutations(["submitted", "undelivered", "delivered"])))
def test_the_order_of_reports_does_not_matter(order):
    assert sum_up([part(status) for status in order]) is MessageState.DELIVERED


@pytest.mark.parametrize(
    ("reports", "state"),
    [
        ([], None),
        ([part("submitted")], MessageState.SUBMITTED),
        ([part("undelivered"), part("submitted")], MessageState.UNDELIVERED),
        ([part("rejected")], MessageState.REJECTED),
        ([part("delivered", 1, 2)], MessageState.SUBMITTED),
        ([part("delivered", 1, 2), part("delivered", 2, 2)], MessageState.DELIVERED),
        ([part("delivered", 1, 2), part("undelivered", 2, 2)], MessageState.UNDELIVERED),
        ([part("undelivered"), part("delivered", attempt="b")], MessageState.DELIVERED),
        ([part("delivered", 1, 2), part("delivered", 2, 2, "b")], MessageState.SUBMITTED),
    ],
)
def test_what_reports_add_up_to(reports, state):
    assert sum_up(reports) is state


def test_only_what_says_more_is_news():
    assert is_news(part("delivered"), known=[part("undelivered")])
    assert not is_news(part("undelivered"), known=[part("delivered")])
    assert not is_news(part("rejected"), known=[part("undelivered")])
    assert is_news(part("submitted", 2, 2), known=[part("delivered", 1, 2)])


def test_a_retry_waits_longer_each_time_and_no_two_wait_alike():
    base = [pace.retry_delay(n, chance=0) for n in (1, 2, 3, 4, 5)]

    assert base == [timedelta(seconds=s) for s in (30, 120, 600, 600, 600)]
    assert pace.retry_delay(1, chance=0.5) > pace.retry_delay(1, chance=0.1)
    assert pace.retry_delay(1, chance=0, wished=3_000) == timedelta(seconds=3_000)
    assert pace.retry_delay(3, chance=0, wished=5) == timedelta(seconds=600)


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 100)), max_size=60), st.integers(1, 500))
def test_a_bucket_never_gives_more_than_its_rate_and_one_burst(asks, rate):
    now, spent_until, given_out = 1_000_000.0, 0.0, 0
    start = now
    for pause, wanted in asks:
        now += pause
        taken = min(wanted, pace.tokens_left(spent_until, now=now, rate=rate))
        spent_until = pace.spend(spent_until, taken=taken, now=now, rate=rate)
        given_out += taken
    assert given_out <= (now - start + pace.BURST_SECONDS) * rate + 1


@pytest.mark.parametrize(
    ("codes", "refusal"),
    [
        ([ReasonCode.OUTSIDE_HOURS, ReasonCode.OPTED_OUT], Refusal.OPTED_OUT),
        ([ReasonCode.OUTSIDE_HOURS], Refusal.QUIET_HOURS),
        ([ReasonCode.SOLEMN_DAY], Refusal.QUIET_HOURS),
        ([ReasonCode.AFTER_LAST_MOMENT, ReasonCode.OUTSIDE_HOURS], Refusal.EXPIRED),
        ([ReasonCode.COMPLAINT_OPEN], Refusal.HELD),
        ([ReasonCode.DO_NOT_DISTURB], Refusal.HELD),
        ([ReasonCode.CAP_REACHED], Refusal.HELD),
        ([ReasonCode.OCCURRENCE_TAKEN], Refusal.CANCELLED),
    ],
)
def test_the_governors_reasons_in_the_contracts_words(codes, refusal):
    assert gate.name_refusal(codes) is refusal


def test_a_refused_message_waits_only_while_there_is_time():
    last = NOW + timedelta(hours=1)

    assert gate.may_wait(Refusal.QUIET_HOURS, until=NOW, send_before=last)
    assert not gate.may_wait(Refusal.QUIET_HOURS, until=last, send_before=last)
    assert not gate.may_wait(Refusal.HELD, until=None, send_before=last)
    assert not gate.may_wait(Refusal.OPTED_OUT, until=NOW, send_before=last)
