"""Mutations that begin, go on with and end sessions, and what they do to the refresh cookie."""

import strawberry

from core.errors import DomainError
from resolvers.context import Context, CookieChange
from resolvers.users.queries import users_by_id
from services.auth import accounts, sessions
from services.auth.sessions import SessionEnded, SignIn
from subgraphs.shared.access import Audience, Info
from subgraphs.shared.connections import given
from subgraphs.shared.errors import shown_refusal
from subgraphs.shared.fields import mutation
from subgraphs.users.errors import (
    REFUSALS,
    LoginResult,
    RefreshSessionResult,
    RegisterResult,
)
from subgraphs.users.inputs import LoginInput, LogoutInput, RefreshSessionInput, RegisterInput
from subgraphs.users.payloads import LogoutPayload, SignInPayload
from subgraphs.users.types import User


@strawberry.type
class SessionMutation:
    """Sessions."""

    @mutation(
        audience=Audience.EVERYONE,
        description="Open an account with an e-mail address and a password, and sign in.",
    )
    async def register(self, info: Info, input: RegisterInput) -> RegisterResult:  # noqa: A002
        platform = info.context.platform
        try:
            signed_in = await accounts.register(
                platform.stores,
                platform.passwords,
                platform.tokens,
                email=input.email,
                password=input.password,
                full_name=input.full_name,
                country_code=given(input.country_code),
                is_native=input.is_native_app,
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return await _signed_in(info.context, signed_in)

    @mutation(
        audience=Audience.EVERYONE, description="Sign in with an e-mail address and a password."
    )
    async def login(self, info: Info, input: LoginInput) -> LoginResult:  # noqa: A002
        platform = info.context.platform
        try:
            signed_in = await accounts.sign_in(
                platform.stores,
                platform.passwords,
                platform.tokens,
                email=input.email,
                password=input.password,
                is_native=input.is_native_app,
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return await _signed_in(info.context, signed_in)

    @mutation(
        audience=Audience.EVERYONE,
        description=(
            "Exchange the refresh token for fresh tokens. Each refresh token is good for one"
            " exchange; a second one ends the session."
        ),
    )
    async def refresh_session(
        self,
        info: Info,
        input: RefreshSessionInput | None = strawberry.UNSET,  # noqa: A002
    ) -> RefreshSessionResult:
        context = info.context
        sent = input.refresh_token or None if input else None
        try:
            signed_in = await sessions.refresh_session(
                context.stores,
                context.platform.tokens,
                refresh_token=_known_token(sent or context.refresh_cookie),
                is_native=sent is not None,
            )
        except DomainError as error:
            if sent is None:
                context.cookie_changes.append(CookieChange(None, 0))
            return shown_refusal(error, REFUSALS)
        return await _signed_in(context, signed_in)

    @mutation(
        audience=Audience.EVERYONE,
        description="End the session of the access token, or of the refresh token.",
    )
    async def logout(
        self,
        info: Info,
        input: LogoutInput | None = strawberry.UNSET,  # noqa: A002
    ) -> LogoutPayload:
        context = info.context
        sent = input.refresh_token or None if input else None
        await sessions.end_session(
            context.stores,
            session_id=context.viewer.session_id,
            refresh_token=sent or context.refresh_cookie,
        )
        context.cookie_changes.append(CookieChange(None, 0))
        return LogoutPayload(is_signed_out=True)


def _known_token(token: str | None) -> str:
    if token is None:
        raise SessionEnded
    return token


async def _signed_in(context: Context, signed_in: SignIn) -> SignInPayload:
    if not signed_in.is_native:
        lifetime = signed_in.session_expires_at - context.stores.clock()
        context.cookie_changes.append(
            CookieChange(signed_in.refresh_token, round(lifetime.total_seconds()))
        )
    row = await context.loader(users_by_id).load(signed_in.user_id)
    if row is None:
        raise SessionEnded
    return SignInPayload.of(signed_in, User.of(row))
