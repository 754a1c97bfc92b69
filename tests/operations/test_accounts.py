"""Signing in, one-time links, colleagues and keys."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from builders import PASSWORD, new_account, new_key, new_member, new_party
from tracelot.operations import accounts, keys, links, parties, sessions
from tracelot.operations.journal import read_journal
from tracelot.operations.links import RESET
from tracelot.operations.sessions import IDLE, LONGEST
from tracelot.records.accounts import Account, ApiKey, OneTimeLink, SignInSession
from tracelot.records.journal import JournalEntry
from tracelot.records.outbox import Task
from tracelot.rules.refusals import Conflict, Forbidden, Refusal, Unfit, Unidentified, Unknown
from world import VisitAs, World

NEW = "sesame-and-rapeseed-43"


def test_a_person_signs_in_by_e_mail_whatever_its_case(visit_as: VisitAs, world: World) -> None:
    with visit_as() as visit:
        signed = sessions.sign_in(visit, f" {world.logins['zhenyang'].upper()} ", PASSWORD)
        found = sessions.recognise_session(visit.kernel(), signed.secret, visit.now)

    assert found is not None
    assert (found[0].id, found[0].role, found[0].verified) == (world.people["zhenyang"], "admin", True)


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(visit_as: VisitAs, world: World) -> None:
    answers = []
    for login, password in ((world.logins["zhenyang"], "wrong"), ("nobody@trace.test", PASSWORD)):
        with visit_as() as visit, pytest.raises(Unidentified) as refused:
            sessions.sign_in(visit, login, password)
        answers.append((refused.value.kind, refused.value.reason, refused.value.facts))

    assert answers[0] == answers[1]


def test_only_a_digest_of_a_secret_is_kept(visit_as: VisitAs, world: World) -> None:
    with visit_as() as visit:
        secret = sessions.sign_in(visit, world.logins["zhenyang"], PASSWORD).secret
        kept = [row.digest for row in visit.kernel().exec(select(SignInSession))]
        keys = [row.digest for row in visit.kernel().exec(select(ApiKey))]

    assert not {secret, *world.cookies.values()} & set(kept)
    assert not any(digest in key or key.endswith(digest) for digest in keys for key in world.keys.values())


@pytest.mark.parametrize(
    ("later", "still"), [(IDLE - timedelta(minutes=1), True), (IDLE, False), (LONGEST, False)]
)
def test_a_session_ends_when_it_lies_idle(
    visit_as: VisitAs, world: World, later: timedelta, still: bool
) -> None:
    now = datetime.now(UTC)
    with visit_as(now=now) as visit:
        secret = sessions.sign_in(visit, world.logins["zhenyang"], PASSWORD).secret
        visit.kernel().flush()

        assert (sessions.recognise_session(visit.kernel(), secret, now + later) is not None) == still


def test_a_session_used_every_hour_still_ends_in_a_month(visit_as: VisitAs, world: World) -> None:
    now = datetime.now(UTC)
    with visit_as(now=now) as visit:
        secret = sessions.sign_in(visit, world.logins["zhenyang"], PASSWORD).secret
    with visit_as("zhenyang", now + LONGEST - timedelta(hours=1)) as visit:
        sessions.note_seen(visit.kernel(), visit.actor, secret, visit.now)
        assert sessions.recognise_session(visit.kernel(), secret, visit.now) is not None
        assert sessions.recognise_session(visit.kernel(), secret, now + LONGEST) is None


def test_signing_out_ends_the_session(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        sessions.sign_out(visit, world.cookies["zhenyang"])
        assert sessions.recognise_session(visit.kernel(), world.cookies["zhenyang"], visit.now) is None


def test_a_person_ends_one_of_their_own_sessions_and_nobody_else_s(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        own = sessions.own_sessions(visit)[0].digest
    with visit_as("guhuai") as visit:
        sessions.end_session(visit, own[:12])
    with visit_as("quality") as visit:
        assert len(sessions.own_sessions(visit)) == 1
        sessions.end_session(visit, own[:12])
        assert sessions.own_sessions(visit) == []


def test_a_new_password_ends_all_sessions_and_this_one_goes_on_under_a_new_id(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as() as visit:
        other = sessions.sign_in(visit, world.logins["quality"], PASSWORD).secret
    with visit_as("quality") as visit:
        fresh = sessions.change_password(visit, PASSWORD, NEW).secret
    with visit_as() as visit:
        for ended in (other, world.cookies["quality"]):
            assert sessions.recognise_session(visit.kernel(), ended, visit.now) is None
        assert sessions.recognise_session(visit.kernel(), fresh, visit.now) is not None
        assert sessions.sign_in(visit, world.logins["quality"], NEW).account.id == world.people["quality"]


@pytest.mark.parametrize("weak", ["short", "x" * 201])
def test_a_password_that_is_too_short_or_long_is_refused(visit_as: VisitAs, world: World, weak: str) -> None:
    with visit_as("quality") as visit, pytest.raises(Unfit) as refused:
        sessions.change_password(visit, PASSWORD, weak)
    assert refused.value.kind == "weak-password"


def test_changing_a_password_needs_the_present_one(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit, pytest.raises(Unfit) as refused:
        sessions.change_password(visit, NEW, NEW)
    assert refused.value.faults[0].pointer == "#/old"


def test_an_invitation_works_once(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        _, link = accounts.invite_member(visit, new_member(role="recorder"))
    secret = link.rpartition("/")[2]
    with visit_as() as visit:
        assert links.use_link(visit, secret, "invitation", NEW).account.role == "recorder"
    with visit_as() as visit, pytest.raises(Unknown):
        links.use_link(visit, secret, "invitation", NEW)


def test_choosing_a_password_uses_up_every_other_link(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        member, lost = accounts.invite_member(visit, new_member(role="recorder"))
        again = accounts.reset_member(visit, member.id)
    with visit_as() as visit:
        links.use_link(visit, again.rpartition("/")[2], "invitation", NEW)
    with visit_as() as visit, pytest.raises(Unknown):
        links.use_link(visit, lost.rpartition("/")[2], "invitation", NEW)


def test_a_link_made_for_a_colleague_is_in_the_journal(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        accounts.reset_member(visit, world.people["quality"])
        administrator = visit.actor.id
    with visit_as("zhenyang") as visit:
        made = [e for e in read_journal(visit, None, None, 200)[0] if e.act == "member.link-made"]

    assert [(e.subject_id, e.actor_id) for e in made] == [(world.people["quality"], administrator)]


@pytest.mark.parametrize("case", ["late", "other purpose", "made up"])
def test_a_link_that_is_not_right_is_refused_the_same_way(visit_as: VisitAs, world: World, case: str) -> None:
    with visit_as() as visit:
        links.ask_reset(visit, world.logins["quality"])
    with visit_as() as visit:
        task = visit.kernel().exec(select(Task).where(Task.kind == "mail")).all()[-1]
    secret = "made-up" if case == "made up" else task.payload["link"].rpartition("/")[2]
    purpose = "invitation" if case == "other purpose" else "reset"
    late = datetime.now(UTC) + (RESET + timedelta(minutes=1) if case == "late" else timedelta())

    with visit_as(now=late) as visit, pytest.raises(Unknown) as refused:
        links.use_link(visit, secret, purpose, NEW)

    assert refused.value.kind == "link-used-up"


@pytest.mark.parametrize("login", ["nobody@trace.test", "\0", "a\0@trace.test", "\uffff"])
def test_asking_for_a_reset_does_not_tell_who_has_an_account(visit_as: VisitAs, login: str) -> None:
    with visit_as() as visit:
        before = len(visit.kernel().exec(select(OneTimeLink)).all())
        links.ask_reset(visit, login)
        assert len(visit.kernel().exec(select(OneTimeLink)).all()) == before


def test_a_login_is_taken_once_on_the_whole_site(visit_as: VisitAs, world: World) -> None:
    with visit_as() as visit, pytest.raises(Unfit) as refused:
        parties.sign_up(visit, new_party(), new_account(email=world.logins["guhuai"]))
    assert refused.value.kind == "login-taken"


@pytest.mark.parametrize(
    ("who", "role"), [("zhenyang", "officer"), ("zhenyang", "site"), ("county", "quality")]
)
def test_a_party_gives_only_the_roles_of_its_kind(
    visit_as: VisitAs, world: World, who: str, role: str
) -> None:
    with visit_as(who) as visit, pytest.raises(Unfit) as refused:
        accounts.invite_member(visit, new_member(role=role))
    assert refused.value.kind == "bad-role"


def test_a_disabled_colleague_is_out_at_once(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        accounts.disable_member(visit, world.people["recorder"], "离职")
    with visit_as() as visit:
        assert sessions.recognise_session(visit.kernel(), world.cookies["recorder"], visit.now) is None
        with pytest.raises(Unidentified):
            sessions.sign_in(visit, world.logins["recorder"], PASSWORD)


@pytest.mark.parametrize(("name", "kind"), [("zhenyang", Conflict), ("guhuai", Unknown)])
def test_neither_oneself_nor_a_stranger_is_disabled(
    visit_as: VisitAs, world: World, name: str, kind: type[Refusal]
) -> None:
    with visit_as("zhenyang") as visit, pytest.raises(kind):
        accounts.disable_member(visit, world.people[name], "离职")


def test_only_an_administrator_sees_and_invites_colleagues(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        ids = {member.id for member in accounts.members(visit)}
    assert ids == {world.people[name] for name in ("zhenyang", "quality", "recorder")}
    with visit_as("quality") as visit, pytest.raises(Forbidden):
        accounts.invite_member(visit, new_member())


def test_a_key_acts_for_its_party_within_its_scopes(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        key = keys.issue_key(visit, new_key(scopes=["read"])).key
        actor, _ = keys.recognise_key(visit.kernel(), key, visit.now)

    assert (actor.party_id, actor.scopes) == (world.parties["zhenyang"], frozenset({"read"}))


@pytest.mark.parametrize("token", ["", "trc", "trc_a_b", "x" * 500, "trc_ä_b"])
def test_a_made_up_key_is_not_known(visit_as: VisitAs, world: World, token: str) -> None:
    with visit_as() as visit, pytest.raises(Unidentified) as refused:
        keys.recognise_key(visit.kernel(), token, visit.now)
    assert refused.value.kind == "bad-key"


def test_a_key_with_one_wrong_character_is_not_known(visit_as: VisitAs, world: World) -> None:
    key = world.keys["zhenyang"]
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    with visit_as() as visit, pytest.raises(Unidentified):
        keys.recognise_key(visit.kernel(), wrong, visit.now)


def test_a_revoked_key_and_one_past_its_days_do_nothing(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        short, gone = keys.issue_key(visit, new_key(days=1)), keys.issue_key(visit, new_key())
        keys.revoke_key(visit, gone.id, "泄露")
    with visit_as() as visit:
        for key, now in ((short.key, visit.now + timedelta(days=1)), (gone.key, visit.now)):
            with pytest.raises(Unidentified) as refused:
                keys.recognise_key(visit.kernel(), key, now)
            assert refused.value.kind == "key-revoked"


def test_a_stranger_s_key_is_not_revoked(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        mine: UUID = keys.keys(visit)[0].id
    with visit_as("guhuai") as visit, pytest.raises(Unknown):
        keys.revoke_key(visit, mine, "泄露")


def test_an_operator_is_added_by_the_command_line_and_may_be_invited_again(
    visit_as: VisitAs, world: World
) -> None:
    new = new_member(email=world.logins["site"])
    with visit_as() as visit:
        account, link = accounts.add_operator(visit, new)
        assert (account.id, account.role) == (world.people["site"], "site")
        assert "/join/" in link
    with visit_as() as visit, pytest.raises(Conflict):
        accounts.add_operator(visit, new_member(email=world.logins["guhuai"]))


def test_passwords_never_reach_the_journal(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        kept = visit.kernel().get_one(Account, world.people["quality"]).password_hash
        records = "".join(entry.record for entry in visit.kernel().exec(select(JournalEntry)))

    assert kept
    assert kept not in records
