"""Statements as files: links to them, which the application serves."""

from datetime import datetime
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

import strawberry

from resolvers.tokens.statements import Month, StatementFormat
from services.auth.access_tokens import AccessTokens

STATEMENTS_PATH = "/files/statements"

strawberry.enum(
    StatementFormat, description="A table for spreadsheets (RFC 4180), or a document to print."
)


@strawberry.type(description="A file to download, for five minutes by whoever has the link.")
class StatementFile:
    """A link."""

    url: str = strawberry.field(
        description="Where the file is, from the address of this API on. Needs no token besides."
    )
    name: str = strawberry.field(description="A name to keep it under.")
    expires_at: datetime = strawberry.field(description="Until when the link leads to it.")

    @classmethod
    def of(
        cls, tokens: AccessTokens, user_id: UUID, month: Month, format_: StatementFormat
    ) -> Self:
        """A link to the statement of one month."""
        name = statement_name(month, format_)
        claims = {"month": str(month), "format": format_.value}
        token, expires_at = tokens.issue_link(user_id, claims)
        url = f"{STATEMENTS_PATH}/{name}?{urlencode({'token': token})}"
        return cls(url=url, name=name, expires_at=expires_at)


def statement_name(month: Month, format_: StatementFormat) -> str:
    """What the file of a statement is called."""
    return f"azora-statement-{month}.{format_.value}"
