"""What is wrong with a field, in words that a person can act on, in their language."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

Gettext = Callable[[str], str]


def N_(text: str) -> str:
    """Marks a sentence for the catalogue; it is translated where it is told."""
    return text


# Kinds of pydantic's errors, worded without jargon; {…} are its own figures.
WORDED: Mapping[str, str] = {
    "missing": N_("This field is needed."),
    "extra_forbidden": N_("There is no such field."),
    "string_too_short": N_("At least {min_length} characters."),
    "string_too_long": N_("At most {max_length} characters."),
    "string_pattern_mismatch": N_("This is not written as it must be."),
    "string_type": N_("Text is needed."),
    "string_unicode": N_("Some characters are not valid text."),
    "int_parsing": N_("A whole number is needed."),
    "int_type": N_("A whole number is needed."),
    "int_from_float": N_("A whole number is needed."),
    "float_parsing": N_("A number is needed."),
    "float_type": N_("A number is needed."),
    "finite_number": N_("A number is needed."),
    "decimal_parsing": N_("A number is needed."),
    "decimal_type": N_("A number is needed."),
    "greater_than_equal": N_("At least {ge}."),
    "less_than_equal": N_("At most {le}."),
    "too_long": N_("At most {max_length} entries."),
    "too_short": N_("At least {min_length} entries."),
    "literal_error": N_("This is none of the choices."),
    "union_tag_invalid": N_("This is none of the choices."),
    "union_tag_not_found": N_("This field is needed."),
    "uuid_parsing": N_("This is not an id."),
    "uuid_type": N_("This is not an id."),
    "date_from_datetime_parsing": N_("A date is needed, such as 2026-09-15."),
    "date_parsing": N_("A date is needed, such as 2026-09-15."),
    "date_type": N_("A date is needed, such as 2026-09-15."),
    "datetime_from_date_parsing": N_("A time with its zone is needed, such as 2026-09-15T08:00:00+08:00."),
    "datetime_parsing": N_("A time with its zone is needed, such as 2026-09-15T08:00:00+08:00."),
    "datetime_type": N_("A time with its zone is needed, such as 2026-09-15T08:00:00+08:00."),
    "bool_parsing": N_("Yes or no is needed."),
    "bool_type": N_("Yes or no is needed."),
    "json_invalid": N_("The body is not JSON."),
}
SUGGESTION = N_("Suggestion: {suggestion}")


def worded(error: Mapping[str, Any], gettext: Gettext) -> str:
    """One validation error as a sentence; never with the value that was sent."""
    facts: Mapping[str, Any] = error.get("ctx") or {}
    empty = error["type"] == "string_too_short" and facts.get("min_length") == 1
    sentence = WORDED.get("missing" if empty else error["type"])
    if sentence is None:
        reason = facts.get("reason") or str(error["msg"]).removeprefix("Value error, ")
        text = gettext(reason) if isinstance(reason, str) else str(reason)
    else:
        text = _filled(gettext(sentence), facts)
    if "suggestion" in facts:
        text += " " + _filled(gettext(SUGGESTION), facts)
    return text.encode("utf-8", "replace").decode()


def _filled(sentence: str, facts: Mapping[str, Any]) -> str:
    for name, value in facts.items():
        sentence = sentence.replace("{" + name + "}", str(value))
    return sentence


def field_errors(error: ValidationError, gettext: Gettext) -> dict[str, str]:
    """The first error of each field of a form; what concerns the whole form stands under ""."""
    found: dict[str, str] = {}
    for one in error.errors(include_url=False, include_input=False):
        found.setdefault(str(one["loc"][0]) if one["loc"] else "", worded(one, gettext))
    return found
