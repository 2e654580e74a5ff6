"""Stored enums that clients see too: declared here, before any annotation names them."""

import strawberry

from models.tables import CourseLevel

__all__ = ["CourseLevel"]

strawberry.enum(CourseLevel, description="What a course expects its learners to know.")
