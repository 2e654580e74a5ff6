"""Code that nothing uses. vulture finds it; what only frameworks call is named here."""

from vulture import Vulture

from graph.compose.definitions import definition_of
from graph.schema import SUBGRAPH_NAMES, build_subgraph
from models.base import metadata
from models.tables import AccountKind, HoldState, KeyOutcome, PostingKind, TransactionType
from tests.architecture.house import PACKAGES, REPOSITORY

CONFIDENCE_PERCENT = 60
CALLED_BY_FRAMEWORKS = [
    "application",  # uvicorn, by name
    "subgraph_application",  # uvicorn, by name
    "model_config",  # pydantic
    "impl",  # SQLAlchemy
    "cache_ok",  # SQLAlchemy
    "process_bind_param",  # SQLAlchemy
    "process_result_value",  # SQLAlchemy
    "price_sort_azr",  # a sort key, by name
    "conversation_id",  # the key of a batch field, by name
    "indexes",  # Beanie
    "handlers",  # logging
    "debug",  # structlog, by a level's name
    "critical",  # structlog, by a level's name
    "keep_alive",  # uvicorn
    "should_exit",  # uvicorn
    "enter_*",  # graphql-core's visitors
    "entities_resolver",  # Strawberry
    "resolve_async",  # Strawberry
    "Entity",  # a protocol, in a cast
    "__audience__",  # tests/architecture/test_graph.py
    "redirect_slashes",  # Starlette
    "render",  # Starlette
    "build_middleware_stack",  # Starlette
    "response_started",  # uvicorn
    "response_complete",  # uvicorn
    "waiting_for_100_continue",  # uvicorn
    "security_warning",  # joserfc
    "QUERY",  # a member of a complete enum
    "decider_id",  # a column that PostgreSQL's checks read, and fields by name
    "footer",  # fpdf2
    "total_requests",  # uvicorn, and the next three
    "on_response_complete",
    "timeout_keep_alive_handler",
    "_unset_keepalive_if_required",
]


def schema_names() -> list[str]:
    """The Python names of everything that clients can select."""
    return [
        definition_of(field).python_name
        for name in SUBGRAPH_NAMES
        for type_ in build_subgraph(name).core_schema.type_map.values()
        for field in getattr(type_, "fields", {}).values()
        if definition_of(field) is not None
    ]


def stored_names() -> list[str]:
    """What functions in PostgreSQL read and write: columns, kinds and states."""
    columns = [
        column.name
        for table in metadata.sorted_tables
        if table.name.startswith("ledger_")
        or table.name in {"outbox", "outbox_cursors", "search_words", "transactions"}
        for column in table.columns
    ]
    kinds = (AccountKind, HoldState, KeyOutcome, PostingKind, TransactionType)
    return columns + [member.name for kind in kinds for member in kind]


class TestCode:
    def test_is_all_used(self):
        vulture = Vulture(
            ignore_names=[*CALLED_BY_FRAMEWORKS, *schema_names(), *stored_names()],
            ignore_decorators=["@app.command*", "@field_validator*"],
        )
        vulture.scavenge([str(REPOSITORY / package) for package in PACKAGES], ["node_modules"])

        unused = [
            f"{item.filename}:{item.first_lineno} {item.message}"
            for item in vulture.get_unused_code(min_confidence=CONFIDENCE_PERCENT)
        ]

        assert unused == []
