"""Times in forms: as the clocks of the site's zone show them, to the minute."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tracelot.web.wording import N_

BAD_TIME = N_("A date and time are needed.")
MINUTE = timedelta(minutes=1)


def local(moment: datetime, zone: ZoneInfo) -> str:
    """A time as a field of a form holds it."""
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}"


def read_local(text: str, zone: ZoneInfo) -> str:
    """The time that was typed, with its zone; what is none stays as it is, to be refused at its field."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()


def not_before(text: str, earlier: datetime) -> str:
    """A time is typed to the minute: in the minute of what must have been earlier, it means no earlier than that."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    same = moment.tzinfo is not None and timedelta(0) <= earlier - moment < MINUTE
    return earlier.astimezone(moment.tzinfo).isoformat() if same else text
