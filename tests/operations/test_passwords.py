"""Hashing passwords at once, or aside."""

import pytest

from builders import PASSWORD
from tracelot.operations.passwords import OWASP, Aside, Hasher, Passwords


def test_a_password_fits_its_own_hash_alone() -> None:
    passwords = Passwords()
    kept = passwords.hash(PASSWORD)
    assert PASSWORD not in kept
    assert passwords.fits("a", PASSWORD, kept)
    assert not passwords.fits("a", "another password", kept)
    assert not passwords.fits("a", PASSWORD, None)


def test_a_hash_has_its_full_price_and_a_cheaper_one_can_still_be_checked() -> None:
    dear, cheap = Hasher(*OWASP), Hasher(64, 1)
    assert "$m=19456,t=2,p=1$" in dear.hash(PASSWORD)
    assert dear.verify(PASSWORD, cheap.hash(PASSWORD))


def test_work_done_aside_answers_that_very_question_only() -> None:
    kept, changed = Passwords().hash(PASSWORD), Passwords().hash("changed meanwhile")
    passwords = Passwords(aside=True)
    with pytest.raises(Aside) as asked:
        passwords.fits("a", PASSWORD, kept)
    passwords.keep(asked.value.work, asked.value.work.do())
    assert passwords.fits("a", PASSWORD, kept)
    for login, password, hashed in (("a", PASSWORD, changed), ("a", "x", kept), ("b", PASSWORD, kept)):
        with pytest.raises(Aside):
            passwords.fits(login, password, hashed)


def test_no_password_shows_in_what_is_printed_of_an_error() -> None:
    with pytest.raises(Aside) as asked:
        Passwords(aside=True).fits("a", PASSWORD, "kept-hash")
    told = f"{asked.value!r} {asked.value.work!r}"
    assert PASSWORD not in told
    assert "kept-hash" not in told
