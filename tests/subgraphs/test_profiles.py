"""Changing one's profile through the graph."""

import pytest

from graph.engine import RequestRejected
from tests.subgraphs.refusals import GONE, REFUSAL, codes

UPDATE = f"""mutation ($input: UpdateProfileInput!) {{ updateProfile(input: $input) {{
    __typename
    ... on UpdateProfilePayload {{ user {{
        fullName handle countryCode language timeZone avatarUrl preferences email
    }} }}
    {REFUSAL}
}} }}"""


class TestUpdateProfile:
    async def test_answers_with_the_changed_profile(self, ask, make):
        user = await make.user()
        changes = {
            "fullName": "Ama Mensah",
            "handle": "ama",
            "countryCode": "GH",
            "language": "tw",
            "timeZone": "Africa/Accra",
            "avatarUrl": "https://example.com/ama.png",
            "preferences": {"theme": {"dark": True}, "sizes": [1, 2.5, None]},
        }

        result = await ask(UPDATE, make.viewer(user), input=changes)

        assert result.body() == {
            "data": {
                "updateProfile": {
                    "__typename": "UpdateProfilePayload",
                    "user": {**changes, "email": user.email},
                }
            }
        }

    async def test_keeps_what_is_left_out_and_clears_what_is_null(self, ask, make):
        user = await make.user(full_name="Ama", language="tw")

        result = await ask(UPDATE, make.viewer(user), input={"handle": None, "countryCode": None})

        assert result.data["updateProfile"]["user"] == {
            "fullName": "Ama",
            "handle": None,
            "countryCode": None,
            "language": "tw",
            "timeZone": "Africa/Johannesburg",
            "avatarUrl": None,
            "preferences": {},
            "email": user.email,
        }

    async def test_takes_preferences_written_in_the_document(self, ask, make):
        result = await ask(
            'mutation { updateProfile(input: {preferences: {a: [1, {b: "c"}], d: null, e: -2.5}})'
            " { ... on UpdateProfilePayload { user { preferences } } } }",
            make.viewer(await make.user()),
        )

        assert result.data["updateProfile"]["user"]["preferences"] == {
            "a": [1, {"b": "c"}],
            "d": None,
            "e": -2.5,
        }

    async def test_lists_every_fault_and_changes_nothing(self, ask, make):
        user = await make.user()
        before = await make.contents()

        result = await ask(
            UPDATE, make.viewer(user), input={"handle": "-", "language": None, "fullName": "Ama"}
        )

        handle = "`handle` must have 3 to 30 of the characters a-z, 0-9 and _."
        language = "`language` cannot be empty. Leave it out to keep its value."
        assert result.body() == {
            "data": {
                "updateProfile": {
                    "__typename": "InvalidInputError",
                    "code": "INVALID_INPUT",
                    "message": handle,
                    "field": ["input", "handle"],
                    "faults": [
                        {"field": "handle", "message": handle},
                        {"field": "language", "message": language},
                    ],
                }
            }
        }
        assert await make.contents() == before

    @pytest.mark.parametrize(
        "written", ["99999999999999999999", "-1e999", "[1e400]", "{deep: {er: [1e999]}}"]
    )
    async def test_refuses_numbers_that_would_not_come_back(self, ask, make, written):
        user = await make.user()
        before = await make.contents()

        with pytest.raises(RequestRejected) as refused:
            await ask(
                f"mutation {{ updateProfile(input: {{preferences: {{a: {written}}}}})"
                " { __typename } }",
                make.viewer(user),
            )

        (error,) = refused.value.errors
        assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
        assert await make.contents() == before

    async def test_refuses_the_handle_of_somebody_else_and_changes_nothing(self, ask, make):
        user = await make.user()
        await make.user(handle="ama")
        before = await make.contents()

        result = await ask(UPDATE, make.viewer(user), input={"handle": "AMA", "fullName": "Ama"})

        assert result.body() == {
            "data": {
                "updateProfile": {
                    "__typename": "HandleTakenError",
                    "code": "HANDLE_TAKEN",
                    "message": "Somebody else has this handle. Choose another one.",
                    "field": ["input", "handle"],
                }
            }
        }
        assert await make.contents() == before

    async def test_needs_a_sign_in_and_changes_nothing(self, ask, make):
        await make.user()
        before = await make.contents()

        result = await ask(UPDATE, input={"fullName": "Ama"})

        assert result.data is None
        assert [error["extensions"] for error in result.errors] == [{"code": "UNAUTHENTICATED"}]
        assert await make.contents() == before

    async def test_needs_an_account_that_is_still_there(self, ask):
        result = await ask(UPDATE, GONE, input={"fullName": "Ama"})

        assert result.data is None
        (error,) = result.errors
        assert error["extensions"] == {"code": "UNAUTHENTICATED"}
        assert error["message"] == (
            "This account does not exist any more. Sign in with another one."
        )

    @pytest.mark.parametrize(
        "changes",
        [
            {"countryCode": "XX"},
            {"countryCode": "gh"},
            {"handle": 7},
            {"preferences": {"a": {"b": "\x00"}}},
            {"preferences": {"\x00": 1}},
            {"unknown": 1},
            [],
            "text",
            None,
        ],
    )
    async def test_refuses_what_does_not_fit_the_schema_and_changes_nothing(
        self, ask, make, changes
    ):
        user = await make.user()
        before = await make.contents()

        found = await codes(ask, UPDATE, make.viewer(user), input=changes)

        assert found == {"BAD_USER_INPUT"}
        assert await make.contents() == before

    async def test_refuses_preferences_that_are_nested_too_deep(self, ask, make):
        user = await make.user()
        deep = 1
        for _ in range(21):
            deep = {"a": deep}

        result = await ask(UPDATE, make.viewer(user), input={"preferences": deep})
        accepted = await ask(UPDATE, make.viewer(user), input={"preferences": deep["a"]})

        assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]
        assert accepted.data["updateProfile"]["user"]["preferences"] == deep["a"]
