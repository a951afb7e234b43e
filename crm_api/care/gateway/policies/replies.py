"""What a customer means by a short message back."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from crm_api.care.gateway.terms import InboundAction

# What our own texts ask to be sent. Some send it with the words that asked: "回复R".
LETTERS: Final = ("t", "td", "n", "r", "q", "0")
ASKED: Final = ("", "回", "回复", "回復", "发", "发送", "發送")
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
        "取消",
        "骚扰",
        "騷擾",
        "投诉",
        "投訴",
        "举报",
        "舉報",
        "勿扰",
        "打扰",
    ),
    *(
        "别发",
        "別發",
        "别烦",
        "別煩",
        "别再",
        "別再",
        "不要发",
        "不要再",
        "不要給",
        "不要给",
        "停止",
        "烦死",
    ),
    *("stop", "unsubscribe", "optout", "donotsend", "dontsend", "nomore", "spam", "harass"),
)
# As a word of its own among Chinese ones, as in "TD，谢谢"; the other letters say too little there.
TD: Final = re.compile(r"(?<![a-z0-9])td(?![a-z0-9])")
LETTERS_AND_DIGITS: Final = ("L", "N")


def fold(text: str) -> str:
    """Reduce a text to its letters and digits.

    Full-width letters, capitals, brackets, blanks and invisible characters make no difference to
    what a customer who answers "[TD]." wants.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    # Case folding may leave what NFKC would join again.
    plain = unicodedata.normalize("NFKC", plain)
    return "".join(c for c in plain if unicodedata.category(c)[0] in LETTERS_AND_DIGITS)


def read_reply(text: str) -> InboundAction:
    """Tell what a customer's message asks of us."""
    folded = fold(text)
    for words, action in ORDERS:
        if folded in words:
            return action
    if _is_question_mark(text):
        return InboundAction.HELP
    is_refusal = TD.search(folded) or any(sign in folded for sign in SIGNS_OF_REFUSAL)
    return InboundAction.REVIEW if is_refusal else InboundAction.NONE


def _is_question_mark(text: str) -> bool:
    """Tell whether a text only asks: folding leaves nothing of that."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    return plain != "" and plain.strip("?") == ""
