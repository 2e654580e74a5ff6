"""Whole sessions go alike on both sides: in a browser with a cookie, in an app without one."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from tests.gateway.comparing import cookie_changes, cookie_of, settled
from tests.gateway.operations import document_of
from tests.gateway.sides import Answer, Side, Sides

PROFILE = document_of("reads/me_profile")
ENDED = "SessionEndedError"


@dataclass
class Session:
    """One side from one client's view, and what it answered so far."""

    side: Side
    names: Mapping[str, str]
    answers: list[Answer] = field(default_factory=list)

    async def log_in(self, *, is_native: bool) -> Answer:
        values = {"email": self.names["owner_email"], "password": self.names["password"]}
        return await self.mutate("login", {**values, "isNativeApp": is_native})

    async def mutate(
        self, name: str, values: Mapping[str, Any] | None = None, *, cookie: str | None = None
    ) -> Answer:
        document = document_of(f"writes/{name}")
        return self._kept(await self.side.ask(document, {"input": values}, cookie=cookie))

    async def read_profile(self, token: str) -> None:
        self._kept(await self.side.ask(PROFILE, token=token))

    def told(self, since: datetime) -> list[object]:
        """Everything that was answered, tokens and times aside."""
        return [
            (settled(each.data, since), each.codes, cookie_changes(each)) for each in self.answers
        ]

    def outcomes(self) -> list[str]:
        """The type of each answer."""
        return [value["__typename"] for each in self.answers for value in each.data.values()]

    def _kept(self, answer: Answer) -> Answer:
        self.answers.append(answer)
        return answer


async def in_a_browser(session: Session) -> None:
    """A refresh, the same again by a thief, who ends the session; then one that is logged out."""
    signed_in = await session.log_in(is_native=False)
    await session.read_profile(signed_in.data["login"]["accessToken"])
    refreshed = await session.mutate("refresh_session", cookie=cookie_of(signed_in))
    await session.read_profile(refreshed.data["refreshSession"]["accessToken"])
    await session.mutate("refresh_session", cookie=cookie_of(signed_in))
    await session.mutate("refresh_session", cookie=cookie_of(refreshed))
    again = cookie_of(await session.log_in(is_native=False))
    await session.mutate("logout", cookie=again)
    await session.mutate("refresh_session", cookie=again)


async def in_an_app(session: Session) -> None:
    """The refresh token is in the answers, is good for one refresh, and dies with the session."""
    signed_in = await session.log_in(is_native=True)
    token = {"refreshToken": signed_in.data["login"]["refreshToken"]}
    refreshed = await session.mutate("refresh_session", token)
    newer = {"refreshToken": refreshed.data["refreshSession"]["refreshToken"]}
    await session.mutate("logout", newer)
    await session.mutate("refresh_session", newer)


BROWSER = ["SignInPayload", "User"] * 2 + [ENDED] * 2 + ["SignInPayload", "LogoutPayload", ENDED]
APP = ["SignInPayload", "SignInPayload", "LogoutPayload", ENDED]


@pytest.mark.parametrize(
    ("story", "expected"), [(in_a_browser, BROWSER), (in_an_app, APP)], ids=["browser", "app"]
)
async def test_a_session_goes_alike(
    sides: Sides,
    names: Mapping[str, str],
    began: datetime,
    story: Callable[[Session], Awaitable[None]],
    expected: list[str],
) -> None:
    sessions = [Session(side, names) for side in (sides.gateway, sides.in_process)]

    for session in sessions:
        await story(session)

    gateway, in_process = sessions
    assert in_process.outcomes() == expected
    assert gateway.told(began) == in_process.told(began)


async def test_a_token_of_one_side_is_good_for_the_other(
    sides: Sides, names: Mapping[str, str]
) -> None:
    signed_in = await Session(sides.gateway, names).log_in(is_native=True)

    answer = await sides.in_process.ask(PROFILE, token=signed_in.data["login"]["accessToken"])

    assert answer.data["me"]["email"] == names["owner_email"]


async def test_both_sides_refuse_a_wrong_token(sides: Sides) -> None:
    gateway, in_process = await sides.ask(PROFILE, token="made-up")

    # The gateway knows no tokens: each service refuses for itself, where the one process does once.
    assert (gateway.data, in_process.data) == ({"me": None}, None)
    assert gateway.codes == in_process.codes == ["UNAUTHENTICATED"]
