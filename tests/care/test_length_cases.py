"""26 texts, their units and parts counted by hand and by trying every way to cut them."""

from functools import cache

import pytest

from crm_api.care.policies.lengths import measure

# The chart of GSM 03.38 as it is printed, column by column, with the escape in its place.
CHART = [
    *"@£$¥èéùìòÇ\nØø\rÅå",
    *"Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ",
    *" !\"#¤%&'()*+,-./",
    *"0123456789:;<=>?",
    *"¡ABCDEFGHIJKLMNO",
    *"PQRSTUVWXYZÄÖÑÜ§",
    *"¿abcdefghijklmno",
    *"pqrstuvwxyzäöñüà",
]
SEPTET_OF = {character: place for place, character in enumerate(CHART) if place != 0x1B}
ESCAPED = {"\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D}
ESCAPED |= {"]": 0x3E, "|": 0x40, "€": 0x65}

SIGNATURE = "【演示通信】"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
FLAG, THUMB, KEYCAP = "\U0001f1e8\U0001f1f3", "\U0001f44d\U0001f3fd", "1\ufe0f\u20e3"
CAKE = "\U0001f382"

CASES = {
    "70 Chinese characters, the signature among them": (SIGNATURE + "福" * 64, "ucs2", 70, 1),
    "71 of them": (SIGNATURE + "福" * 65, "ucs2", 71, 2),
    "twice 67": ("福" * 134, "ucs2", 134, 2),
    "twice 67 and one": ("福" * 135, "ucs2", 135, 3),
    "three times 67": ("福" * 201, "ucs2", 201, 3),
    "three times 67 and one": ("福" * 202, "ucs2", 202, 4),
    "160 letters": ("a" * 160, "gsm7", 160, 1),
    "161 letters": ("a" * 161, "gsm7", 161, 2),
    "twice 153 letters": ("a" * 306, "gsm7", 306, 2),
    "a euro that ends at 160": ("a" * 158 + "€", "gsm7", 160, 1),
    "a euro that would end at 161": ("a" * 159 + "€", "gsm7", 161, 2),
    # 152, an escape that may not stand alone as the 153rd, 2 + 151, and one letter is left
    "an escape at septet 153": ("a" * 152 + "€" + "a" * 152, "gsm7", 306, 3),
    "a bracket that ends at septet 153": ("a" * 151 + "[" + "a" * 153, "gsm7", 306, 2),
    "an emoji that ends at 70": ("福" * 68 + CAKE, "ucs2", 70, 1),
    "an emoji that would end at 71": ("福" * 69 + CAKE, "ucs2", 71, 2),
    # 66 and an odd unit that stays empty, the emoji and 65, and one character is left
    "an emoji across the edge of a part": ("福" * 66 + CAKE + "福" * 66, "ucs2", 134, 3),
    "an emoji that ends with its part": ("福" * 65 + CAKE + "福" * 67, "ucs2", 134, 2),
    "one emoji turns 159 letters into another alphabet": ("a" * 159 + CAKE, "ucs2", 161, 3),
    "letters with combining signs count twice": ("e\u0301" * 35, "ucs2", 70, 1),
    # 33 letters with their signs and a letter fill a part; its sign begins the next
    "combining signs across the edge": ("e\u0301" * 36, "ucs2", 72, 2),
    "six families joined by zero width": (FAMILY * 6 + "福" * 4, "ucs2", 70, 1),
    # 16 flags and half of one leave an odd unit empty
    "flags are two characters each": (FLAG * 18, "ucs2", 72, 2),
    "a skin tone is a character of its own": ("福" * 66 + THUMB, "ucs2", 70, 1),
    "a keycap is three units": (KEYCAP * 23 + "福", "ucs2", 70, 1),
    "Greek capitals that are letters of their own": ("ΔΦΓΛΩΠΨΣΘΞ" * 16, "gsm7", 160, 1),
    "line feeds and carriage returns are letters": ("a\r\n" * 53 + "\n", "gsm7", 160, 1),
}


def units_of(text):
    """Return the encoding, and what each character takes on the air."""
    if all(c in SEPTET_OF or c in ESCAPED for c in text):
        return "gsm7", [2 if c in ESCAPED else 1 for c in text]
    return "ucs2", [len(c.encode("utf-16-be")) // 2 for c in text]


def fewest_parts(widths, room):
    """Try every way to cut a text between two characters; return how few parts will do."""

    @cache
    def parts_from(start):
        if start == len(widths):
            return 0
        taken, best = 0, len(widths)
        for end in range(start, len(widths)):
            taken += widths[end]
            if taken > room:
                break
            best = min(best, 1 + parts_from(end + 1))
        return best

    for start in range(len(widths), 0, -50):  # from the end on, so that no call goes deep
        parts_from(start)
    return parts_from(0)


def test_there_are_26():
    assert len(CASES) == 26
    assert len(SEPTET_OF) == 127
    assert len(ESCAPED) == 10


@pytest.mark.parametrize("name", CASES)
def test_units_and_parts_are_those_counted_by_hand(name):
    text, encoding, units, parts = CASES[name]

    length = measure(text)

    assert (length.encoding, length.units, length.segments) == (encoding, units, parts)


@pytest.mark.parametrize("name", CASES)
def test_no_way_to_cut_them_needs_fewer_parts(name):
    text, encoding, units, parts = CASES[name]

    alphabet, widths = units_of(text)

    assert (alphabet, sum(widths)) == (encoding, units)
    whole, room = {"gsm7": (160, 153), "ucs2": (70, 67)}[alphabet]
    assert parts == (1 if units <= whole else fewest_parts(widths, room))


@pytest.mark.parametrize(
    "character", ["ç", "\u0391", "`", "\u00a0", "\u2019", "\t", "ï", "\uff11", "，"], ids=ascii
)
def test_what_looks_like_a_letter_of_the_alphabet_is_none(character):
    assert units_of(character)[0] == measure(character).encoding == "ucs2"
