"""Registering, signing in, refreshing and signing out through the graph."""

import json
from datetime import timedelta

import pytest

from resolvers.context import CookieChange
from services.auth.passwords import HASHERS, WAITING_MAX
from tests.subgraphs.world import PASSWORD, shown_time

SESSION = """
    __typename
    ... on SignInPayload {
        user { id fullName countryCode roles }
        accessToken accessTokenExpiresAt refreshToken sessionExpiresAt
    }
    ... on UserError { code message field }
"""
FAULTS = "... on InvalidInputError { faults { field message } }"
REGISTER = (
    f"mutation ($input: RegisterInput!) {{ register(input: $input) {{ {SESSION} {FAULTS} }} }}"
)
LOGIN = f"mutation ($input: LoginInput!) {{ login(input: $input) {{ {SESSION} }} }}"
REFRESH = f"""mutation ($input: RefreshSessionInput) {{
    refreshSession(input: $input) {{ {SESSION} }}
}}"""
LOGOUT = "mutation ($input: LogoutInput) { logout(input: $input) { isSignedOut } }"
WEEK_SECONDS = 604_800
CLEARED = CookieChange(None, 0)
ENDED = {
    "__typename": "SessionEndedError",
    "code": "SESSION_ENDED",
    "message": "This session has ended. Sign in again with `login`.",
    "field": None,
}


def registration(**values):
    return {
        "email": "Ama@Example.com",
        "password": PASSWORD,
        "fullName": "Ama Mensah",
        "countryCode": "GH",
        **values,
    }


@pytest.fixture
def register(tell):
    """Register; answers with the payload and the context."""

    async def registered(**values):
        result, context = await tell(REGISTER, input=registration(**values))
        assert result.errors is None
        return result.data["register"], context

    return registered


@pytest.fixture
def refresh(tell):
    """Refresh with a native token or with a cookie; answers with the payload and the context."""

    async def refreshed(token=None, cookie=None):
        variables = {} if token is None else {"input": {"refreshToken": token}}
        result, context = await tell(REFRESH, cookie=cookie, **variables)
        assert result.errors is None
        return result.data["refreshSession"], context

    return refreshed


class TestRegister:
    async def test_signs_a_native_app_in(self, register, watch):
        payload, context = await register(isNativeApp=True)

        viewer = context.platform.authenticate(payload.pop("accessToken"))
        assert len(payload.pop("refreshToken")) == 43
        user = payload.pop("user")
        assert user.pop("id").startswith("usr_")
        assert user == {"fullName": "Ama Mensah", "countryCode": "GH", "roles": ["LEARNER"]}
        assert payload == {
            "__typename": "SignInPayload",
            "accessTokenExpiresAt": shown_time(watch.now + timedelta(hours=1)),
            "sessionExpiresAt": shown_time(watch.now + timedelta(days=7)),
        }
        assert viewer.roles == {"learner"}
        assert context.cookie_changes == []

    async def test_gives_a_browser_its_refresh_token_in_a_cookie_only(self, register, refresh):
        payload, context = await register()

        (change,) = context.cookie_changes
        assert payload["refreshToken"] is None
        assert change.max_age_seconds == WEEK_SECONDS
        assert change.value not in json.dumps(payload)
        refreshed, _ = await refresh(cookie=change.value)
        assert refreshed["user"] == payload["user"]

    async def test_leaves_no_secret_in_the_databases(self, register, make, stores):
        payload, context = await register()

        everything = str(await make.contents())
        keys = await stores.redis.client.keys()
        everything += str([await stores.redis.client.get(key) for key in keys])
        for secret in (context.cookie_changes[0].value, payload["accessToken"], PASSWORD):
            assert secret not in everything

    async def test_lists_every_fault_of_the_input_and_changes_nothing(self, register, make):
        before = await make.contents()

        payload, context = await register(email="ama", password="short", fullName=" ")

        email = "`email` must be an address such as ama@example.com."
        assert payload == {
            "__typename": "InvalidInputError",
            "code": "INVALID_INPUT",
            "message": email,
            "field": ["input", "email"],
            "faults": [
                {"field": "email", "message": email},
                {"field": "fullName", "message": "`fullName` must have 1 to 255 characters."},
                {"field": "password", "message": "`password` must have 12 to 128 characters."},
            ],
        }
        assert context.cookie_changes == []
        assert await make.contents() == before

    async def test_refuses_an_address_that_is_taken_and_changes_nothing(self, register, make):
        await register()
        before = await make.contents()

        payload, context = await register(email="ama@example.COM", fullName="Somebody")

        assert payload == {
            "__typename": "EmailTakenError",
            "code": "EMAIL_TAKEN",
            "message": "An account with this e-mail address exists. Sign in with `login`.",
            "field": ["input", "email"],
        }
        assert context.cookie_changes == []
        assert await make.contents() == before

    @pytest.mark.parametrize("code", ["XX", "za", "ZAF", "", 7])
    async def test_refuses_a_country_that_is_none(self, tell, make, code):
        before = await make.contents()

        result, _ = await tell(REGISTER, input=registration(countryCode=code))

        assert result.has_data is False
        assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]
        assert await make.contents() == before

    async def test_answers_with_what_is_public_of_the_person(self, tell):
        document = """mutation ($input: RegisterInput!) { register(input: $input) {
            ... on SignInPayload { user { fullName email azrBalance } }
        } }"""

        result, _ = await tell(document, input=registration())

        assert result.data["register"]["user"] == {
            "fullName": "Ama Mensah",
            "email": None,
            "azrBalance": None,
        }
        assert [error["extensions"]["code"] for error in result.errors] == [
            "UNAUTHENTICATED",
            "UNAUTHENTICATED",
        ]

    async def test_is_busy_when_too_many_register_at_once(self, tell, make, passwords, monkeypatch):
        monkeypatch.setattr(passwords, "_waiting", HASHERS + WAITING_MAX)
        before = await make.contents()

        result, _ = await tell(REGISTER, input=registration())

        assert result.data is None
        (error,) = result.errors
        assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
        assert await make.contents() == before


class TestLogin:
    async def test_begins_a_session(self, register, tell, watch):
        registered, _ = await register()
        watch.move(days=30)

        result, context = await tell(
            LOGIN, input={"email": "ama@example.com", "password": PASSWORD, "isNativeApp": True}
        )

        payload = result.data["login"]
        assert payload["user"] == registered["user"]
        assert payload["sessionExpiresAt"] == shown_time(watch.now + timedelta(days=7))
        assert context.cookie_changes == []

    async def test_gives_a_browser_a_cookie(self, register, tell):
        await register()

        result, context = await tell(
            LOGIN, input={"email": "ama@example.com", "password": PASSWORD}
        )

        (change,) = context.cookie_changes
        assert result.data["login"]["refreshToken"] is None
        assert (len(change.value), change.max_age_seconds) == (43, WEEK_SECONDS)

    async def test_does_not_tell_an_unknown_address_from_a_wrong_password(
        self, register, tell, make
    ):
        await register()
        before = await make.contents()

        unknown, first = await tell(
            LOGIN, input={"email": "nobody@example.com", "password": PASSWORD}
        )
        wrong, second = await tell(LOGIN, input={"email": "ama@example.com", "password": "wrong"})

        assert unknown.body() == wrong.body()
        assert wrong.body() == {
            "data": {
                "login": {
                    "__typename": "InvalidCredentialsError",
                    "code": "INVALID_CREDENTIALS",
                    "message": "The e-mail address or the password is wrong.",
                    "field": None,
                }
            }
        }
        assert first.cookie_changes == second.cookie_changes == []
        assert await make.contents() == before

    async def test_is_busy_when_too_many_sign_in_at_once(
        self, register, tell, make, passwords, monkeypatch
    ):
        await register()
        monkeypatch.setattr(passwords, "_waiting", HASHERS + WAITING_MAX)
        before = await make.contents()

        result, _ = await tell(LOGIN, input={"email": "ama@example.com", "password": PASSWORD})

        assert result.data is None
        assert [error["extensions"] for error in result.errors] == [{"code": "SERVICE_UNAVAILABLE"}]
        assert await make.contents() == before


class TestRefreshSession:
    async def test_exchanges_a_native_token(self, register, refresh, watch):
        registered, _ = await register(isNativeApp=True)
        watch.move(hours=2)

        payload, context = await refresh(registered["refreshToken"])

        assert payload["user"] == registered["user"]
        assert payload["refreshToken"] not in (None, registered["refreshToken"])
        assert payload["accessTokenExpiresAt"] == shown_time(watch.now + timedelta(hours=1))
        assert payload["sessionExpiresAt"] == registered["sessionExpiresAt"]
        assert context.platform.authenticate(payload["accessToken"]).roles == {"learner"}
        assert context.cookie_changes == []

    async def test_exchanges_a_cookie_for_what_is_left_of_the_week(self, register, refresh, watch):
        _, context = await register()
        (first,) = context.cookie_changes
        watch.move(days=1)

        payload, context = await refresh(cookie=first.value)

        (second,) = context.cookie_changes
        assert payload["refreshToken"] is None
        assert second.value != first.value
        assert second.max_age_seconds == WEEK_SECONDS - 86_400

    async def test_ends_the_family_when_a_token_comes_twice(self, register, refresh):
        registered, _ = await register(isNativeApp=True)
        payload, _ = await refresh(registered["refreshToken"])

        again, _ = await refresh(registered["refreshToken"])
        after, _ = await refresh(payload["refreshToken"])

        assert again == ENDED
        assert after == ENDED

    async def test_clears_a_cookie_that_is_no_longer_good(self, register, refresh):
        _, context = await register()
        (change,) = context.cookie_changes
        await refresh(cookie=change.value)

        payload, context = await refresh(cookie=change.value)

        assert payload == ENDED
        assert context.cookie_changes == [CLEARED]

    async def test_does_not_take_the_token_of_a_browser_from_a_native_app(
        self, register, refresh, make
    ):
        _, context = await register()
        (change,) = context.cookie_changes
        before = await make.contents()

        payload, context = await refresh(change.value)

        assert payload == ENDED
        assert context.cookie_changes == []
        assert await make.contents() == before
        assert (await refresh(cookie=change.value))[0]["__typename"] == "SignInPayload"

    async def test_does_not_take_the_token_of_a_native_app_from_a_browser(
        self, register, refresh, make
    ):
        registered, _ = await register(isNativeApp=True)
        before = await make.contents()

        payload, context = await refresh(cookie=registered["refreshToken"])

        assert payload == ENDED
        assert context.cookie_changes == [CLEARED]
        assert await make.contents() == before
        assert (await refresh(registered["refreshToken"]))[0]["__typename"] == "SignInPayload"

    async def test_ends_after_seven_days(self, register, refresh, watch):
        registered, _ = await register(isNativeApp=True)
        watch.move(days=6)
        payload, _ = await refresh(registered["refreshToken"])
        watch.move(days=1)

        ended, _ = await refresh(payload["refreshToken"])

        assert ended == ENDED

    @pytest.mark.parametrize("token", ["", "unknown", "x" * 10_240])
    async def test_refuses_an_unknown_token(self, refresh, token):
        payload, _ = await refresh(token)

        assert payload == ENDED

    async def test_refuses_a_request_without_any_token(self, tell):
        result, context = await tell("mutation { refreshSession { __typename } }")

        assert result.body() == {"data": {"refreshSession": {"__typename": "SessionEndedError"}}}
        assert context.cookie_changes == [CLEARED]

    async def test_takes_null_for_no_input(self, refresh, tell):
        result, _ = await tell(
            "mutation { refreshSession(input: null) { __typename }"
            " again: refreshSession(input: {refreshToken: null}) { __typename } }"
        )

        ended = {"__typename": "SessionEndedError"}
        assert result.body() == {"data": {"refreshSession": ended, "again": ended}}


class TestLogout:
    async def test_ends_the_session_of_the_access_token(self, register, refresh, tell):
        registered, context = await register(isNativeApp=True)
        viewer = context.platform.authenticate(registered["accessToken"])

        result, context = await tell(LOGOUT, viewer)

        assert result.body() == {"data": {"logout": {"isSignedOut": True}}}
        assert context.cookie_changes == [CLEARED]
        assert (await refresh(registered["refreshToken"]))[0] == ENDED

    async def test_ends_the_session_of_a_native_token(self, register, refresh, tell):
        registered, _ = await register(isNativeApp=True)

        await tell(LOGOUT, input={"refreshToken": registered["refreshToken"]})

        assert (await refresh(registered["refreshToken"]))[0] == ENDED

    async def test_ends_the_session_of_the_cookie(self, register, refresh, tell):
        _, context = await register()
        (change,) = context.cookie_changes

        _, context = await tell(LOGOUT, cookie=change.value)

        assert context.cookie_changes == [CLEARED]
        assert (await refresh(cookie=change.value))[0] == ENDED

    async def test_leaves_other_sessions_open(self, register, refresh, tell):
        registered, _ = await register(isNativeApp=True)
        signed_in, _ = await tell(
            LOGIN, input={"email": "ama@example.com", "password": PASSWORD, "isNativeApp": True}
        )

        await tell(LOGOUT, input={"refreshToken": registered["refreshToken"]})

        other = signed_in.data["login"]["refreshToken"]
        assert (await refresh(other))[0]["__typename"] == "SignInPayload"

    async def test_answers_the_same_to_those_who_are_not_signed_in(self, register, tell, make):
        await register()
        before = await make.contents()

        result, context = await tell(LOGOUT)
        unknown, _ = await tell(LOGOUT, input={"refreshToken": "unknown"})

        assert result.body() == unknown.body() == {"data": {"logout": {"isSignedOut": True}}}
        assert context.cookie_changes == [CLEARED]
        assert await make.contents() == before
