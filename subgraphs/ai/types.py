"""Conversations, messages, usage, and what ai adds to a person."""

from datetime import date, datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

import strawberry

from core.clock import start_of_next_day
from models.documents import MessageRole
from models.rows import ConversationRow, MessageRow, UsageRow
from resolvers.ai.queries import (
    conversations_by_id,
    conversations_of_users,
    messages_by_id,
    messages_of_conversations,
    usage_today,
)
from subgraphs.shared.access import Audience
from subgraphs.shared.columns import column
from subgraphs.shared.connections import Connection
from subgraphs.shared.entities import Node, entity
from subgraphs.shared.fields import batch_connection, batch_field
from subgraphs.shared.ids import Kind
from subgraphs.shared.showing import Shown

FREE_TOKENS_A_DAY = 1000

strawberry.enum(MessageRole, description="Who wrote a message.")


@entity(
    Kind.MESSAGE,
    audience=Audience.OWNER,
    description="One turn of a conversation with a model.",
    key="id",
    found_by=messages_by_id,
)
class Message(Node):
    """A message."""

    parent: strawberry.Private[MessageRow]
    role: MessageRole = column("role", description="Who wrote it.")
    content: str = column("content", description="What it says, in Markdown.")
    tokens: int = column("tokens", description="The model tokens that it took.")
    created_at: datetime = column("timestamp", description="When it was written.")
    conversation: "Conversation | None" = batch_field(
        conversations_by_id,
        key="parent.conversation_id",
        shown=Shown(lambda: Conversation),
        description="The conversation that it is part of.",
    )

    @property
    def owner_id(self) -> UUID:
        return self.parent.user_id


@entity(
    Kind.CONVERSATION,
    audience=Audience.OWNER,
    description="A person's talk with a model.",
    key="id",
    found_by=conversations_by_id,
)
class Conversation(Node):
    """A conversation."""

    parent: strawberry.Private[ConversationRow]
    title: str = column("title", description="What it is about.")
    model: str = column("model", description="The family of the model: claude, gpt or gemini.")
    tokens: int = column("tokens", description="The model tokens of all its messages.")
    cost: Decimal = column("cost", description="What it cost the platform, in US dollars.")
    created_at: datetime = column("timestamp", description="When it began.")
    owner: "User" = column(
        "user_id", shown=Shown(lambda: User), description="The person who asked."
    )
    messages: Connection[Message] = batch_connection(
        messages_of_conversations,
        key="parent.id",
        shown=Shown(Message),
        description="Its messages, oldest first.",
    )

    @property
    def owner_id(self) -> UUID:
        return self.parent.user_id


@strawberry.type(description="The model tokens that a person used on one day (UTC).")
class AiUsage:
    """A day's usage."""

    day: date = strawberry.field(description="The day.")
    tokens_used: int = strawberry.field(description="Tokens used so far.")
    free_tokens: int = strawberry.field(description="Tokens that are free each day: 1000.")
    free_tokens_left: int = strawberry.field(description="Free tokens that are left.")
    resets_at: datetime = strawberry.field(description="When the next day begins.")

    @classmethod
    def of(cls, row: UsageRow) -> Self:
        return cls(
            day=row.day.date(),
            tokens_used=row.tokens,
            free_tokens=FREE_TOKENS_A_DAY,
            free_tokens_left=max(0, FREE_TOKENS_A_DAY - row.tokens),
            resets_at=start_of_next_day(row.day),
        )


@entity(Kind.USER, audience=Audience.EVERYONE)
class User(Node):
    """A person who asks models."""

    parent: strawberry.Private[UUID]
    conversations: Connection[Conversation] | None = batch_connection(
        conversations_of_users,
        shown=Shown(Conversation),
        description="The person's talks with models, newest first. Its owner and admins only.",
        audience=Audience.OWNER,
    )
    ai_usage: AiUsage | None = batch_field(
        usage_today,
        shown=AiUsage.of,
        description="The tokens that the person has used today. Its owner and admins only.",
        audience=Audience.OWNER,
    )

    @property
    def owner_id(self) -> UUID:
        return self.parent
