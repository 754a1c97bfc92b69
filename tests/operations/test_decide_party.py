"""Joining, being confirmed, and whose a GTIN is."""

import pytest

from builders import GTIN, new_account, new_batch, new_member, new_party, new_product
from tracelot.operations import batches, parties, products
from tracelot.records.parties import Party, PartyChange
from tracelot.records.products import Product, find_gtin_owner
from tracelot.rules.access import Actor
from tracelot.rules.refusals import Conflict, Forbidden, Stale, Unfit, Unknown
from world import VisitAs, World


def test_a_party_that_joins_waits_for_its_county(visit_as: VisitAs, world: World) -> None:
    with visit_as() as visit:
        party, account = parties.sign_up(visit, new_party(), new_account())
        assert (party.status, party.uscc_claim, account.role) == ("unverified", None, "admin")
        joined = party.id
    with visit_as("county") as visit:
        assert joined in [one.id for one in parties.waiting_parties(visit)]
    with visit_as("neighbour") as visit:
        assert joined not in [one.id for one in parties.waiting_parties(visit)]


@pytest.mark.parametrize("office", ["county", "city", "site"])
def test_an_office_above_the_township_confirms(visit_as: VisitAs, world: World, office: str) -> None:
    with visit_as(office) as visit:
        party = parties.decide_party(visit, world.parties["impostor"], "verified", "核对")

        assert (party.status, party.decision_note, party.decided_by) == (
            "verified",
            "核对",
            world.people[office],
        )
        assert party.uscc_claim == party.uscc


def test_a_township_confirms_nobody(visit_as: VisitAs, world: World) -> None:
    with visit_as("township") as visit, pytest.raises(Forbidden):
        parties.decide_party(visit, world.parties["impostor"], "verified", "")


def test_another_county_s_firm_looks_like_none(visit_as: VisitAs, world: World) -> None:
    with visit_as("neighbour") as visit, pytest.raises(Unknown):
        parties.decide_party(visit, world.parties["impostor"], "verified", "")


def test_a_city_does_not_confirm_a_regulator(visit_as: VisitAs, world: World) -> None:
    with visit_as("city") as visit, pytest.raises(Forbidden):
        parties.decide_party(visit, world.parties["county"], "rejected", "撤销")


def test_no_firm_confirms_itself(visit_as: VisitAs, world: World) -> None:
    with visit_as("impostor") as visit, pytest.raises(Forbidden):
        parties.decide_party(visit, world.parties["impostor"], "verified", "")


def test_two_decisions_at_once_are_noticed(visit_as: VisitAs, world: World) -> None:
    with visit_as("county") as visit:
        seen = parties.find_party(visit, world.parties["impostor"]).version
        parties.decide_party(visit, world.parties["impostor"], "rejected", "冒用名称", seen)
    with visit_as("city") as visit, pytest.raises(Stale):
        parties.decide_party(visit, world.parties["impostor"], "verified", "", seen)


def test_a_credit_code_has_one_verified_owner(visit_as: VisitAs, world: World) -> None:
    with visit_as("county") as visit:
        uscc = parties.find_party(visit, world.parties["zhenyang"]).uscc
    with visit_as() as visit:
        twin, _ = parties.sign_up(visit, new_party(uscc=uscc), new_account())
        twin_id = twin.id
    with visit_as("county") as visit:
        assert parties.doubts(visit, parties.find_party(visit, twin_id)) == ["uscc-verified-elsewhere"]
        with pytest.raises(Conflict) as refused:
            parties.decide_party(visit, twin_id, "verified", "")

    assert refused.value.kind == "uscc-verified-elsewhere"


def test_an_impostor_s_gtin_stays_a_claim_that_nobody_hears(visit_as: VisitAs, world: World) -> None:
    with visit_as("impostor") as visit:
        product = products.register_product(visit, new_product(gtin=GTIN))
        batches.register_batch(visit, new_batch(product.id, code=world.code, release=True))
        assert product.gtin_claim is None
        false_id = product.id
    with visit_as("county") as visit:
        impostor = parties.find_party(visit, world.parties["impostor"])
        assert parties.doubts(visit, impostor) == ["gtin-owned-elsewhere"]
        parties.decide_party(visit, impostor.id, "verified", "")
    with visit_as("site") as visit:
        owner = find_gtin_owner(visit.kernel(), GTIN)
        assert owner is not None
        assert owner.id == world.product_id
        assert visit.kernel().get_one(Product, false_id).gtin_claim is None


def test_a_verified_firm_cannot_register_another_s_gtin(visit_as: VisitAs, world: World) -> None:
    with visit_as("guhuai") as visit, pytest.raises(Conflict) as refused:
        products.register_product(visit, new_product(gtin=GTIN))

    assert refused.value.kind == "gtin-has-owner"


def test_a_firm_owns_its_gtins_once_it_is_verified_and_loses_them_when_refused(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as("impostor") as visit:
        own = products.register_product(visit, new_product(gtin="09520001000034")).id
    with visit_as("county") as visit:
        parties.decide_party(visit, world.parties["impostor"], "verified", "")
        assert visit.kernel().get_one(Product, own).gtin_claim == "09520001000034"
    with visit_as("county") as visit:
        party = parties.decide_party(visit, world.parties["impostor"], "rejected", "营业执照已注销")
        assert (party.status, party.uscc_claim) == ("rejected", None)
        assert visit.kernel().get_one(Product, own).gtin_claim is None


def test_a_gtin_goes_to_its_other_verified_claimant_when_its_owner_is_refused(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as("impostor") as visit:
        products.register_product(visit, new_product(gtin="09520001000034"))
    with visit_as() as visit:
        late, person = parties.sign_up(visit, new_party(), new_account())
        late_id = late.id
        person_id = person.id
    with visit_as(Actor(id=person_id, role="admin", party_id=late_id, party_type="producer")) as visit:
        rightful = products.register_product(visit, new_product(gtin="09520001000034")).id
    with visit_as("county") as visit:
        parties.decide_party(visit, world.parties["impostor"], "verified", "")
        parties.decide_party(visit, late_id, "verified", "")
        assert visit.kernel().get_one(Product, rightful).gtin_claim is None
        parties.decide_party(visit, world.parties["impostor"], "rejected", "冒用条码")
    with visit_as("site") as visit:
        assert visit.kernel().get_one(Product, rightful).gtin_claim == "09520001000034"


def test_a_party_is_not_told_of_others_that_stand_in_its_way(visit_as: VisitAs, world: World) -> None:
    with visit_as("impostor") as visit:
        products.register_product(visit, new_product(gtin=GTIN))
        assert parties.doubts(visit, parties.own_party(visit)) == []


def test_the_operator_brings_in_a_verified_party(visit_as: VisitAs, world: World) -> None:
    with visit_as("site") as visit:
        party, link = parties.enrol_party(
            visit, new_party(type="lab", name_zh="驻马店检测中心"), new_member()
        )

        assert party.status == "verified"
        assert "/join/" in link


def test_a_party_that_is_refused_is_told_why(visit_as: VisitAs, world: World) -> None:
    with visit_as("county") as visit, pytest.raises(Unfit):
        parties.decide_party(visit, world.parties["impostor"], "rejected", "")


def test_only_the_operator_does(visit_as: VisitAs, world: World) -> None:
    with visit_as("county") as visit, pytest.raises(Forbidden):
        parties.enrol_party(visit, new_party(), new_member())


def test_a_party_needs_a_region_that_exists(visit_as: VisitAs, world: World) -> None:
    with visit_as() as visit, pytest.raises(Unfit) as refused:
        parties.sign_up(visit, new_party(region_code="999999"), new_account())

    assert refused.value.faults[0].pointer == "#/region_code"


def test_what_a_party_says_of_itself_may_change(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        changed = parties.change_party(visit, PartyChange(phone="0396-8920002"))
        assert changed.phone == "0396-8920002"
    with visit_as("recorder") as visit, pytest.raises(Forbidden):
        parties.change_party(visit, PartyChange(phone="1"))


def test_a_verified_regulator_watches_the_area_of_its_region(visit_as: VisitAs, world: World) -> None:
    with visit_as("site") as visit:
        areas = {
            name: visit.kernel().get_one(Party, world.parties[name]).territory for name in ("city", "county")
        }

    assert areas == {"city": ["4117"], "county": ["411724"]}
