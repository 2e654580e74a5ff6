"""AI conversations. Field names in MongoDB are the blueprint's (4.3)."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from beanie import Document
from bson import Decimal128
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.ids import new_id


def _decimal(value: Any) -> Any:
    return value.to_decimal() if isinstance(value, Decimal128) else value


UsdCost = Annotated[Decimal, BeforeValidator(_decimal)]


class MessageRole(StrEnum):
    """Who wrote a message."""

    USER = "user"
    ASSISTANT = "assistant"


class Message(BaseModel):
    """One turn of a conversation."""

    model_config = ConfigDict(frozen=True)

    id: UUID = Field(default_factory=new_id)
    role: MessageRole
    content: str
    tokens: int = Field(ge=0)
    timestamp: datetime


class Conversation(Document):
    """One person's talk with one model. `timestamp` is when it began; `cost` is in US dollars."""

    model_config = ConfigDict(populate_by_name=True)

    id: UUID = Field(default_factory=new_id, alias="_id")  # pyright: ignore[reportIncompatibleVariableOverride]  # Beanie's is an ObjectId
    user_id: UUID = Field(alias="userId")
    model: str
    title: str
    messages: list[Message]
    tokens: int = Field(ge=0)
    cost: UsdCost
    timestamp: datetime

    class Settings:
        """Where Beanie keeps the documents, and the indexes that the reads need."""

        name = "conversations"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel(
                [("userId", ASCENDING), ("timestamp", DESCENDING), ("_id", DESCENDING)],
                name="by_user_newest",
            ),
            IndexModel(
                [("userId", ASCENDING), ("messages.timestamp", DESCENDING)],
                name="by_user_message_time",
            ),
            IndexModel([("messages.id", ASCENDING)], name="by_message"),
        ]
