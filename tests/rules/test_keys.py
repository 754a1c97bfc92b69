"""How API keys are written: typos are told from strangers, and earlier keys still read."""

import re
from binascii import crc32

import pytest

from tracelot.rules.keys import ALPHABET, PATTERN, new_key_text, read_key
from tracelot.rules.refusals import Unidentified


def checksum(text: str) -> str:
    """The CRC-32 of a text in six letters, worked out by another way than the rule's."""
    number, letters = crc32(text.encode()), []
    for power in range(5, -1, -1):
        letters.append(ALPHABET[number // 62**power])
        number %= 62**power
    return "".join(letters)


def test_a_new_key_is_found_by_scanners_and_carries_its_checksum() -> None:
    key = str(new_key_text())

    assert re.fullmatch(PATTERN, key)
    assert checksum(key[:-6]) == key[-6:]
    assert str(read_key(key)) == key


def test_two_keys_have_nothing_in_common() -> None:
    texts = [new_key_text() for _ in range(50)]

    assert len({text.prefix for text in texts}) == len({text.secret for text in texts}) == 50


@pytest.mark.parametrize("place", [4, 17, 30, 50, 60])
def test_any_slip_of_one_letter_is_told(place: int) -> None:
    key = str(new_key_text())
    letters = "0123456789abcdef" if place < 16 else ALPHABET
    for letter in letters:
        if letter == key[place]:
            continue
        with pytest.raises(Unidentified) as refused:
            read_key(key[:place] + letter + key[place + 1 :])
        assert refused.value.kind == "mistyped-key"


def test_a_key_made_before_there_were_checksums_still_reads() -> None:
    earlier = "trc_0123456789ab_" + "aB3-_" * 8 + "xyz"

    assert read_key(earlier).prefix == "trc_0123456789ab"


@pytest.mark.parametrize(
    "text", ["", "trc_", "trc_0123456789ab_short", "ghp_" + "a" * 60, "trc_ä_" + "a" * 49]
)
def test_what_is_no_key_is_not_known(text: str) -> None:
    with pytest.raises(Unidentified) as refused:
        read_key(text)
    assert refused.value.kind == "bad-key"
