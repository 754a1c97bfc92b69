"""People are forgotten, and every proof still holds."""

import json
from hashlib import sha256
from uuid import UUID

import pytest
import rfc8785
from sqlalchemy import Engine, text

from builders import new_account, new_facility, new_member, new_party
from conftest import ClientOf
from keeping import HOLDER, all_rows, noon
from tracelot.operations import accounts, archiving, forgetting, links, parties
from tracelot.operations.journal import verify_journal
from tracelot.operations.visit import Source
from tracelot.records.accounts import Account, OneTimeLink, SignInSession
from tracelot.records.facilities import FacilityChange
from tracelot.records.journal import CLEAR, JournalEntry, proves, told
from tracelot.records.outbox import Task
from tracelot.records.parties import Party, PartyChange
from tracelot.records.personal import PersonalValue
from tracelot.rules.refusals import Conflict, Forbidden, Unknown
from world import VisitAs, World

WHY = ("asked-to-erase", "本人请求")
CANARY = "13712345678"


def sealed(salt: str, written: str) -> str:
    return sha256(bytes.fromhex(salt) + written.encode()).hexdigest()


def everything(engine: Engine) -> str:
    """All text that the store holds, as one string."""
    with engine.connect() as connection:
        names = [str(name) for name in Party.metadata.tables if name not in ("division", "searchterm")]
        rows = [connection.execute(text(f"SELECT * FROM {name}")).all() for name in names]  # noqa: S608
    return repr(rows)


def change(visit_as: VisitAs, **values: str) -> None:
    with visit_as("zhenyang") as visit:
        parties.change_party(visit, PartyChange.model_validate(values))


def test_a_personal_field_stands_in_the_journal_as_a_commitment_of_its_own(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    change(visit_as, phone=CANARY, legal_rep="赵法人")

    entry = all_rows(engine, JournalEntry, act="party.changed")[-1]
    record = json.loads(entry.record)
    assert CANARY not in entry.record
    assert "赵法人" not in entry.record
    assert "origin_hash" not in record
    values = {one.field: one for one in all_rows(engine, PersonalValue, entry_id=entry.id)}
    assert {name: json.loads(one.value) for name, one in values.items()} == {
        "phone": CANARY,
        "legal_rep": "赵法人",
    }
    for name, one in values.items():
        assert record[name] == {"sha256": sealed(one.salt, rfc8785.dumps(json.loads(one.value)).decode())}
    assert entry.commitment == sealed(entry.salt, told(entry))
    assert record["email"] is None


def test_former_contacts_are_erased_everywhere_and_the_journal_still_proves_itself(
    visit_as: VisitAs, world: World, engine: Engine, client_as: ClientOf
) -> None:
    door = client_as("zhenyang")
    head = {"idempotency-key": "contact-1"}
    answer = door.patch(
        "/api/v1/parties/me", json={"phone": CANARY, "main_responsible_person": "钱负责"}, headers=head
    )
    assert answer.status_code == 200
    with visit_as("zhenyang") as visit:
        parties.change_facility(visit, world.facility_id, FacilityChange(phone=CANARY))
        parties.change_facility(visit, world.facility_id, FacilityChange(phone=None))
    change(visit_as, phone="0396-1", main_responsible_person="孙负责")
    commitments = {entry.id: entry.commitment for entry in all_rows(engine, JournalEntry)}
    assert CANARY in everything(engine)

    with visit_as("zhenyang") as visit:
        assert forgetting.replaced_contacts(visit) > 0
        forgetting.forget_replaced_contacts(visit, *WHY)

    found = everything(engine)
    assert CANARY not in found
    assert "钱负责" not in found
    assert "孙负责" in found
    assert all(
        commitments[entry.id] == entry.commitment
        for entry in all_rows(engine, JournalEntry)
        if entry.id in commitments
    )
    with visit_as("zhenyang") as visit:
        proof = verify_journal(visit)
        assert (proof.wrong, proof.forgotten) == ([], 0)
        assert proof.proved > 10
        assert forgetting.replaced_contacts(visit) == 0
    (told,) = all_rows(engine, JournalEntry, act="contacts.forgotten")
    assert (told.reason, json.loads(told.record)["basis"]) == ("本人请求", "asked-to-erase")


def test_an_entry_of_the_old_form_keeps_its_commitment_and_loses_the_person(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    record = rfc8785.dumps(
        {"id": str(world.parties["zhenyang"]), "name_zh": "正阳花生油有限公司", "phone": CANARY}
    ).decode()
    entry = all_rows(engine, JournalEntry, act="party.joined", subject_id=world.parties["zhenyang"])[0]
    with visit_as(HOLDER) as visit:
        old = visit.kernel().get_one(JournalEntry, entry.id)
        old.record, old.form, old.commitment = record, CLEAR, sealed(old.salt, record)
        visit.kernel().add(old)
    (old,) = all_rows(engine, JournalEntry, id=entry.id)
    assert proves(old) is True

    with visit_as("zhenyang") as visit:
        forgetting.forget_replaced_contacts(visit, *WHY)

    (new,) = all_rows(engine, JournalEntry, id=entry.id)
    assert new.commitment == old.commitment == sealed(old.salt, record)
    assert json.loads(new.record)["phone"] is None
    assert json.loads(new.record)["name_zh"] == "正阳花生油有限公司"
    assert (new.salt, proves(new)) == ("", None)


@pytest.mark.parametrize("change", ["record", "value", "salt"])
def test_whoever_rewrites_the_journal_is_found(
    visit_as: VisitAs, world: World, engine: Engine, change: str
) -> None:
    entry = all_rows(engine, JournalEntry, act="party.joined", subject_id=world.parties["zhenyang"])[0]
    with visit_as(HOLDER) as visit:
        row = visit.kernel().get_one(JournalEntry, entry.id)
        value = visit.kernel().get_one(PersonalValue, (entry.id, "phone"))
        if change == "record":
            row.record = row.record.replace("正阳", "平舆")
        elif change == "value":
            value.value = '"110"'
        else:
            value.salt = "00" * 16
        visit.kernel().add_all([row, value])

    with visit_as("zhenyang") as visit:
        assert verify_journal(visit).wrong == [entry.id]


def left(visit_as: VisitAs, world: World) -> UUID:
    """A colleague who was invited, signed in, and left."""
    with visit_as("zhenyang") as visit:
        new = new_member(email=None, mobile=CANARY, name="周离职", role="recorder")
        account, link = accounts.invite_member(visit, new)
    with visit_as() as visit:
        visit.source = Source(f"Phone of {CANARY}")
        links.use_link(visit, link.rpartition("/")[2], "invitation", "a-password-of-19-chars")
    with visit_as("zhenyang") as visit:
        visit.ask("mail", template="reset", to=CANARY, name="周离职", link="x", language=None)
        accounts.disable_member(visit, account.id, "离职")
    return account.id


def test_a_person_who_left_is_forgotten(visit_as: VisitAs, world: World, engine: Engine) -> None:
    person = left(visit_as, world)
    with visit_as("zhenyang") as visit:
        forgetting.pseudonymise(visit, person, *WHY)

    found = everything(engine)
    assert CANARY not in found
    assert "周离职" not in found
    (account,) = all_rows(engine, Account, id=person)
    assert account.name == account.login
    assert account.name.startswith("person-")
    assert (account.email, account.password_hash) == (None, None)
    assert all(
        one.revoked_at and not one.device for one in all_rows(engine, SignInSession, account_id=person)
    )
    assert all_rows(engine, OneTimeLink, account_id=person) == []
    assert [task for task in all_rows(engine, Task) if task.payload.get("to") == CANARY] == []
    (told,) = all_rows(engine, JournalEntry, act="person.pseudonymised")
    assert (told.subject_id, told.reason) == (person, "本人请求")
    with visit_as("zhenyang") as visit:
        assert verify_journal(visit).wrong == []
        again = forgetting.pseudonymise(visit, person, *WHY)
        assert again.name == account.name


def test_who_still_works_here_is_not_forgotten_nor_is_a_stranger(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit, pytest.raises(Conflict) as refused:
        forgetting.pseudonymise(visit, world.people["recorder"], *WHY)
    assert refused.value.kind == "still-a-member"
    person = left(visit_as, world)
    with visit_as("guhuai") as visit, pytest.raises(Unknown):
        forgetting.pseudonymise(visit, person, *WHY)
    with visit_as("quality") as visit, pytest.raises(Forbidden):
        forgetting.pseudonymise(visit, person, *WHY)


def test_who_answers_for_goods_stays_until_none_must_be_kept(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    change(visit_as, phone=CANARY, main_responsible_person="吴负责")
    party = world.parties["zhenyang"]
    kinds = []
    for _ in range(2):
        with visit_as(HOLDER) as visit, pytest.raises(Conflict) as refused:
            forgetting.forget_contacts(visit, party, *WHY)
        kinds.append(refused.value.kind)
        if len(kinds) == 1:
            with visit_as("county") as visit:
                archiving.archive_party(visit, party, "已注销")
    assert kinds == ["still-responsible", "goods-still-kept"]

    last = max(entry.retain_until for entry in all_rows(engine, JournalEntry))
    with visit_as(HOLDER, noon(last.replace(year=last.year + 1))) as visit:
        forgetting.forget_contacts(visit, party, "retention-over", "期限届满")
    assert CANARY not in everything(engine)
    assert "吴负责" not in everything(engine)


def test_a_party_that_joins_is_sealed_with_its_facilities(
    visit_as: VisitAs, engine: Engine, world: World
) -> None:
    with visit_as("zhenyang") as visit:
        parties.register_facility(visit, new_facility(phone=CANARY))
    with visit_as() as visit:
        parties.sign_up(visit, new_party(phone=CANARY), new_account())
    records = "".join(entry.record for entry in all_rows(engine, JournalEntry))
    assert CANARY not in records
