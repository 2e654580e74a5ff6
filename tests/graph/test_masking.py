"""What clients see of errors: a code for each, and nothing of what was not meant for them."""

from graphql import GraphQLError, GraphQLSyntaxError, Source
from structlog.testing import capture_logs

from core.errors import CodedError, StoreUnavailable
from graph.masking import formatted_error


def shown(error, **options):
    """The entry, and what was logged."""
    with capture_logs() as log:
        entry = formatted_error(error, request_id="request-1", **options)
    return entry, log


class TestFormattedError:
    def test_shows_what_graphql_says_of_the_request(self):
        entry, log = shown(GraphQLError("Unknown."), fallback_code="GRAPHQL_VALIDATION_FAILED")

        assert entry == {
            "message": "Unknown.",
            "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
        }
        assert log == []

    def test_calls_it_bad_input_unless_told_otherwise(self):
        entry, _ = shown(GraphQLError("Not a number."))

        assert entry["extensions"] == {"code": "BAD_USER_INPUT"}

    def test_knows_syntax_errors(self):
        entry, _ = shown(GraphQLSyntaxError(Source("{"), 1, "Expected Name."))

        assert entry["extensions"] == {"code": "GRAPHQL_PARSE_FAILED"}
        assert entry["locations"] == [{"line": 1, "column": 2}]

    def test_shows_coded_errors_behind_located_ones(self):
        cause = GraphQLError("inner", original_error=StoreUnavailable("PostgreSQL"))
        entry, log = shown(GraphQLError("outer", path=["a", 0], original_error=cause))

        assert entry == {
            "message": "PostgreSQL does not answer at the moment. Send the same request again.",
            "path": ["a", 0],
            "extensions": {"code": "SERVICE_UNAVAILABLE"},
        }
        assert log == []

    def test_shows_the_default_code_of_coded_errors(self):
        entry, _ = shown(GraphQLError("", original_error=CodedError("Too long.")))

        assert (entry["message"], entry["extensions"]) == ("Too long.", {"code": "BAD_USER_INPUT"})

    def test_masks_everything_else(self):
        cause = KeyError("password")
        error = GraphQLError("'password'", original_error=cause, extensions={"sql": "SELECT 1"})
        entry, log = shown(error)

        assert entry == {
            "message": "Something went wrong on our side. Tell us this request id: request-1",
            "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": "request-1"},
        }
        assert [line["exc_info"] for line in log] == [cause]

    def test_keeps_extensions_of_others_to_itself(self):
        entry, _ = shown(GraphQLError("Known.", extensions={"sql": "SELECT 1"}))

        assert entry["extensions"] == {"code": "BAD_USER_INPUT"}
