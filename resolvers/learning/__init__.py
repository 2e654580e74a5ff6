"""Reads of courses, lessons, enrolments and progress."""
