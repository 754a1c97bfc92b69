"""Which language a reader gets: the address, then the cookie, then the browser, then the site."""

import pytest
from fastapi.testclient import TestClient

from tracelot.web.rendering import negotiate

ACCEPTED = {
    "": "zh",
    "zh": "zh",
    "zh-CN": "zh",
    "zh-CN,zh;q=0.9,en;q=0.8": "zh",
    "zh-Hant": "zh",
    "zh-Hans-CN": "zh",
    "zh-TW,zh;q=0.5,en;q=0.4": "zh",
    "ZH-hk": "zh",
    "en": "en",
    "en-GB": "en",
    "en-US,en;q=0.9,zh-CN;q=0.8": "en",
    "fr": "zh",
    "fr,en;q=0.5": "en",
    "fr-FR,fr;q=0.9,zh;q=0.2": "zh",
    "*": "zh",
    "en;q=0.2,zh;q=0.9": "zh",
    "zh;q=0,en": "en",
    "zh;q=0": "zh",
    "en;q=0.5,zh;q=0.5": "en",
    "zh;q=,en": "en",
    "en ; q=0.7 , zh ; q=0.3": "en",
    "en;q=2": "en",
    "en;q=x,zh;q=0.1": "zh",
    ";,;q=1,,": "zh",
    "english": "zh",
}


@pytest.mark.parametrize(("accepted", "language"), ACCEPTED.items(), ids=[repr(text) for text in ACCEPTED])
def test_the_browser_says_which_language(accepted: str, language: str) -> None:
    assert negotiate(accepted, "zh") == language


def test_where_no_language_is_ours_the_site_decides() -> None:
    assert negotiate("fr", "en") == "en"


@pytest.mark.parametrize(
    ("address", "cookie", "accepted", "tag"),
    [
        ("/about", None, "en-GB", "en"),
        ("/about", None, "zh-TW", "zh-CN"),
        ("/about", "zh", "en-GB", "zh-CN"),
        ("/about", "en", "zh-CN", "en"),
        ("/about", "fr", "en-GB", "en"),
        ("/about?lang=en", "zh", "zh-CN", "en"),
        ("/about?lang=zh", "en", "en-GB", "zh-CN"),
        ("/about?lang=de", "en", "zh-CN", "en"),
    ],
)
def test_the_address_wins_over_the_cookie_and_the_cookie_over_the_browser(
    client: TestClient, address: str, cookie: str | None, accepted: str, tag: str
) -> None:
    head = {"accept-language": accepted} | ({"cookie": f"lang={cookie}"} if cookie else {})
    answer = client.get(address, headers=head)
    assert f'<html lang="{tag}"' in answer.text
    if "set-cookie" in answer.headers:  # nobody keeps it for others
        assert answer.headers["cache-control"] == "no-store"
    else:
        assert answer.headers["vary"] == "Accept-Language, Authorization, Cookie"


def test_a_language_chosen_once_is_remembered(client: TestClient) -> None:
    client.get("/about?lang=en", headers={"accept-language": "zh-CN"})
    assert '<html lang="en"' in client.get("/privacy", headers={"accept-language": "zh-CN"}).text


def test_a_problem_is_told_in_the_readers_language(client: TestClient) -> None:
    assert "Nothing is here" in client.get("/nowhere", headers={"accept-language": "en"}).text
    assert "这里没有内容" in client.get("/nowhere", headers={"accept-language": "zh-CN"}).text
