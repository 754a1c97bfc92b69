"""Words for what a trace tells besides its drawing, in the language of a catalogue."""

from collections.abc import Mapping

from tracelot.formats.drawing_words import Gettext


def kinds_in(_: Gettext) -> Mapping[str, str]:
    return {"trace": _("Trace of goods"), "recall": _("Scope of a recall")}


def directions_in(_: Gettext) -> Mapping[str, str]:
    return {
        "forward": _("Where to"),
        "backward": _("Where from"),
        "both": _("Where from and where to"),
    }


def ends_in(_: Gettext) -> Mapping[str, str]:
    return {
        "facility": _("Facility"),
        "party": _("Firm"),
        "contact": _("Partner outside Trace"),
        "unknown": _("Nobody knows who"),
    }


def gaps_in(_: Gettext) -> Mapping[str, str]:
    """Each sentence with what it asks to be found out."""
    return {
        "used_never_came": _("Used here, and no record says where it came from"),
        "came_never_sent": _("Came here, and nobody recorded that it was sent"),
        "sent_never_came": _("Sent, and nobody recorded that it came"),
        "overdrawn": _("More was taken than there was"),
        "sighted_only": _("Seen here, and no record brought it here"),
        "unknown_contents": _("A pallet of which nobody told what is on it"),
        "batch_unknown": _("Taken without saying of which batch"),
        "output_unknown": _("Used, and nobody told what became of it"),
        "input_unknown": _("Made, and nobody told out of what"),
    }
