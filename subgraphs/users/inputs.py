"""What clients send about people and sessions."""

from typing import Any

import strawberry

from resolvers.users.queries import UserFilter as StoredFilter
from subgraphs.shared.connections import given
from subgraphs.shared.scalars import JSON, CountryCode
from subgraphs.users.enums import Role


@strawberry.input(description="Which people to list. What is left out does not filter.")
class UserFilter:
    """Conditions on people."""

    country_code: CountryCode | None = strawberry.field(
        default=strawberry.UNSET, description="People who live in this country."
    )
    role: Role | None = strawberry.field(
        default=strawberry.UNSET, description="People with this role."
    )
    search: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Words, or beginnings of words, of the name or the handle.",
    )

    def stored(self) -> StoredFilter:
        return StoredFilter(
            country_code=given(self.country_code),
            role=given(self.role),
            search=given(self.search),
        )


@strawberry.input(description="A new account.")
class RegisterInput:
    """What registering needs."""

    email: str = strawberry.field(description="The address for signing in.")
    password: str = strawberry.field(description="12 to 128 characters. A sentence is good.")
    full_name: str = strawberry.field(description="The person's name as they write it.")
    country_code: CountryCode | None = strawberry.field(
        default=strawberry.UNSET, description="Where the person lives."
    )
    is_native_app: bool = strawberry.field(
        default=False,
        description=(
            "True for apps that keep the refresh token themselves: then it is in the answer, and"
            " not in a cookie."
        ),
    )


@strawberry.input(description="An address and a password.")
class LoginInput:
    """What signing in needs."""

    email: str = strawberry.field(description="The address that was registered.")
    password: str = strawberry.field(description="The password.")
    is_native_app: bool = strawberry.field(
        default=False,
        description=(
            "True for apps that keep the refresh token themselves: then it is in the answer, and"
            " not in a cookie."
        ),
    )


@strawberry.input(description="How to go on with a session.")
class RefreshSessionInput:
    """A refresh token, where it is not in a cookie."""

    refresh_token: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The refresh token of a native app. Browsers leave it out: it is in a cookie.",
    )


@strawberry.input(description="Which session to end.")
class LogoutInput:
    """A refresh token, where it is not in a cookie."""

    refresh_token: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The refresh token of a native app without a valid access token.",
    )


@strawberry.input(description="Changes of the viewer's profile. What is left out stays.")
class UpdateProfileInput:
    """Changes of a profile."""

    full_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="The name as the person writes it."
    )
    handle: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="3 to 30 of the characters a-z, 0-9 and _. Unique. Null gives it up.",
    )
    country_code: CountryCode | None = strawberry.field(
        default=strawberry.UNSET, description="Where the person lives. Null clears it."
    )
    language: str | None = strawberry.field(
        default=strawberry.UNSET, description="A BCP 47 tag, such as `sw` or `pt-MZ`."
    )
    time_zone: str | None = strawberry.field(
        default=strawberry.UNSET, description="An IANA name, such as `Africa/Nairobi`."
    )
    avatar_url: str | None = strawberry.field(
        default=strawberry.UNSET, description="An https address of a picture. Null clears it."
    )
    preferences: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="A JSON object of at most 4096 bytes."
    )

    def changes(self) -> dict[str, Any]:
        """The columns to change."""
        return {name: value for name, value in vars(self).items() if value is not strawberry.UNSET}
