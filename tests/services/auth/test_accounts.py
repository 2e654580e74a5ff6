"""Registering and signing in."""

import asyncio

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select

from core.validation import InvalidInput
from models.tables import Session, User
from services.auth.accounts import EmailTaken, InvalidCredentials, register, sign_in

PASSWORD = "a sentence that nobody guesses"
LONGEST_EMAIL = "a" * 64 + "@" + "b" * 186 + ".com"


@pytest.fixture
def registering(timed, timed_tokens, passwords):
    """Register with what a test does not care about filled in."""

    async def registered(**values):
        defaults = {
            "email": "ama@example.com",
            "password": PASSWORD,
            "full_name": "Ama Mensah",
            "country_code": "GH",
            "is_native": True,
        }
        return await register(timed, passwords, timed_tokens, **{**defaults, **values})

    return registered


@pytest.fixture
def signing_in(timed, timed_tokens, passwords):
    async def signed_in(email="ama@example.com", password=PASSWORD, *, is_native=True):
        return await sign_in(
            timed, passwords, timed_tokens, email=email, password=password, is_native=is_native
        )

    return signed_in


@pytest.fixture
def people(database):
    async def everyone():
        async with database.read() as session:
            return list(await session.scalars(select(User)))

    return everyone


class TestRegister:
    async def test_opens_an_account_of_a_learner(self, registering, people, watch, passwords):
        signed_in = await registering(email="  Ama@Example.COM ", full_name="  Ama Mensah ")

        (user,) = await people()
        assert user.id == signed_in.user_id
        assert (user.email, user.full_name) == ("ama@example.com", "Ama Mensah")
        assert (user.country_code, user.roles, user.azr_balance) == ("GH", ["learner"], 0)
        assert (user.created_at, user.updated_at) == (watch.now, watch.now)
        assert await passwords.check(PASSWORD, user.password_hash) == (True, None)

    async def test_takes_the_default_country_when_none_is_said(self, registering, people):
        await registering(country_code=None)

        (user,) = await people()
        assert user.country_code == "ZA"

    async def test_stores_no_password(self, registering, make):
        await registering()

        assert PASSWORD not in str(await make.contents())

    @pytest.mark.parametrize(
        "values",
        [
            {"email": "a@b.c"},
            {"email": LONGEST_EMAIL},
            {"email": "ama+azora@mail.example.co.za"},
            {"email": "áma@exämple.com"},
            {"password": "x" * 12},
            {"password": "x" * 128},
            {"password": "é" * 128},
            {"full_name": "A"},
            {"full_name": "A" * 255},
            {"full_name": "Nguyễn Thị Minh Khai"},
        ],
    )
    async def test_accepts_values_at_their_limits(self, registering, values):
        assert (await registering(**values)).user_id is not None

    @pytest.mark.parametrize(
        ("values", "field", "message"),
        [
            *(
                ({"email": email}, "email", "`email` must be an address such as ama@example.com.")
                for email in (
                    "",
                    "ama",
                    "ama@",
                    "@example.com",
                    "ama@example",
                    "ama@example.",
                    "ama@.com",
                    "a ma@example.com",
                    "ama@exa mple.com",
                    "ama@@example.com",
                    "ama\n@example.com",
                    "a" * 65 + "@example.com",
                    "a" + LONGEST_EMAIL[1:] + "m",
                )
            ),
            *(
                ({"password": password}, "password", "`password` must have 12 to 128 characters.")
                for password in ("", "x" * 11, "x" * 129)
            ),
            *(
                ({"full_name": name}, "fullName", "`fullName` must have 1 to 255 characters.")
                for name in ("", "   ", "A" * 256)
            ),
            *(
                (
                    {"full_name": name},
                    "fullName",
                    "`fullName` must not have control characters.",
                )
                for name in ("A\x07a", "\x7fAma")
            ),
            ({"full_name": "A\nB"}, "fullName", "`fullName` must be one line."),
        ],
    )
    async def test_refuses_values_beyond_them_and_changes_nothing(
        self, registering, make, values, field, message
    ):
        before = await make.contents()

        with pytest.raises(InvalidInput) as refused:
            await registering(**values)

        assert refused.value.code == "INVALID_INPUT"
        assert refused.value.field == ("input", field)
        assert [fault.message for fault in refused.value.faults] == [message]
        assert await make.contents() == before

    async def test_lists_every_fault(self, registering):
        with pytest.raises(InvalidInput) as refused:
            await registering(email="", password="", full_name="")

        assert [fault.field for fault in refused.value.faults] == ["email", "fullName", "password"]

    @pytest.mark.parametrize("email", ["ama@example.com", " AMA@example.com"])
    async def test_refuses_an_address_that_is_taken_and_changes_nothing(
        self, registering, make, email
    ):
        await registering()
        before = await make.contents()

        with pytest.raises(EmailTaken) as refused:
            await registering(email=email, full_name="Somebody Else")

        assert (refused.value.code, refused.value.field) == ("EMAIL_TAKEN", ("input", "email"))
        assert await make.contents() == before

    async def test_opens_one_account_for_many_at_once(self, registering, people):
        answers = await asyncio.gather(*(registering() for _ in range(10)), return_exceptions=True)

        refused = [each for each in answers if isinstance(each, Exception)]
        assert [type(each) for each in refused] == [EmailTaken] * 9
        assert len(await people()) == 1


class TestSignIn:
    async def test_begins_a_session(self, registering, signing_in, timed_tokens, database):
        registered = await registering()

        signed_in = await signing_in(" AMA@example.com ", is_native=False)

        assert signed_in.user_id == registered.user_id
        assert signed_in.is_native is False
        viewer = timed_tokens.read(signed_in.access_token)
        async with database.read() as session:
            opened = await session.get_one(Session, viewer.session_id)
        assert (opened.user_id, opened.is_native) == (registered.user_id, False)

    @pytest.mark.parametrize(
        ("email", "password"),
        [
            ("ama@example.com", "wrong"),
            ("ama@example.com", ""),
            ("ama@example.com", PASSWORD.upper()),
            ("ama@example.com", f" {PASSWORD}"),
            ("nobody@example.com", PASSWORD),
            ("", PASSWORD),
            ("no address", ""),
            ("ama@example.com", "x" * 100_000),
        ],
    )
    async def test_refuses_anything_else_in_the_same_words_and_changes_nothing(
        self, registering, signing_in, make, email, password
    ):
        await registering()
        before = await make.contents()

        with pytest.raises(InvalidCredentials) as refused:
            await signing_in(email, password)

        assert (refused.value.code, refused.value.field) == ("INVALID_CREDENTIALS", None)
        assert refused.value.message == "The e-mail address or the password is wrong."
        assert await make.contents() == before

    async def test_refuses_a_password_that_only_begins_with_the_right_one(
        self, registering, signing_in
    ):
        await registering(password="x" * 128)

        with pytest.raises(InvalidCredentials):
            await signing_in(password="x" * 129)

    async def test_renews_a_hash_of_weaker_parameters(self, make, signing_in, people, passwords):
        weak = PasswordHash((Argon2Hasher(memory_cost=8192, time_cost=1, parallelism=1),))
        stored = weak.hash(PASSWORD)
        await make.user(email="ama@example.com", password_hash=stored)

        await signing_in()

        (user,) = await people()
        assert user.password_hash != stored
        assert await passwords.check(PASSWORD, user.password_hash) == (True, None)
