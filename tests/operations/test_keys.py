"""Keys rotate: two of them live for a while, and earlier ones go on working."""

from datetime import timedelta

import pytest
from sqlmodel import select

from builders import new_key
from tracelot.operations import keys
from tracelot.operations.passwords import digest, new_secret
from tracelot.records.accounts import ApiKey
from tracelot.records.journal import JournalEntry
from tracelot.rules.refusals import Conflict, Forbidden, Unfit, Unidentified, Unknown
from world import VisitAs, World


def test_a_rotated_key_and_its_successor_live_side_by_side(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        first = keys.issue_key(visit, new_key(name="ERP", scopes=["read", "batches:write"], days=365))
        second = keys.rotate_key(visit, first.id)
        now = visit.now
    assert (second.name, second.scopes) == (first.name, first.scopes)
    assert second.expires_at == now + timedelta(days=365)
    with visit_as() as visit:
        before, after = now + timedelta(days=6, hours=23), now + timedelta(days=7)
        for text, moment in ((first.key, before), (second.key, before), (second.key, after)):
            assert keys.recognise_key(visit.kernel(), text, moment)[0].party_id == world.parties["zhenyang"]
        with pytest.raises(Unidentified) as refused:
            keys.recognise_key(visit.kernel(), first.key, after)
        assert refused.value.kind == "key-revoked"


def test_a_rotation_is_in_the_journal_with_both_keys(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        first = keys.issue_key(visit, new_key())
        second = keys.rotate_key(visit, first.id)
    with visit_as() as visit:
        acts = {(e.act, e.subject_id) for e in visit.kernel().exec(select(JournalEntry))}
    assert {("key.rotated", second.id), ("key.retired", first.id)} <= acts


def test_a_key_that_ends_sooner_is_not_made_to_last(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        first = keys.issue_key(visit, new_key(days=3))
        keys.rotate_key(visit, first.id, 30)
        old = next(key for key in keys.keys(visit) if key.id == first.id)
        assert old.expires_at == first.expires_at


def test_a_key_rotates_once_and_only_while_it_lives(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        first, gone = keys.issue_key(visit, new_key()), keys.issue_key(visit, new_key())
        keys.rotate_key(visit, first.id)
        keys.revoke_key(visit, gone.id, "泄露")
        for key_id in (first.id, gone.id):
            with pytest.raises(Conflict):
                keys.rotate_key(visit, key_id)


@pytest.mark.parametrize("days", [-1, 91])
def test_an_overlap_has_bounds(visit_as: VisitAs, world: World, days: int) -> None:
    with visit_as("zhenyang") as visit, pytest.raises(Unfit):
        keys.rotate_key(visit, keys.issue_key(visit, new_key()).id, days)


def test_only_the_own_administrator_rotates(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        key_id = keys.issue_key(visit, new_key()).id
    with visit_as("quality") as visit, pytest.raises(Forbidden):
        keys.rotate_key(visit, key_id)
    with visit_as("guhuai") as visit, pytest.raises(Unknown):
        keys.rotate_key(visit, key_id)


def test_a_key_from_before_there_were_checksums_still_works(visit_as: VisitAs, world: World) -> None:
    secret = new_secret()
    with visit_as("zhenyang") as visit:
        issued = keys.issue_key(visit, new_key())
        row = visit.session.get_one(ApiKey, issued.id)
        row.digest = digest(secret)
        visit.session.add(row)
    with visit_as() as visit:
        actor, _ = keys.recognise_key(visit.kernel(), f"{issued.prefix}_{secret}", visit.now)
    assert actor.id == issued.id
