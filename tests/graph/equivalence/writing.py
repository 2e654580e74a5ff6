"""Input values as documents write them."""

import json
from dataclasses import dataclass
from typing import Any

from graphql import is_enum_type, is_input_object_type, is_list_type, is_non_null_type

INVALID: list[Any] = ["calm", 5, "raise", True, 1.5]
"""Values for scalars that nobody told us about."""


@dataclass(frozen=True)
class Value:
    """A value as JSON has it, and its type where that decides how it is written."""

    json: Any
    type: Any = None


def written(value: Value) -> str:
    """The literal of a value. Members of enums are names there, and texts in JSON."""
    type_ = value.type.of_type if is_non_null_type(value.type) else value.type
    if isinstance(value.json, list):
        inner = type_.of_type if is_list_type(type_) else None
        return f"[{', '.join(written(Value(each, inner)) for each in value.json)}]"
    if isinstance(value.json, dict):
        fields = type_.fields if is_input_object_type(type_) else {}
        members = (
            f"{name}: {written(Value(each, getattr(fields.get(name), 'type', None)))}"
            for name, each in value.json.items()
        )
        return f"{{{', '.join(members)}}}"
    if isinstance(value.json, str) and is_enum_type(type_):
        return value.json
    return json.dumps(value.json, ensure_ascii=False)
