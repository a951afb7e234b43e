"""How long a text is on the air."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_api.care.policies.lengths import BASIC, EXTENDED, measure
from crm_api.care.terms import Encoding

GSM7, UCS2 = Encoding.GSM7, Encoding.UCS2

CASES = [
    # text, encoding, units, segments
    ("", GSM7, 0, 1),
    ("a", GSM7, 1, 1),
    ("a" * 160, GSM7, 160, 1),
    ("a" * 161, GSM7, 161, 2),
    ("a" * 306, GSM7, 306, 2),
    ("a" * 307, GSM7, 307, 3),
    ("a" * 459, GSM7, 459, 3),
    ("a" * 460, GSM7, 460, 4),
    ("€", GSM7, 2, 1),
    ("€" * 80, GSM7, 160, 1),
    ("€" * 81, GSM7, 162, 2),
    ("a" * 159 + "{", GSM7, 161, 2),
    # 152 and an escape: the escaped pair moves to the second part whole
    ("a" * 152 + "[" + "a" * 152, GSM7, 306, 3),
    ("a" * 151 + "[" + "a" * 153, GSM7, 306, 2),
    ("à la fin", GSM7, 8, 1),
    ("naïve", UCS2, 5, 1),
    ("ç", UCS2, 1, 1),  # only the capital is in GSM 03.38
    ("Ç", GSM7, 1, 1),
    ("【演示通信】" + "a" * 64, UCS2, 70, 1),
    ("【演示通信】" + "a" * 65, UCS2, 71, 2),
    ("福" * 70, UCS2, 70, 1),
    ("福" * 71, UCS2, 71, 2),
    ("福" * 134, UCS2, 134, 2),
    ("福" * 135, UCS2, 135, 3),
    ("🎂", UCS2, 2, 1),
    ("🎂" * 35, UCS2, 70, 1),
    ("🎂" * 36, UCS2, 72, 2),
    # 33 emoji fill 66 of 67 units: the odd unit of each part is lost
    ("🎂" * 66, UCS2, 132, 2),
    ("🎂" * 67, UCS2, 134, 3),
    ("福" * 66 + "🎂" + "福" * 66, UCS2, 134, 3),
    ("福" * 65 + "🎂" + "福" * 67, UCS2, 134, 2),
    ("福" * 69 + "🎂", UCS2, 71, 2),
    ("福" * 68 + "🎂", UCS2, 70, 1),
    ("a\nb\r", GSM7, 4, 1),
    ("a\tb", UCS2, 3, 1),
]


@pytest.mark.parametrize(("text", "encoding", "units", "segments"), CASES)
def test_a_text_takes_so_many_units_and_parts(text, encoding, units, segments):
    length = measure(text)

    assert (length.encoding, length.units, length.segments) == (encoding, units, segments)


def test_the_alphabet_is_the_one_of_the_standard():
    assert len(BASIC) == 127  # 128 places, one of which is the escape
    assert len(EXTENDED) == 10
    assert not BASIC & EXTENDED


@given(st.text(alphabet="a福🎂[€", max_size=400))
def test_parts_are_what_cutting_by_hand_gives(text):
    """Cut greedily, character by character, with no code shared."""
    is_gsm = all(c in "a[€" for c in text)
    width = {"a": 1, "福": 1, "🎂": 2, "[": 2 if is_gsm else 1, "€": 2 if is_gsm else 1}
    units = sum(width[c] for c in text)
    whole, part = (160, 153) if is_gsm else (70, 67)
    parts = [0]
    for c in text:
        if parts[-1] + width[c] > part:
            parts.append(0)
        parts[-1] += width[c]

    assert measure(text).segments == (1 if units <= whole else len(parts))
