"""Whom a recall's answers, notices and disposals named is forgotten after it, and every proof still holds."""

import json

import pytest
from sqlalchemy import Engine

from acts import Firm, firm
from keeping import all_rows
from pursued import closes
from reached import new_contact, notices_of, recalled, ship, sold
from tracelot.operations import answering, contacts, disposing, forgetting, forgetting_answers
from tracelot.operations.journal import verify_journal
from tracelot.records.accounts import Account
from tracelot.records.consignees import NewAnswer, RecallAnswer, RecallLetter, RecallNotice
from tracelot.records.contacts import ContactChange
from tracelot.records.effectiveness import Disposal, Done, NewDisposal
from tracelot.records.journal import JournalEntry
from tracelot.records.personal import PersonalValue
from tracelot.records.recalls import Recall
from tracelot.rules.refusals import Conflict, Unfit
from world import VisitAs, World

WHY = ("asked-to-erase", "本人请求")
CLERK, PHONE, WITNESS = "钱店员", "13712345678", "孙见证"


class Shop:
    """A firm's recall that a shop without an account answered, and a destruction there that somebody watched."""

    def __init__(self, visit_as: VisitAs, maker: Firm, engine: Engine) -> None:
        self.visit_as, self.engine, self.maker = visit_as, engine, maker
        product = sold(maker)
        self.contact = new_contact(maker, "小店", email="old@shop.example", phone="0396-1")
        ship(maker, maker.batch("paste"), 10, contact_id=self.contact)
        self.recall = all_rows(engine, Recall, id=recalled(visit_as, product))[0]
        self.notice = notices_of(engine, self.recall.id)["小店"]
        with visit_as() as visit:
            told = NewAnswer(name=CLERK, phone=PHONE, note=f"请找{CLERK}", stop_sale=True)
            answering.answer(visit, self.notice, told)
        new = {"batch_id": str(maker.batch("paste")), "quantity": "3", "unit": "case", "method": "destroy_on_site",
               "consignee": f"contact:{self.contact}", "planned_at": "2026-12-01T09:00:00+08:00",
               "note": f"{WITNESS}在场"}  # fmt: skip
        with visit_as("zhenyang") as visit:
            disposal = disposing.announce_disposal(visit, self.recall.id, NewDisposal.model_validate(new)).id
        with visit_as("zhenyang") as visit:
            done = Done(performed_at=visit.now, witness=WITNESS)
            disposing.perform_disposal(visit, self.recall.id, disposal, done)

    def close(self) -> None:
        closes(self.visit_as, self.recall)

    def forget(self, who: str, by: str = "zhenyang") -> int:
        with self.visit_as(by) as visit:
            return forgetting_answers.forget_person(visit, who, *WHY)  # type: ignore[arg-type]


@pytest.fixture
def shop(visit_as: VisitAs, world: World, engine: Engine) -> Shop:
    return Shop(visit_as, firm(visit_as, world, "zhenyang"), engine)


def everything(engine: Engine) -> str:
    return repr([all_rows(engine, model) for model in (
        RecallAnswer, RecallNotice, RecallLetter, Disposal, JournalEntry, PersonalValue,
    )])  # fmt: skip


def demand_proved(visit_as: VisitAs) -> None:
    with visit_as("zhenyang") as visit:
        proof = verify_journal(visit)
        assert (proof.wrong, proof.forgotten) == ([], 0)
        assert proof.proved > 10


def test_whoever_answered_or_watched_is_forgotten_after_the_recall_and_what_they_told_stays(
    shop: Shop,
) -> None:
    shop.close()
    commitments = {entry.id: entry.commitment for entry in all_rows(shop.engine, JournalEntry)}
    assert WITNESS not in "".join(entry.record for entry in all_rows(shop.engine, JournalEntry))

    assert shop.forget(PHONE) == 1
    assert shop.forget(WITNESS) == 1

    held = everything(shop.engine)
    assert not [one for one in (CLERK, PHONE, WITNESS) if one in held]
    (answer,) = all_rows(shop.engine, RecallAnswer)
    assert (answer.name[:7], answer.stop_sale, answer.number) == ("person-", True, 1)
    stand = {entry.id: entry.commitment for entry in all_rows(shop.engine, JournalEntry)}
    assert commitments.items() <= stand.items()
    demand_proved(shop.visit_as)
    told = [json.loads(one.record) for one in all_rows(shop.engine, JournalEntry, act="people.forgotten")]
    assert [one["erased"] for one in told] == [1, 1]


def test_while_the_recall_is_open_somebody_must_be_reached(shop: Shop) -> None:
    with pytest.raises(Conflict, match="must be reached"):
        shop.forget(CLERK)
    with pytest.raises(Unfit, match="names this person"):
        shop.forget("谁也不是")


def test_nobody_forgets_whom_the_recall_of_others_names(shop: Shop) -> None:
    shop.close()
    for who in ("guhuai", "county"):
        with pytest.raises(Unfit, match="names this person"):
            shop.forget(CLERK, who)
    assert shop.forget(CLERK, "site") == 1


def test_an_address_that_was_replaced_goes_from_the_notices_of_ended_recalls(shop: Shop) -> None:
    with shop.visit_as("zhenyang") as visit:
        contacts.change_contact(visit, shop.contact, ContactChange(email="new@shop.example", phone="0396-1"))
        before = forgetting.replaced_contacts(visit)
    shop.close()

    with shop.visit_as("zhenyang") as visit:
        assert forgetting.replaced_contacts(visit) == before + 1
        forgetting.forget_replaced_contacts(visit, *WHY)  # type: ignore[arg-type]

    assert "old@shop.example" not in everything(shop.engine)
    assert all_rows(shop.engine, RecallNotice)[0].name == "小店"
    demand_proved(shop.visit_as)


def test_a_colleague_who_left_stands_in_its_answers_under_the_pseudonym_of_the_account(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    maker, shop = firm(visit_as, world, "zhenyang"), world.parties["guhuai"]
    product = sold(maker)
    ship(maker, maker.batch("paste"), 10, party_id=shop)
    recall = recalled(visit_as, product)
    notice = next(iter(notices_of(engine, recall).values()))
    person, name = world.people["guhuai"], all_rows(engine, Account, id=world.people["guhuai"])[0].name
    with visit_as("guhuai") as visit:
        answering.answer_own(visit, notice, NewAnswer(name=name, phone=PHONE))

    with visit_as("site") as visit:
        visit.kernel().get_one(Account, person).disabled_at = visit.now
    with visit_as("site") as visit:
        forgetting.pseudonymise(visit, person, *WHY)  # type: ignore[arg-type]

    (account,) = all_rows(engine, Account, id=person)
    (answer,) = all_rows(engine, RecallAnswer)
    assert (answer.name, answer.phone, answer.recorded_by) == (account.name, None, person)
    assert all_rows(engine, RecallLetter, address=world.logins["guhuai"]) == []
