"""Codes by time, recovery codes, and who may take a second factor off."""

import base64
import hmac
import struct
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from builders import PASSWORD
from tracelot.operations import accounts, actors, enrolling, factors, parties, sessions
from tracelot.operations.sealing import Keyring
from tracelot.operations.sessions import Halfway, SignedIn
from tracelot.records.journal import JournalEntry
from tracelot.records.security import RecoveryCode, SecondFactor, SecurityEvent
from tracelot.rules.refusals import Conflict, Forbidden, Unfit, Unidentified
from world import VisitAs, World

NOW = datetime(2026, 11, 25, 8, 0, 10, tzinfo=UTC)
STEP = timedelta(seconds=30)


def code_at(secret: str, moment: datetime) -> str:
    """RFC 6238 by hand: HMAC-SHA1 of the half minute, truncated to six digits."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(moment.timestamp()) // 30), "sha1")
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def enrolled(visit_as: VisitAs, who: str = "quality", at: datetime = NOW) -> tuple[str, list[str]]:
    """Switch the second factor of one of the cast on: its secret and the recovery codes."""
    with visit_as(who, at) as visit:
        enrolling.offer_factor(visit)
        offer = enrolling.own_offer(visit)
        assert offer is not None
        _, codes = enrolling.confirm_factor(visit, PASSWORD, code_at(offer.secret, at))
    return offer.secret, codes


def halfway(visit_as: VisitAs, world: World, at: datetime) -> str:
    with visit_as(now=at) as visit:
        half = sessions.sign_in(visit, world.logins["quality"], PASSWORD)
    assert isinstance(half, Halfway)
    return half.token


def test_codes_are_those_of_rfc_6238() -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    told = {59: "287082", 1111111109: "081804", 2000000000: "279037", 20000000000: "353130"}

    assert {at: code_at(secret, datetime.fromtimestamp(at, UTC)) for at in told} == told


def test_an_offer_does_nothing_before_its_first_code(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        enrolling.offer_factor(visit)
    with visit_as() as visit:
        assert isinstance(sessions.sign_in(visit, world.logins["quality"], PASSWORD), SignedIn)


def test_the_password_alone_opens_half_the_door(visit_as: VisitAs, world: World) -> None:
    secret, _ = enrolled(visit_as)
    token = halfway(visit_as, world, NOW + STEP)
    with visit_as(now=NOW + STEP) as visit:
        assert sessions.recognise_session(visit.kernel(), token, visit.now) is None
        signed = sessions.finish_sign_in(visit, token, code_at(secret, visit.now))
        assert signed.account.id == world.people["quality"]


@pytest.mark.parametrize(("off", "right"), [(-2, False), (-1, False), (0, False), (1, True), (2, False)])
def test_a_code_is_good_for_a_near_half_minute_and_never_twice(
    visit_as: VisitAs, world: World, off: int, right: bool
) -> None:
    """The code of NOW was used to enrol: it is refused, and so is every older one."""
    secret, _ = enrolled(visit_as)
    token = halfway(visit_as, world, NOW)
    code = code_at(secret, NOW + off * STEP)
    with visit_as(now=NOW) as visit:
        if right:
            sessions.finish_sign_in(visit, token, code)
        else:
            with pytest.raises(Unfit) as refused:
                sessions.finish_sign_in(visit, token, code)
            assert refused.value.kind == "bad-code"


def test_the_same_code_sent_twice_at_once_counts_once(visit_as: VisitAs, world: World) -> None:
    secret, _ = enrolled(visit_as)
    token, code = halfway(visit_as, world, NOW), code_at(secret, NOW + STEP)
    with visit_as(now=NOW) as visit:
        sessions.finish_sign_in(visit, token, code)
    with visit_as(now=NOW) as visit, pytest.raises(Unfit):
        sessions.finish_sign_in(visit, token, code)


def test_a_recovery_code_works_once(visit_as: VisitAs, world: World) -> None:
    _, codes = enrolled(visit_as)
    token = halfway(visit_as, world, NOW)
    assert len(set(codes)) == 10
    with visit_as(now=NOW) as visit:
        sessions.finish_sign_in(visit, token, codes[3].lower().replace("-", " "))
    with visit_as(now=NOW) as visit, pytest.raises(Unfit):
        sessions.finish_sign_in(visit, token, codes[3])
    with visit_as("quality") as visit:
        assert enrolling.own_recovery_left(visit) == 9


def test_neither_secret_nor_recovery_code_can_be_read_in_the_store(visit_as: VisitAs, world: World) -> None:
    secret, codes = enrolled(visit_as)
    with visit_as() as visit:
        kernel = visit.kernel()
        sealed = kernel.get_one(SecondFactor, world.people["quality"]).sealed
        kept = [row.digest for row in kernel.exec(select(RecoveryCode))]
        told = "".join(entry.record for entry in kernel.exec(select(JournalEntry)))
    assert secret not in sealed
    assert sealed not in told
    assert not {code.replace("-", "") for code in codes} & set(kept)


@pytest.mark.parametrize("case", ["late", "made up", "new password", "disabled"])
def test_half_a_sign_in_that_is_not_right_begins_anew(visit_as: VisitAs, world: World, case: str) -> None:
    secret, codes = enrolled(visit_as)
    token = "made-up" if case == "made up" else halfway(visit_as, world, NOW)
    if case == "new password":
        with visit_as("quality", NOW) as visit:
            sessions.change_password(visit, PASSWORD, "sesame-and-rapeseed-43")
    if case == "disabled":
        with visit_as("zhenyang", NOW) as visit:
            accounts.disable_member(visit, world.people["quality"], "离职")
    late = NOW + timedelta(minutes=11 if case == "late" else 1)
    with visit_as(now=late) as visit, pytest.raises(Unidentified) as refused:
        sessions.finish_sign_in(visit, token, code_at(secret, late))
    assert refused.value.kind == "sign-in-anew"
    assert codes


def test_setting_up_needs_the_password_and_ends_the_other_sessions(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality", NOW) as visit:
        enrolling.offer_factor(visit)
        offer = enrolling.own_offer(visit)
        assert offer is not None
        with pytest.raises(Unfit):
            enrolling.confirm_factor(visit, "not the password", code_at(offer.secret, NOW))
        fresh, _ = enrolling.confirm_factor(visit, PASSWORD, code_at(offer.secret, NOW))
        assert enrolling.own_offer(visit) is None
        assert sessions.recognise_session(visit.kernel(), world.cookies["quality"], NOW) is None
        assert sessions.recognise_session(visit.kernel(), fresh.secret, NOW) is not None


def test_switching_off_needs_password_and_code(visit_as: VisitAs, world: World) -> None:
    secret, _ = enrolled(visit_as)
    later = NOW + STEP
    for password, code in (("wrong", code_at(secret, later)), (PASSWORD, "000000")):
        with visit_as("quality", later) as visit, pytest.raises(Unfit):
            enrolling.disable_factor(visit, password, code)
    with visit_as("quality", later) as visit:
        enrolling.disable_factor(visit, PASSWORD, code_at(secret, later))
    with visit_as() as visit:
        assert isinstance(sessions.sign_in(visit, world.logins["quality"], PASSWORD), SignedIn)
        assert visit.kernel().exec(select(RecoveryCode)).all() == []


def test_an_administrator_takes_it_off_a_colleague_on_record(visit_as: VisitAs, world: World) -> None:
    enrolled(visit_as)
    with visit_as("quality") as visit, pytest.raises(Forbidden):
        enrolling.reset_factor(visit, world.people["recorder"], "手机丢失")
    with visit_as("zhenyang") as visit:
        enrolling.reset_factor(visit, world.people["quality"], "手机丢失")
    with visit_as() as visit:
        assert isinstance(sessions.sign_in(visit, world.logins["quality"], PASSWORD), SignedIn)
        acts = [entry.act for entry in visit.kernel().exec(select(JournalEntry))]
        told = [event.kind for event in visit.kernel().exec(select(SecurityEvent))]
    assert acts.count("member.factor-reset") == 1
    assert "factor-reset" in told


def test_the_holder_of_the_store_takes_it_off_an_operator(visit_as: VisitAs, world: World) -> None:
    enrolled(visit_as, "site")
    with visit_as() as visit:
        enrolling.reset_factor_by_store(visit, world.logins["site"])
        assert isinstance(sessions.sign_in(visit, world.logins["site"], PASSWORD), SignedIn)


def test_a_party_asks_all_its_people(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit, pytest.raises(Conflict):
        enrolling.ask_of_all(visit, needed=True)
    enrolled(visit_as, "zhenyang")
    with visit_as("zhenyang") as visit:
        enrolling.ask_of_all(visit, needed=True)
    with visit_as("quality") as visit:
        with pytest.raises(Forbidden) as refused:
            parties.own_party(visit)
        assert refused.value.kind == "second-factor-needed"
        assert actors.own_account(visit).id == world.people["quality"]
    enrolled(visit_as, "quality")
    with visit_as("quality") as visit:
        assert parties.own_party(visit).second_factor_since is not None


def test_two_keys_live_while_they_rotate() -> None:
    old, new = Keyring(["a" * 40]), Keyring(["b" * 40, "a" * 40])
    token = old.seal("x", {"secret": "S"}, NOW)

    assert new.open("x", token, NOW) == {"secret": "S"}
    assert old.open("x", new.seal("x", {}, NOW), NOW) is None
    assert old.open("another purpose", token, NOW) is None
    assert factors.SEALED_FOR != sessions.SEALED_FOR
