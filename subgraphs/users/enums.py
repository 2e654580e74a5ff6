"""Stored enums that clients see too: declared here, before any annotation names them."""

import strawberry

from models.tables import Role

__all__ = ["Role"]

strawberry.enum(Role, description="What a person may do on Azora.")
