"""What a customer means by a short message back."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from crm_api.care.gateway.terms import InboundAction

# What our own texts ask to be sent. Some send it with the words that asked: "回复R".
LETTERS: Final = ("t", "td", "n", "r", "q", "0")
ASKED: Final = ("", "回", "回复", "回復", "回覆", "发", "发送", "發送")
# Compared with the whole folded text: "N" is a refusal, the "n" in "phone" is not.
OPT_OUT_WORDS: Final = frozenset(
    {asked + letter for asked in ASKED for letter in LETTERS}
    | {"tdhf", "0000", "00000", "qx", "js", "stop", "stopall"}
    | {"unsubscribe", "unsub", "cancel", "end", "quit", "optout", "remove"}
    | {"退订", "退訂", "取消", "拒收", "拒绝", "拒絕", "停止", "取消订阅", "取消訂閱"}
    | {"不要", "不需要", "勿扰", "勿擾", "免打扰", "免打擾", "退", "拒"}
)
OPT_IN_WORDS: Final = frozenset(
    {"start", "unstop", "optin", "subscribe", "dy", "hf", "kt"}
    | {"订阅", "訂閱", "恢复", "恢復", "开通", "開通", "恢复订阅", "重新订阅"}
)
HELP_WORDS: Final = frozenset({"help", "info", "帮助", "幫助"})
ORDERS: Final = (
    (OPT_OUT_WORDS, InboundAction.OPT_OUT),
    (OPT_IN_WORDS, InboundAction.OPT_IN),
    (HELP_WORDS, InboundAction.HELP),
)
# Anywhere in a longer text they are no order, but nobody may be written to before a person read it.
SIGNS_OF_REFUSAL: Final = (
    *(
        "退订",
        "退訂",
        "拒收",
        "拒绝",
        "拒絕",
        "取消",
        "取关",
        "屏蔽",
        "拉黑",
        "停止",
        "停发",
        "停發",
    ),
    *("骚扰", "騷擾", "打扰", "打擾", "勿扰", "勿擾", "勿发", "勿發", "烦死", "煩死"),
    *("投诉", "投訴", "举报", "舉報"),
    *("别发", "別發", "别给", "別給", "别烦", "別煩", "别再", "別再", "别老", "別老"),
    *("不要发", "不要發", "不要再", "不要給", "不要给", "不要短信", "不要了", "不需要"),
    *("不用发", "不用發", "不用再", "不必发", "不必發", "不必再"),
    *("不想收", "不想再收", "不收短信", "不接收"),
    *("stop", "unsubscribe", "optout", "donotsend", "dontsend", "donttext", "nomore"),
    *("cancelmy", "removeme", "spam", "harass"),
)
# As a word of its own, as in "TD，谢谢"; of a network (TD-SCDMA) it is what one complains about.
TD: Final = re.compile(
    r"(?<![a-z0-9])td(?![a-z0-9]|[\s-]*(?:卡|网|網|手机|手機|信号|信號|终端|終端|scdma|lte))"
)
AGAIN_AND_AGAIN: Final = re.compile(r"(?:td)+|t+|r+")  # "TD TD", "TT"
# Of the other letters one alone says too little among other words, unless it comes with ours, ...
ASKED_FOR: Final = re.compile(r"(?:回[复復覆]?|[发發]送?)[\W_]{0,3}[tnrq0](?![a-z0-9恤元]|\.[0-9])")
# ... or first, and all the rest is Chinese or polite: "R，谢谢". "0 元" is a price.
LETTER_FIRST: Final = re.compile(
    r"[\W_]*[tnrq0](?:[\W_]|(?=[谢謝]))(?!\s*元)(?:[\W_㐀-鿿]|thanks?|thankyou|thank you|please)+"
)
LEAVING: Final = re.compile(r"我要退[了掉]?$|退出|^退[tnrq]")  # not: 我要退费
LETTERS_AND_DIGITS: Final = ("L", "N")


def fold(text: str) -> str:
    """Reduce a text to its letters and digits.

    Full-width letters, capitals, brackets, blanks and invisible characters make no difference to
    what a customer who answers "[TD]." wants.
    """
    return "".join(c for c in _plain(text) if unicodedata.category(c)[0] in LETTERS_AND_DIGITS)


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    # Case folding may leave what NFKC would join again.
    return unicodedata.normalize("NFKC", plain)


def read_reply(text: str) -> InboundAction:
    """Tell what a customer's message asks of us."""
    folded = fold(text)
    for words, action in ORDERS:
        if folded in words:
            return action
    if AGAIN_AND_AGAIN.fullmatch(folded):
        return InboundAction.OPT_OUT
    if _is_question_mark(text):
        return InboundAction.HELP
    return InboundAction.REVIEW if _sounds_like_refusal(text) else InboundAction.NONE


def _sounds_like_refusal(text: str) -> bool:
    """Tell whether a longer text may refuse: a word ends at a blank, which folding leaves out."""
    plain, folded = _plain(text), fold(text)
    return bool(
        TD.search(plain)
        or TD.search(folded)
        or ASKED_FOR.search(plain)
        or LETTER_FIRST.fullmatch(plain)
        or LEAVING.search(folded)
        or any(sign in folded for sign in SIGNS_OF_REFUSAL)
    )


def _is_question_mark(text: str) -> bool:
    """Tell whether a text only asks: folding leaves nothing of that."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    return plain != "" and plain.strip("?") == ""
