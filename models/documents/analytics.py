"""Analytics events. Field names in MongoDB are the blueprint's (4.3)."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from beanie import Document
from pydantic import ConfigDict, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.ids import new_id


class Event(Document):
    """Something that a visitor did, such as a page view."""

    model_config = ConfigDict(populate_by_name=True)

    id: UUID = Field(default_factory=new_id, alias="_id")  # pyright: ignore[reportIncompatibleVariableOverride]  # Beanie's is an ObjectId
    type: str
    page: str
    user_id: UUID | None = Field(default=None, alias="userId")
    metadata: dict[str, Any]
    timestamp: datetime

    class Settings:
        """Where Beanie keeps the documents, and the indexes that the reads need."""

        name = "events"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("type", ASCENDING), ("timestamp", DESCENDING)], name="by_type_newest"),
            IndexModel([("userId", ASCENDING), ("timestamp", DESCENDING)], name="by_user_newest"),
        ]
