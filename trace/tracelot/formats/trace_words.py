"""Words for what a trace tells besides its drawing, in the language of a catalogue; the pages say the same."""

from collections.abc import Mapping

from tracelot.formats.drawing_words import Gettext


def kinds_in(_: Gettext) -> Mapping[str, str]:
    return {"trace": _("Trace of goods"), "recall": _("Recall scope")}


def meanings_in(_: Gettext) -> Mapping[str, str]:
    return {
        "trace": _("what was recorded, and nothing else"),
        "recall": _("also what a lost or wrong record could hide, marked as possible"),
    }


def directions_in(_: Gettext) -> Mapping[str, str]:
    return {
        "forward": _("Where to"),
        "backward": _("Where from"),
        "both": _("Where from and where to"),
    }


def ends_in(_: Gettext) -> Mapping[str, str]:
    return {
        "facility": _("a facility"),
        "party": _("an enterprise"),
        "contact": _("a partner outside Trace"),
        "unknown": _("somebody who is not on record"),
    }


def gaps_in(_: Gettext) -> Mapping[str, str]:
    return {
        "used_never_came": _("Used or sent on, but nothing tells that it came"),
        "came_never_sent": _("Received, but nobody recorded that it was sent"),
        "sent_never_came": _("Sent, but nobody recorded that it came"),
        "overdrawn": _("More was taken than had come"),
        "sighted_only": _("Only seen there: nothing tells how it came or went"),
        "unknown_contents": _("A logistic unit of which nobody recorded the contents"),
        "batch_unknown": _("Goods were taken without naming their batch"),
        "output_unknown": _("Something was used, and nothing tells what became of it"),
        "input_unknown": _("Something was made, and nothing tells out of what"),
    }
