"""MongoDB documents: what is written once and read by owner or time."""

from models.documents.ai import Conversation, Message, MessageRole
from models.documents.analytics import Event

DOCUMENTS = (Conversation, Event)

__all__ = ["DOCUMENTS", "Conversation", "Event", "Message", "MessageRole"]
