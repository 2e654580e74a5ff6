"""The refresh token's cookie: how it is set, and whose requests may use it."""

from http.cookies import CookieError

import pytest

from resolvers.context import CookieChange
from tests.web.world import WEEK_SECONDS, Client, ClientOf, MakeApp
from web.cookies import set_cookie

APP = "https://app.azora.example"
OWN = "http://azora.test"


async def mutate(client: Client, field: str, headers: dict[str, str] | None = None) -> str | None:
    response = await client.post(
        "/graphql", json={"query": f"mutation {{ {field} }}"}, headers=headers
    )
    assert response.status_code == 200
    client.cookies.clear()
    [cookie] = response.headers.get_list("set-cookie") or [None]
    return cookie


async def seen_cookie(client: Client, headers: dict[str, str]) -> str | None:
    response = await client.post("/graphql", json={"query": "mutation { cookie }"}, headers=headers)
    return response.json()["data"]["cookie"]


class TestSetting:
    async def test_sets_a_plain_cookie_in_development(self, client: Client) -> None:
        assert await mutate(client, "signIn") == (
            f"azr_rt=refresh-1; HttpOnly; Max-Age={WEEK_SECONDS}; Path=/; SameSite=Strict"
        )

    async def test_binds_the_cookie_to_this_host_over_tls(
        self, make_app: MakeApp, client_of: ClientOf
    ) -> None:
        async with client_of(make_app(cookie_secure=True)) as client:
            assert await mutate(client, "signIn") == (
                f"__Host-azr_rt=refresh-1; HttpOnly; Max-Age={WEEK_SECONDS}; Path=/;"
                " SameSite=Strict; Secure"
            )

    async def test_deletes_the_cookie(self, client: Client) -> None:
        assert await mutate(client, "signOut") == (
            'azr_rt=""; HttpOnly; Max-Age=0; Path=/; SameSite=Strict'
        )

    async def test_sets_it_once_however_often_it_changed(self, client: Client) -> None:
        cookie = await mutate(client, "signInTwice")

        assert cookie is not None
        assert cookie.startswith("azr_rt=refresh-2;")

    @pytest.mark.parametrize("field", ["signIn", "signOut"])
    @pytest.mark.parametrize(
        "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
    )
    async def test_leaves_it_alone_for_foreign_pages(
        self, client: Client, field: str, headers: dict[str, str]
    ) -> None:
        assert await mutate(client, field, headers) is None

    @pytest.mark.parametrize("headers", [{"Origin": OWN}, {"Sec-Fetch-Site": "same-origin"}])
    async def test_sets_it_for_own_pages(self, client: Client, headers: dict[str, str]) -> None:
        assert await mutate(client, "signIn", headers) is not None

    async def test_leaves_it_alone_otherwise(self, client: Client) -> None:
        assert await mutate(client, "cookie") is None

    @pytest.mark.parametrize("value", ["a;b", "a\r\nSet-Cookie: x=y", 'a"b', "a b"])
    def test_refuses_values_that_would_break_out(self, value: str) -> None:
        with pytest.raises(CookieError):
            set_cookie("azr_rt", CookieChange(value, 60), is_secure=False)


class TestReading:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Origin": OWN},
            {"Origin": APP, "Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "same-origin", "Origin": OWN},
            {"Sec-Fetch-Site": "none"},
        ],
    )
    async def test_believes_own_and_trusted_pages(
        self, make_app: MakeApp, client_of: ClientOf, headers: dict[str, str]
    ) -> None:
        async with client_of(make_app(cors_origins=APP)) as client:
            headers = {"Cookie": "other=1; azr_rt=secret-1; azr_rt2=x", **headers}

            assert await seen_cookie(client, headers) == "secret-1"

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": ""},
            {"Origin": "https://azora.test"},
            {"Origin": "http://azora.test:81"},
            {"Origin": "http://azora.test.evil.example"},
            {"Origin": f"{APP}.evil.example"},
            {"Origin": OWN, "Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "anything"},
        ],
    )
    async def test_overlooks_it_from_foreign_pages(
        self, make_app: MakeApp, client_of: ClientOf, headers: dict[str, str]
    ) -> None:
        async with client_of(make_app(cors_origins=APP)) as client:
            assert await seen_cookie(client, {"Cookie": "azr_rt=secret-1", **headers}) is None

    async def test_reads_the_host_bound_name_only_over_tls(
        self, make_app: MakeApp, client_of: ClientOf
    ) -> None:
        async with client_of(make_app(cookie_secure=True)) as client:
            assert await seen_cookie(client, {"Cookie": "azr_rt=planted"}) is None
            assert await seen_cookie(client, {"Cookie": "__Host-azr_rt=mine"}) == "mine"

    @pytest.mark.parametrize("cookie", ["azr_rt=", "azr_rt", "xazr_rt=1", ""])
    async def test_finds_none_in_other_cookies(self, client: Client, cookie: str) -> None:
        assert await seen_cookie(client, {"Cookie": cookie}) is None
