"""Calls what is behind a Strawberry field without Strawberry's own way there.

That way finds out for each call what never changes: the arguments' names and types, what the
function asks for, extensions that are not there. On a small query it is a tenth of everything.
"""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLArgument, GraphQLField, get_nullable_type, is_leaf_type
from strawberry.relay import GlobalID
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryMaybe, StrawberryOptional
from strawberry.types.field import StrawberryField
from strawberry.types.info import Info

from graph.compose.definitions import definition_of

Resolve = Callable[..., Any]


def directly(field: GraphQLField, definition: StrawberryField) -> Resolve | None:
    """A resolver that answers as the field's own; `None` where that one does more than call.

    Arguments that need converting (lists, inputs) still go the field's own way.
    """
    resolver = definition.base_resolver
    own: Resolve | None = field.resolve
    # Strawberry marks what it made; a resolver without the mark is somebody else's, around it.
    if resolver is None or own is None or getattr(own, "_is_default", True):
        return None
    if definition.extensions or definition.permission_classes:
        return None
    if resolver.parent_parameter is not None or resolver.root_parameter is not None:
        return None
    function: Any = resolver.wrapped_func
    has_self = resolver.self_parameter is not None
    info_parameter = resolver.info_parameter
    info_name = None if info_parameter is None else info_parameter.name
    names = {
        name: definition_of(argument).python_name
        for name, argument in field.args.items()
        if _is_taken_as_it_is(argument)
    }

    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        options: dict[str, Any] = {}
        for name, value in arguments.items():
            if name not in names:
                return own(source, info, **arguments)
            options[names[name]] = value
        if info_name is not None:
            options[info_name] = Info(_raw_info=info, _field=definition)
        return function(source, **options) if has_self else function(**options)

    return resolve


def _is_taken_as_it_is(argument: GraphQLArgument) -> bool:
    """Whether Strawberry gives the function just the value that graphql-core has."""
    declared: StrawberryArgument = definition_of(argument)
    type_: Any = declared.type
    while isinstance(type_, StrawberryOptional):
        if isinstance(type_, StrawberryMaybe):
            return False
        type_ = type_.of_type
    return type_ is not GlobalID and is_leaf_type(get_nullable_type(argument.type))
