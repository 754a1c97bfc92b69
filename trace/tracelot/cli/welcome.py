"""What the terminal says when the demo is there: where to look and how to get in."""

from pathlib import Path

from tracelot.demo.access import Access, Person
from tracelot.demo.story import RECALLED, SAFE
from tracelot.rules.identifiers import batch_key, digital_link


def welcome(public_url: str, access: Access | None, file: Path) -> str:
    parts = [f"Trace demo  {public_url}", "All firms and people in it are made up.", "", _pages(public_url)]
    if access is None:
        parts.append(f"The demo was loaded before; its passwords were kept in {file}, which is gone.")
    else:
        parts += [_people(access), _keys(public_url, access), f"Kept for you alone in {file}"]
    return "\n".join(parts) + "\n"


def _pages(public_url: str) -> str:
    return (
        "Try\n"
        f"  a recalled batch   {digital_link(public_url, *RECALLED)}\n"
        f"  a released batch   {digital_link(public_url, *SAFE)}\n"
        f"  all recalls        {public_url}/recalls\n"
    )


def _people(access: Access) -> str:
    width = max(len(person.login) for person in access.people)
    lines = (f"  {person.login:<{width}}  {person.role:<9} {_party(person)}" for person in access.people)
    return "\n".join((f"Sign in at /sign-in; everybody's password is  {access.password}", *lines, ""))


def _party(person: Person) -> str:
    return " ".join(filter(None, (person.party_zh, person.party_en)))


def _keys(public_url: str, access: Access) -> str:
    lines = [f"  {key}  {party}" for party, key in access.keys.items()]
    first = next(iter(access.keys.values()))
    lines.append(
        f'  curl -H "Authorization: Bearer {first}" "{public_url}/api/v1/lookup?code={batch_key(*RECALLED)}"'
    )
    return "\n".join(("API keys", *lines, ""))
