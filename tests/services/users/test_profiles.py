"""What people change about themselves."""

import asyncio

import pytest

from core.ids import new_id
from core.validation import InvalidInput
from models.tables import User
from services.auth.viewer import AccountGone
from services.users.profiles import HandleTaken, update_profile

AVATAR_LONGEST = "https://" + "a" * 480
PREFERENCES = "`preferences` must be a JSON object of at most 4096 bytes."
LANGUAGE = "`language` must be a BCP 47 tag such as `en`, `sw` or `pt-MZ`."
HANDLE = "`handle` must have 3 to 30 of the characters a-z, 0-9 and _."


@pytest.fixture
def stored(database):
    async def read(user):
        async with database.read() as session:
            return await session.get_one(User, user.id)

    return read


class TestUpdateProfile:
    async def test_changes_what_is_given_and_keeps_the_rest(self, timed, make, stored):
        user = await make.user(azr_balance=7)

        await update_profile(
            timed,
            user_id=user.id,
            changes={
                "full_name": "  Ama Mensah ",
                "handle": "Ama_M",
                "country_code": "GH",
                "language": "pt-MZ",
                "time_zone": "Africa/Nairobi",
                "avatar_url": " https://example.com/ama.png ",
                "preferences": {"theme": "dark", "sizes": [1, 2.5, None, True]},
            },
        )

        changed = await stored(user)
        assert (changed.full_name, changed.handle) == ("Ama Mensah", "ama_m")
        assert (changed.country_code, changed.language) == ("GH", "pt-MZ")
        assert changed.time_zone == "Africa/Nairobi"
        assert changed.avatar_url == "https://example.com/ama.png"
        assert changed.preferences == {"theme": "dark", "sizes": [1, 2.5, None, True]}
        assert (changed.email, changed.azr_balance) == (user.email, 7)

    async def test_clears_what_may_be_empty(self, timed, make, stored):
        user = await make.user(avatar_url="https://example.com/a.png")

        await update_profile(
            timed,
            user_id=user.id,
            changes={"handle": None, "country_code": None, "avatar_url": None},
        )

        changed = await stored(user)
        assert (changed.handle, changed.country_code, changed.avatar_url) == (None, None, None)

    async def test_changes_nothing_without_changes(self, timed, make):
        user = await make.user()
        before = await make.contents()

        await update_profile(timed, user_id=user.id, changes={})

        assert await make.contents() == before

    async def test_touches_nobody_else(self, timed, make, stored):
        user, other = await make.user(), await make.user()

        await update_profile(timed, user_id=user.id, changes={"full_name": "Ama"})

        assert (await stored(other)).full_name == other.full_name

    @pytest.mark.parametrize(
        "changes",
        [
            {"full_name": "A"},
            {"full_name": "A" * 255},
            {"handle": "abc"},
            {"handle": "a" * 30},
            {"handle": "0_9"},
            {"language": "sw"},
            {"language": "zh-Hant-TW"},
            {"language": "abcdefgh-abcdefgh-abcdefgh-abcdefgh"},
            {"time_zone": "UTC"},
            {"time_zone": "America/Argentina/ComodRivadavia"},
            {"avatar_url": "https://a"},
            {"avatar_url": AVATAR_LONGEST},
            {"preferences": {}},
            {"preferences": {"a": "x" * 4088}},
            {"preferences": {"a": 2**64 - 1, "b": -(2**63), "c": 1e300}},
        ],
    )
    async def test_accepts_values_at_their_limits(self, timed, make, stored, changes):
        user = await make.user()

        await update_profile(timed, user_id=user.id, changes=changes)

        ((name, value),) = changes.items()
        assert getattr(await stored(user), name) == value

    @pytest.mark.parametrize(
        ("changes", "field", "message"),
        [
            ({"full_name": ""}, "fullName", "`fullName` must have 1 to 255 characters."),
            ({"full_name": "A" * 256}, "fullName", "`fullName` must have 1 to 255 characters."),
            ({"full_name": "A\x00"}, "fullName", "`fullName` must not have control characters."),
            (
                {"full_name": None},
                "fullName",
                "`fullName` cannot be empty. Leave it out to keep its value.",
            ),
            *(
                ({"handle": handle}, "handle", HANDLE)
                for handle in ("", "ab", "a" * 31, "a-b", "a b", "ámá", "a.b", "a\nb")
            ),
            *(
                ({"language": tag}, "language", LANGUAGE)
                for tag in ("", "e", "123", "en_GB", "en-", "a" * 9, "en-a-b-c-d", "en-" + "a" * 9)
            ),
            (
                {"language": None},
                "language",
                "`language` cannot be empty. Leave it out to keep its value.",
            ),
            *(
                (
                    {"time_zone": name},
                    "timeZone",
                    "`timeZone` must be an IANA name such as `Africa/Nairobi`.",
                )
                for name in ("", "Nairobi", "africa/nairobi", "../etc/passwd", "UTC+3")
            ),
            (
                {"time_zone": None},
                "timeZone",
                "`timeZone` cannot be empty. Leave it out to keep its value.",
            ),
            *(
                (
                    {"avatar_url": url},
                    "avatarUrl",
                    "`avatarUrl` must be an https address of at most 488 characters.",
                )
                for url in (
                    "",
                    "https://",
                    "http://example.com/a.png",
                    "javascript:alert(1)",
                    "https://exa mple.com",
                    AVATAR_LONGEST + "a",
                )
            ),
            *(
                ({"preferences": value}, "preferences", PREFERENCES)
                for value in (
                    [],
                    "text",
                    7,
                    True,
                    {"a": "x" * 4089},
                )
            ),
            (
                {"preferences": None},
                "preferences",
                "`preferences` cannot be empty. Leave it out to keep its value.",
            ),
        ],
    )
    async def test_refuses_values_beyond_them_and_changes_nothing(
        self, timed, make, changes, field, message
    ):
        user = await make.user()
        before = await make.contents()

        with pytest.raises(InvalidInput) as refused:
            await update_profile(timed, user_id=user.id, changes=changes)

        assert refused.value.field == ("input", field)
        assert [fault.message for fault in refused.value.faults] == [message]
        assert await make.contents() == before

    async def test_lists_every_fault_and_keeps_what_was_right(self, timed, make):
        user = await make.user()
        before = await make.contents()

        with pytest.raises(InvalidInput) as refused:
            await update_profile(
                timed,
                user_id=user.id,
                changes={"full_name": "Fine", "handle": "-", "language": None, "avatar_url": "x"},
            )

        assert [fault.field for fault in refused.value.faults] == [
            "handle",
            "avatarUrl",
            "language",
        ]
        assert await make.contents() == before

    async def test_refuses_the_handle_of_somebody_else_and_changes_nothing(self, timed, make):
        user = await make.user()
        await make.user(handle="wanjiru")
        before = await make.contents()

        with pytest.raises(HandleTaken) as refused:
            await update_profile(
                timed, user_id=user.id, changes={"handle": "WANJIRU", "full_name": "Ama"}
            )

        assert (refused.value.code, refused.value.field) == ("HANDLE_TAKEN", ("input", "handle"))
        assert await make.contents() == before

    async def test_accepts_the_handle_that_the_person_has(self, timed, make, stored):
        user = await make.user(handle="ama")

        await update_profile(timed, user_id=user.id, changes={"handle": "ama"})

        assert (await stored(user)).handle == "ama"

    async def test_gives_a_handle_to_one_of_many_at_once(self, timed, make):
        people = [await make.user() for _ in range(10)]

        answers = await asyncio.gather(
            *(
                update_profile(timed, user_id=person.id, changes={"handle": "wanted"})
                for person in people
            ),
            return_exceptions=True,
        )

        assert answers.count(None) == 1
        assert [type(each) for each in answers if each is not None] == [HandleTaken] * 9

    async def test_refuses_an_account_that_is_gone(self, timed, make):
        before = await make.contents()

        with pytest.raises(AccountGone) as refused:
            await update_profile(timed, user_id=new_id(), changes={"full_name": "Ama"})

        assert refused.value.code == "UNAUTHENTICATED"
        assert await make.contents() == before
