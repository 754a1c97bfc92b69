"""Numbers that Chinese authorities give to firms: credit codes (USCC) and food licences (SC, JY)."""

import re

from tracelot.rules.refusals import Unfit

# GB 32100-2015: no I, O, S, V, Z. The first character may be a letter (N: village cooperatives).
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC = re.compile(r"[1-9ANY][1-9A-HJ-NPQRTUWXY][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))

# GB 11714: the organisation code inside, with its own check character.
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_CHECKS = "0123456789X"

# GB/T 2260 provinces, and 10 for the organs of the state.
_PROVINCE = re.compile(r"1[0-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]")

_SC_LICENCE = re.compile(r"SC[0-9]{14}")
_JY_LICENCE = re.compile(r"JY[0-9]{14}")


def uscc(text: str) -> str:
    code = _as_printed(text)
    if not _USCC.fullmatch(code):
        raise Unfit(
            "bad-uscc",
            "A unified social credit code has 18 digits and capital letters, never I, O, S, V or Z.",
        )
    total = sum(
        weight * _ALPHABET.index(character) for weight, character in zip(_USCC_WEIGHTS, code, strict=False)
    )
    if code[17] != _ALPHABET[-total % 31]:
        raise Unfit(
            "bad-check-digit",
            "The last character of the unified social credit code does not fit the others: check the typing.",
        )
    return code


def uscc_warnings(text: str) -> list[str]:
    """What is odd about a valid code; real codes carry abolished regions and wrong inner check characters."""
    code = uscc(text)
    warnings = []
    if not _PROVINCE.fullmatch(code[2:4]):
        warnings.append("The region inside the unified social credit code is of no known province.")
    if code[16] != _organisation_check(code[8:16]):
        warnings.append(
            "The organisation code inside the unified social credit code does not fit its check character."
        )
    return warnings


def _organisation_check(body: str) -> str:
    total = sum(
        weight * int(character, 36) for weight, character in zip(_ORGANISATION_WEIGHTS, body, strict=True)
    )
    return _ORGANISATION_CHECKS[-total % 11]


def sc_licence(text: str) -> str:
    licence = _as_printed(text)
    if not _SC_LICENCE.fullmatch(licence):
        raise Unfit("bad-sc-licence", "A food production licence number is SC and 14 digits.")
    if not _fits_mod_11_10(licence[2:]):
        raise Unfit(
            "bad-check-digit",
            "The last digit of the licence number does not fit the others: check the typing.",
        )
    return licence


def jy_licence(text: str) -> list[str]:
    """Warnings only: the rules of food trade licences do not name their check digit's algorithm."""
    licence = _as_printed(text)
    if not _JY_LICENCE.fullmatch(licence):
        return ["A food trade licence number is usually JY and 14 digits."]
    if not _fits_mod_11_10(licence[2:]):
        return ["The last digit of the food trade licence number may be wrong: check the typing."]
    return []


def _fits_mod_11_10(digits: str) -> bool:
    """ISO/IEC 7064, MOD 11,10: the hybrid system with one check digit."""
    product = 10
    for digit in digits[:-1]:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (product + int(digits[-1])) % 10 == 1


def _as_printed(text: str) -> str:
    return text.strip().upper()
