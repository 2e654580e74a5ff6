"""Courses, their lessons, who takes them and how far each person has come."""

# pyright: reportAssignmentType=false
# SQLModel declares `__tablename__` as SQLAlchemy's descriptor; a plain name is what it reads.

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from core.ids import new_id
from models.base import enum_check, moment_column, search_column


class CourseLevel(StrEnum):
    """What a course expects its learners to know already."""

    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


class Course(SQLModel, table=True):
    """A course. Learners see it once it is published."""

    __tablename__ = "courses"
    __table_args__ = (
        enum_check("level", CourseLevel),
        Index("ix_courses_instructor", "instructor_id"),
        Index("ix_courses_search", "search", postgresql_using="gin"),
        Index(
            "ix_courses_published_newest",
            "created_at",
            "id",
            postgresql_where=text("is_published"),
        ),
        Index("ix_courses_published_title", "title", "id", postgresql_where=text("is_published")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    title: str = Field(sa_column=Column(String(255), nullable=False))
    description: str = Field(sa_column=Column(Text, nullable=False))
    subject: str = Field(sa_column=Column(String(100), nullable=False))
    level: str = Field(sa_column=Column(String(20), nullable=False))
    language: str = Field(sa_column=Column(String(35), nullable=False))
    instructor_id: UUID = Field(sa_column=Column(ForeignKey("users.id"), nullable=False))
    is_published: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false"))
    )
    created_at: datetime = Field(sa_column=moment_column("created_at"))
    updated_at: datetime = Field(sa_column=moment_column("updated_at"))
    search: str | None = Field(
        default=None, sa_column=search_column("title", "subject", "description")
    )


class Lesson(SQLModel, table=True):
    """One lesson of a course, in Markdown. `position` counts from 1."""

    __tablename__ = "lessons"
    __table_args__ = (
        UniqueConstraint("course_id", "position", name="uq_lessons_course_position"),
        CheckConstraint("position BETWEEN 1 AND 1000", name="position_range"),
        CheckConstraint("duration_minutes BETWEEN 1 AND 600", name="duration_minutes_range"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    course_id: UUID = Field(sa_column=Column(ForeignKey("courses.id"), nullable=False))
    position: int = Field(sa_column=Column(Integer, nullable=False))
    title: str = Field(sa_column=Column(String(255), nullable=False))
    body: str = Field(sa_column=Column(Text, nullable=False))
    duration_minutes: int = Field(sa_column=Column(Integer, nullable=False))


class Enrolment(SQLModel, table=True):
    """One person taking one course. Completed when every lesson is."""

    __tablename__ = "enrolments"
    __table_args__ = (
        UniqueConstraint("user_id", "course_id", name="uq_enrolments_user_course"),
        Index("ix_enrolments_user_newest", "user_id", "created_at", "id"),
        Index("ix_enrolments_course", "course_id"),
        Index(
            "ix_enrolments_user_completed",
            "user_id",
            postgresql_where=text("completed_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(sa_column=Column(ForeignKey("users.id"), nullable=False))
    course_id: UUID = Field(sa_column=Column(ForeignKey("courses.id"), nullable=False))
    created_at: datetime = Field(sa_column=moment_column("created_at"))
    completed_at: datetime | None = Field(
        default=None, sa_column=moment_column("completed_at", nullable=True)
    )


class LessonProgress(SQLModel, table=True):
    """A lesson that an enrolled person has completed."""

    __tablename__ = "lesson_progress"
    __table_args__ = (Index("ix_lesson_progress_lesson", "lesson_id"),)

    enrolment_id: UUID = Field(
        sa_column=Column(ForeignKey("enrolments.id"), primary_key=True, nullable=False)
    )
    lesson_id: UUID = Field(
        sa_column=Column(ForeignKey("lessons.id"), primary_key=True, nullable=False)
    )
    completed_at: datetime = Field(sa_column=moment_column("completed_at"))
