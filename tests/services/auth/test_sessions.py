"""Refresh tokens: each good for one exchange, all of a family dead when one is used twice."""

import asyncio
import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select

from models.tables import RefreshToken, Session
from services.auth.sessions import (
    LIFETIME,
    SessionEnded,
    end_session,
    hash_token,
    open_session,
    refresh_session,
)


@pytest.fixture
def sign_in(timed, timed_tokens, watch):
    """Begin a session."""

    async def signed_in(user, *, is_native=True):
        async with timed.database.transaction() as session:
            return await open_session(
                session, timed_tokens, user, is_native=is_native, now=watch.now
            )

    return signed_in


@pytest.fixture
def refresh(timed, timed_tokens):
    """Exchange a refresh token."""

    async def refreshed(token, *, is_native=True):
        return await refresh_session(timed, timed_tokens, refresh_token=token, is_native=is_native)

    return refreshed


@pytest.fixture
def stored(database):
    """Every row of a table."""

    async def rows(table):
        async with database.read() as session:
            return list(await session.scalars(select(table)))

    return rows


class TestOpenSession:
    async def test_answers_with_tokens_and_their_ends(self, make, sign_in, timed_tokens, watch):
        user = await make.user()

        signed_in = await sign_in(user)

        viewer = timed_tokens.read(signed_in.access_token)
        assert viewer.user_id == user.id
        assert signed_in.user_id == user.id
        assert signed_in.is_native
        assert signed_in.access_expires_at == watch.now + timedelta(hours=1)
        assert signed_in.session_expires_at == watch.now + timedelta(days=7)
        assert len(signed_in.refresh_token) == 43

    async def test_stores_the_hash_of_the_refresh_token_alone(self, make, sign_in, stored):
        signed_in = await sign_in(await make.user())

        (token,) = await stored(RefreshToken)
        digest = hashlib.sha256(signed_in.refresh_token.encode()).digest()
        assert token.token_hash == digest
        assert token.used_at is None
        everything = str(await make.contents())
        assert signed_in.refresh_token not in everything
        assert signed_in.access_token not in everything

    async def test_gives_each_session_its_own_row(self, make, sign_in, stored, timed_tokens):
        user = await make.user()

        first, second = await sign_in(user), await sign_in(user, is_native=False)

        sessions = {session.id: session for session in await stored(Session)}
        native = sessions[timed_tokens.read(first.access_token).session_id]
        browser = sessions[timed_tokens.read(second.access_token).session_id]
        assert (native.is_native, browser.is_native) == (True, False)
        assert (native.user_id, browser.user_id) == (user.id, user.id)


class TestRefreshSession:
    async def test_exchanges_the_token_within_the_same_session(
        self, make, sign_in, refresh, stored, timed_tokens, watch
    ):
        signed_in = await sign_in(await make.user())
        watch.move(hours=2)

        refreshed = await refresh(signed_in.refresh_token)

        viewer = timed_tokens.read(refreshed.access_token)
        (session,) = await stored(Session)
        assert viewer.session_id == session.id
        assert refreshed.refresh_token != signed_in.refresh_token
        assert refreshed.access_expires_at == watch.now + timedelta(hours=1)
        assert refreshed.session_expires_at == signed_in.session_expires_at
        used = {token.token_hash: token.used_at for token in await stored(RefreshToken)}
        assert used == {
            hash_token(signed_in.refresh_token): watch.now,
            hash_token(refreshed.refresh_token): None,
        }

    async def test_carries_the_roles_that_the_person_has_now(
        self, make, sign_in, refresh, database, timed_tokens
    ):
        user = await make.user()
        signed_in = await sign_in(user)
        async with database.transaction() as session:
            (await session.get_one(type(user), user.id)).roles = ["learner", "seller"]

        refreshed = await refresh(signed_in.refresh_token)

        assert timed_tokens.read(refreshed.access_token).roles == {"learner", "seller"}

    async def test_goes_on_through_many_exchanges(self, make, sign_in, refresh):
        token = (await sign_in(await make.user())).refresh_token

        for _ in range(5):
            token = (await refresh(token)).refresh_token

        assert (await refresh(token)).refresh_token != token

    async def test_ends_the_family_when_a_token_comes_twice(
        self, make, sign_in, refresh, stored, watch
    ):
        signed_in = await sign_in(await make.user())
        refreshed = await refresh(signed_in.refresh_token)
        watch.move(minutes=5)

        with pytest.raises(SessionEnded):
            await refresh(signed_in.refresh_token)

        (session,) = await stored(Session)
        assert session.revoked_at == watch.now
        with pytest.raises(SessionEnded):
            await refresh(refreshed.refresh_token)
        assert len(await stored(RefreshToken)) == 2

    async def test_leaves_other_sessions_of_the_person_alone(self, make, sign_in, refresh):
        user = await make.user()
        stolen, other = await sign_in(user), await sign_in(user)
        await refresh(stolen.refresh_token)

        with pytest.raises(SessionEnded):
            await refresh(stolen.refresh_token)

        assert (await refresh(other.refresh_token)).user_id == user.id

    async def test_answers_one_of_twenty_at_once_and_ends_the_family(
        self, make, sign_in, refresh, stored
    ):
        signed_in = await sign_in(await make.user())

        answers = await asyncio.gather(
            *(refresh(signed_in.refresh_token) for _ in range(20)), return_exceptions=True
        )

        (refreshed,) = [each for each in answers if not isinstance(each, Exception)]
        assert [type(each) for each in answers if each is not refreshed] == [SessionEnded] * 19
        with pytest.raises(SessionEnded):
            await refresh(refreshed.refresh_token)
        (session,) = await stored(Session)
        assert session.revoked_at is not None
        assert len(await stored(RefreshToken)) == 2

    async def test_lasts_seven_days_at_most_however_often_refreshed(
        self, make, sign_in, refresh, watch
    ):
        signed_in = await sign_in(await make.user())
        token = signed_in.refresh_token
        for _ in range(6):
            watch.move(days=1)
            token = (await refresh(token)).refresh_token
        watch.move(hours=23, minutes=59, seconds=59)
        token = (await refresh(token)).refresh_token
        watch.move(seconds=1)

        with pytest.raises(SessionEnded):
            await refresh(token)

        assert watch.now == signed_in.session_expires_at
        assert timedelta(days=7) == LIFETIME

    @pytest.mark.parametrize("is_native", [True, False])
    async def test_refuses_a_token_of_the_other_kind_and_changes_nothing(
        self, make, sign_in, refresh, is_native
    ):
        signed_in = await sign_in(await make.user(), is_native=is_native)
        before = await make.contents()

        with pytest.raises(SessionEnded):
            await refresh(signed_in.refresh_token, is_native=not is_native)

        assert await make.contents() == before
        refreshed = await refresh(signed_in.refresh_token, is_native=is_native)
        assert refreshed.is_native is is_native

    @pytest.mark.parametrize("token", ["", "unknown", "x" * 10_240, "é", "\x00"])
    async def test_refuses_an_unknown_token(self, make, sign_in, refresh, token):
        await sign_in(await make.user())
        before = await make.contents()

        with pytest.raises(SessionEnded) as refused:
            await refresh(token)

        assert (refused.value.code, refused.value.field) == ("SESSION_ENDED", None)
        assert await make.contents() == before

    async def test_refuses_the_stored_hash_as_a_token(self, make, sign_in, refresh, stored):
        await sign_in(await make.user())
        (token,) = await stored(RefreshToken)

        with pytest.raises(SessionEnded):
            await refresh(token.token_hash.hex())


class TestEndSession:
    async def test_ends_the_session_of_an_access_token(
        self, make, sign_in, refresh, timed, timed_tokens, stored, watch
    ):
        signed_in = await sign_in(await make.user())
        session_id = timed_tokens.read(signed_in.access_token).session_id

        await end_session(timed, session_id=session_id, refresh_token=None)

        (session,) = await stored(Session)
        assert session.revoked_at == watch.now
        with pytest.raises(SessionEnded):
            await refresh(signed_in.refresh_token)

    async def test_ends_the_session_of_a_refresh_token(self, make, sign_in, refresh, timed):
        signed_in = await sign_in(await make.user())

        await end_session(timed, session_id=None, refresh_token=signed_in.refresh_token)

        with pytest.raises(SessionEnded):
            await refresh(signed_in.refresh_token)

    async def test_leaves_other_sessions_open(self, make, sign_in, refresh, timed):
        user = await make.user()
        ended, other = await sign_in(user), await sign_in(user)

        await end_session(timed, session_id=None, refresh_token=ended.refresh_token)

        assert (await refresh(other.refresh_token)).user_id == user.id

    async def test_keeps_the_time_of_the_first_end(self, make, sign_in, timed, stored, watch):
        signed_in = await sign_in(await make.user())
        ended_at = watch.now
        await end_session(timed, session_id=None, refresh_token=signed_in.refresh_token)
        watch.move(hours=1)

        await end_session(timed, session_id=None, refresh_token=signed_in.refresh_token)

        (session,) = await stored(Session)
        assert session.revoked_at == ended_at

    @pytest.mark.parametrize("token", [None, "", "unknown"])
    async def test_changes_nothing_without_a_session(self, make, sign_in, timed, token):
        await sign_in(await make.user())
        before = await make.contents()

        await end_session(timed, session_id=None, refresh_token=token)

        assert await make.contents() == before
