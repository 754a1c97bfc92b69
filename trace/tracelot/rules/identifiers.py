"""The identifiers of goods: GS1 keys, batch codes, the one key of a batch, its links and its short code."""

import hashlib
import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

from tracelot.rules.refusals import Unfit

LONGEST_BATCH_CODE = 20

# GS1 General Specifications, figure 7.11-1: the 82 characters that an element string may hold.
_CSET_82 = r"""!"%&'()*+,\-./0-9:;<=>?A-Z_a-z"""
_BATCH_CODE = re.compile(rf"[{_CSET_82}]{{1,{LONGEST_BATCH_CODE}}}")
_NOT_CSET_82 = re.compile(rf"[^{_CSET_82}]")

# quote() of each character of CSET 82, made once: a table is several times as fast.
_ESCAPED = {ord(char): quote(char, safe="") for char in map(chr, range(128))}
# Of CSET 82 a path holds % ? only as escapes; an escape is one character, so the count bounds the code.
_CANONICAL_PATH = re.compile(
    rb"""/01/([0-9]{14}|[0-9]{13}|[0-9]{12}|[0-9]{8})/10/"""
    rb"""((?:[!"&'()*+,\-.0-9:;<=>A-Z_a-z]|%[0-9A-Fa-f]{2}){1,20})"""
)

# "." and ".." are steps in a path: browsers and proxies resolve them, however they are escaped.
_PATH_STEPS = frozenset({".", ".."})

# ISO/IEC 18004: the characters of a QR code's alphanumeric mode.
_QR_ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]+")

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CROCKFORD_VALUES = {character: value for value, character in enumerate(_CROCKFORD)}
_CROCKFORD_VALUES |= {"O": 0, "I": 1, "L": 1}
_SHORT_PAYLOAD = 10
_SHORT_SEED = 8  # bytes: fewer could be guessed


def gs1_check_digit(digits: str) -> str:
    """The digit that follows these: weights 3, 1, 3 … from the right, up to the next ten."""
    if not (digits.isascii() and digits.isdigit()):
        raise Unfit("bad-digits", "Only the digits 0 to 9 have a check digit.")
    return str(_check_digit(digits.encode()))


def _check_digit(payload: bytes) -> int:
    weights = len(payload) + 2 * ((len(payload) + 1) // 2)
    total = 3 * sum(payload[::-2]) + sum(payload[-2::-2]) - ord("0") * weights
    return -total % 10


def gtin14(text: str) -> str:
    if not _is_digits(text, (8, 12, 13, 14)):
        raise Unfit("bad-gtin", "A GTIN has 8, 12, 13 or 14 digits.")
    if not text.strip("0"):
        raise Unfit("bad-gtin", "A GTIN is not all zeros.")
    _require_check_digit(text, "GTIN")
    return text.zfill(14)


def gln(text: str) -> str:
    if not _is_digits(text, (13,)):
        raise Unfit("bad-gln", "A GLN has 13 digits.")
    _require_check_digit(text, "GLN")
    return text


def sscc(text: str) -> str:
    if not _is_digits(text, (18,)):
        raise Unfit("bad-sscc", "An SSCC has 18 digits.")
    _require_check_digit(text, "SSCC")
    return text


def _is_digits(text: str, lengths: tuple[int, ...]) -> bool:
    # str.isdigit alone would also take the digits of other scripts.
    return len(text) in lengths and text.isascii() and text.isdigit()


def _require_check_digit(text: str, name: str) -> None:
    if gs1_check_digit(text[:-1]) != text[-1]:
        raise Unfit(
            "bad-check-digit",
            "The last digit of the number does not fit the others: check the typing.",
            facts={"number": name},
        )


def batch_code(text: str) -> str:
    """The code as it is: exact and case-sensitive (GS1 application identifier 10)."""
    if _BATCH_CODE.fullmatch(text) and text not in _PATH_STEPS:
        return text
    if not text:
        raise Unfit("bad-batch-code", "A batch code has at least one character.")
    facts = {"suggestion": suggest_batch_code(text)} if text.strip() else {}
    if text in _PATH_STEPS:
        raise Unfit(
            "bad-batch-code",
            "A batch code is not one or two dots alone: links cannot carry them.",
            facts=facts,
        )
    if _NOT_CSET_82.search(text):
        raise Unfit(
            "bad-batch-code",
            "A batch code has Latin letters, digits and ! \" % & ' ( ) * + , - . / : ; < = > ? _ alone, no spaces.",
            facts=facts,
        )
    raise Unfit("bad-batch-code", "A batch code has at most 20 characters.", facts=facts)


def suggest_batch_code(text: str) -> str:
    """A valid, readable code for a printed text; always the same for the same text."""
    printed = " ".join(unicodedata.normalize("NFKC", text).split())
    spaced = printed.replace(" ", "-")
    if _BATCH_CODE.fullmatch(spaced) and spaced not in _PATH_STEPS:
        return spaced
    # Something that may tell two texts apart is lost (甲班, 乙班), so a digest of the whole takes its place.
    suffix = _base32(hashlib.sha256(printed.encode("utf-8", "surrogatepass")).digest(), 4)
    kept = re.sub(r"[^0-9A-Za-z._]+", "-", printed)[: LONGEST_BATCH_CODE - 5].strip("-.")
    return f"{kept}-{suffix}" if kept else suffix


def batch_key(gtin: str, code: str) -> str:
    """The one identity of a batch, however it was written."""
    return f"01/{gtin}/10/{code}"


def digital_link(public_url: str, gtin: str, code: str) -> str:
    return f"{public_url.rstrip('/')}/01/{gtin}/10/{code.translate(_ESCAPED)}"


def qr_text(link: str) -> str:
    """The same link in the fewest QR modules.

    Scheme and host mean the same in capitals, the path does not. When capitals leave nothing but
    alphanumeric-mode characters, one costs 5½ bits instead of 8, and the label has larger modules.
    """
    parts = urlsplit(link)
    origin = f"{parts.scheme}://{parts.netloc}"
    louder = origin.upper() + link[len(origin) :]
    return louder if _QR_ALPHANUMERIC.fullmatch(louder) else link


def read_canonical_path(raw_path: bytes) -> tuple[str, str] | None:
    """GTIN-14 and batch code of the path `/01/{gtin}/10/{code}`, or None if it is anything else.

    It reads the path as it was sent: a server that decodes it first can no longer tell %2F from /.
    """
    match = _CANONICAL_PATH.fullmatch(raw_path)
    if match is None:
        return None
    digits, escaped = match.groups()
    gtin = _gtin_of(digits)
    if gtin is None:
        return None
    if b"%" in escaped:
        code = unquote_to_bytes(escaped).decode("latin-1")
        if not _BATCH_CODE.fullmatch(code):
            return None
    else:
        code = escaped.decode("ascii")
    return None if code in _PATH_STEPS else (gtin, code)


@lru_cache(4096)  # packages of few products are scanned again and again
def _gtin_of(digits: bytes) -> str | None:
    sound = _check_digit(digits[:-1]) == digits[-1] - ord("0") and digits.strip(b"0")
    return digits.decode("ascii").zfill(14) if sound else None


def unescaped(text: str) -> str:
    """The text behind percent-escapes, decoded once; a broken escape is refused, not kept."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise Unfit("bad-escape", "A percent sign in a link is followed by two hexadecimal digits.")
    return unquote(text)


def short_code(seed: bytes) -> str:
    """Ten characters that cannot be counted up, and a check character."""
    if len(seed) < _SHORT_SEED:
        raise ValueError(f"a short code needs a seed of at least {_SHORT_SEED} bytes")
    payload = _base32(hashlib.sha256(seed).digest(), _SHORT_PAYLOAD)
    return payload + _CROCKFORD[_doubled(_polynomial(payload))]


def read_short_code(text: str) -> str:
    """The code as Trace writes it, from what a person makes of it (case, O for 0, I or L for 1, hyphens)."""
    characters = text.upper().replace("-", "")
    known = text.isascii() and all(each in _CROCKFORD_VALUES for each in characters)
    if not known or len(characters) != _SHORT_PAYLOAD + 1:
        raise Unfit("bad-short-code", "A short code has 11 letters and digits.")
    if _polynomial(characters) != 0:
        raise Unfit("bad-check-digit", "The short code does not fit its last character: check the typing.")
    return "".join(_CROCKFORD[_CROCKFORD_VALUES[each]] for each in characters)


def _polynomial(characters: str) -> int:
    # A checksum in the field of 32 elements: each place has another weight (powers of x, whose order is
    # 31), so that any one wrong character and any two that changed places are noticed.
    total = 0
    for character in characters:
        total = _doubled(total) ^ _CROCKFORD_VALUES[character]
    return total


def _doubled(value: int) -> int:
    shifted = value << 1
    return shifted ^ 0b100101 if shifted & 0b100000 else shifted  # times x, modulo x⁵ + x² + 1


def _base32(digest: bytes, length: int) -> str:
    number = int.from_bytes(digest)
    return "".join(_CROCKFORD[number >> 5 * place & 31] for place in reversed(range(length)))
