"""GraphQL over HTTP: methods, parameters, statuses and who asks."""

from typing import Any
from urllib.parse import quote

import pytest

from core.errors import CodedError
from tests.web.world import (
    AMARA,
    GRAPHQL,
    JSON,
    Client,
    FakePlatform,
    code_of,
    post,
)


class TestPost:
    async def test_answers_a_query(self, client: Client) -> None:
        response = await post(client, "{ hello }")

        assert response.status_code == 200
        assert response.json() == {"data": {"hello": "world"}}

    async def test_is_not_cached_or_sniffed(self, client: Client) -> None:
        response = await post(client, "{ hello }")

        assert response.headers["cache-control"] == "no-store"
        assert response.headers["vary"] == "Accept, Authorization"
        assert response.headers["x-content-type-options"] == "nosniff"

    async def test_passes_variables_and_operation_name(self, client: Client) -> None:
        query = "query A($t: String!) { echo(text: $t) } query B { hello }"

        response = await post(client, query, variables={"t": "é"}, operationName="A")

        assert response.json() == {"data": {"echo": "é"}}

    async def test_ignores_unknown_keys(self, client: Client) -> None:
        response = await post(client, "{ hello }", onError="NULL", id="1")

        assert response.status_code == 200

    @pytest.mark.parametrize("name", ["variables", "operationName", "extensions"])
    async def test_takes_null_for_absent(self, client: Client, name: str) -> None:
        response = await post(client, "{ hello }", **{name: None})

        assert response.json() == {"data": {"hello": "world"}}

    async def test_takes_an_empty_operation_name_for_absent(self, client: Client) -> None:
        response = await post(client, "{ hello }", operationName="")

        assert response.json() == {"data": {"hello": "world"}}

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ({}, "`query` must be a string"),
            ({"query": None}, "`query` must be a string"),
            ({"query": {"obj": "ect"}}, "`query` must be a string"),
            ({"query": 0}, "`query` must be a string"),
            ({"query": "{ hello }", "variables": "{}"}, "`variables` must be an object or null"),
            ({"query": "{ hello }", "variables": []}, "`variables` must be an object or null"),
            (
                {"query": "{ hello }", "operationName": 1},
                "`operationName` must be a string or null",
            ),
            ({"query": "{ hello }", "extensions": "x"}, "`extensions` must be an object or null"),
            ([{"query": "{ hello }"}], "send each by itself"),
            ("{ hello }", "not an object"),
            (7, "not an object"),
        ],
    )
    async def test_says_what_to_send_for_wrong_shapes(
        self, client: Client, body: object, said: str
    ) -> None:
        response = await client.post("/graphql", json=body)

        assert response.status_code == 400
        assert code_of(response) == "BAD_REQUEST"
        message = response.json()["errors"][0]["message"]
        assert said in message
        assert 'Send a JSON object such as {"query": "{ __typename }"' in message

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b'{ "not a JSON',
            b'{"query": "{ hello }", "variables": {"a": NaN}}',
            b'{"query": "{ hello }", "variables": {"a": Infinity}}',
            b'{"query": "{ hello }\xff"}',
            b'{"query": "\\ud800"}',
            b"[" * 3000,
        ],
    )
    async def test_refuses_what_is_not_json(self, client: Client, body: bytes) -> None:
        response = await client.post(
            "/graphql", content=body, headers={"Content-Type": "application/json"}
        )

        assert response.status_code == 400
        assert code_of(response) == "BAD_REQUEST"

    async def test_tells_apollo_that_hashes_are_not_served(self, client: Client) -> None:
        extensions = {"persistedQuery": {"version": 1, "sha256Hash": "ab"}}

        response = await client.post("/graphql", json={"extensions": extensions})

        assert response.status_code == 200
        assert response.json() == {
            "errors": [
                {
                    "message": "PersistedQueryNotSupported",
                    "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"},
                }
            ]
        }


REQUEST_ERRORS = [
    ("{", {}, "GRAPHQL_PARSE_FAILED"),
    ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ("query A { hello } query B { hello }", {}, "OPERATION_RESOLUTION_FAILURE"),
    ("query A { hello }", {"operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
    ("query ($t: String!) { echo(text: $t) }", {"variables": {"t": None}}, "BAD_USER_INPUT"),
    ("query ($t: String!) { echo(text: $t) }", {}, "BAD_USER_INPUT"),
    ("query ($t: String!) { echo(text: $t) }", {"variables": {"t": "\x00"}}, "BAD_USER_INPUT"),
]


class TestStatus:
    @pytest.mark.parametrize(("query", "body", "code"), REQUEST_ERRORS)
    async def test_is_400_for_request_errors_in_the_graphql_type(
        self, client: Client, query: str, body: dict[str, Any], code: str
    ) -> None:
        response = await post(client, query, **body)

        assert response.status_code == 400
        assert code_of(response) == code

    @pytest.mark.parametrize(("query", "body", "code"), REQUEST_ERRORS)
    async def test_is_200_for_request_errors_in_json(
        self, client: Client, query: str, body: dict[str, Any], code: str
    ) -> None:
        response = await post(client, query, accept=JSON, **body)

        assert response.status_code == 200
        assert code_of(response) == code

    @pytest.mark.parametrize("accept", [GRAPHQL, JSON])
    async def test_is_200_for_partial_data(self, client: Client, accept: str) -> None:
        response = await post(client, "{ hello refused }", accept=accept)

        assert response.status_code == 200
        assert response.json()["data"] == {"hello": "world", "refused": None}
        [error] = response.json()["errors"]
        assert error["path"] == ["refused"]
        assert error["extensions"] == {"code": "FORBIDDEN"}

    @pytest.mark.parametrize("accept", [GRAPHQL, JSON])
    async def test_is_200_when_a_field_took_all_data_with_it(
        self, client: Client, accept: str
    ) -> None:
        response = await post(client, "{ needed }", accept=accept)

        assert response.status_code == 200
        assert response.json()["data"] is None
        assert response.json()["errors"][0]["path"] == ["needed"]

    @pytest.mark.parametrize(
        ("code", "status"),
        [
            ("INTERNAL_SERVER_ERROR", 500),
            ("SERVICE_UNAVAILABLE", 503),
            ("DEADLINE_EXCEEDED", 503),
            ("BAD_USER_INPUT", 400),
        ],
    )
    async def test_follows_the_code_when_nothing_could_run(
        self,
        client: Client,
        platform: FakePlatform,
        monkeypatch: pytest.MonkeyPatch,
        code: str,
        status: int,
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise CodedError("No.", code=code)

        monkeypatch.setattr("graph.execution.compiled.CompiledOperation.execute", fail)

        in_graphql = await post(client, "{ hello }")
        in_json = await post(client, "{ hello }", accept=JSON)

        assert (in_graphql.status_code, code_of(in_graphql)) == (status, code)
        assert (in_json.status_code, code_of(in_json)) == (200, code)

    async def test_is_a_masked_500_when_the_answer_cannot_be_written(self, client: Client) -> None:
        response = await client.post(
            "/graphql", json={"query": "{ odd }"}, headers={"X-Request-Id": "trace-7"}
        )

        assert response.status_code == 500
        assert response.headers["content-type"] == "application/json"
        assert response.json() == {
            "errors": [
                {
                    "message": "Something went wrong on our side. Tell us this request id: trace-7",
                    "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": "trace-7"},
                }
            ]
        }


class TestGet:
    async def test_answers_a_query(self, client: Client) -> None:
        response = await client.get("/graphql", params={"query": "{ hello }"})

        assert response.status_code == 200
        assert response.json() == {"data": {"hello": "world"}}

    async def test_reads_variables_from_json_and_plus_as_space(self, client: Client) -> None:
        query = quote("query A($t: String!) { echo(text: $t) } query B { hello }")

        response = await client.get(
            f"/graphql?query={query}&variables=%7B%22t%22:%22a+b%22%7D&operationName=A&extra=1"
        )

        assert response.json() == {"data": {"echo": "a b"}}

    async def test_takes_empty_parameters_for_absent(self, client: Client) -> None:
        response = await client.get(
            "/graphql?query=%7Bhello%7D&variables=&operationName=&extensions="
        )

        assert response.json() == {"data": {"hello": "world"}}

    @pytest.mark.parametrize(
        "query_string",
        [
            "",
            "operationName=A",
            "query=%7Bhello%7D&variables=%7B",
            "query=%7Bhello%7D&variables=[]",
            "query=%7Bhello%7D&variables=%22x%22",
            "query=%7Bhello%7D&extensions=1",
            "query=%FF",
            "&".join(f"a{number}=1" for number in range(60)),
        ],
    )
    async def test_refuses_what_is_no_request(self, client: Client, query_string: str) -> None:
        response = await client.get(f"/graphql?{query_string}")

        assert response.status_code == 400
        assert code_of(response) == "BAD_REQUEST"

    @pytest.mark.parametrize("accept", [GRAPHQL, JSON])
    async def test_refuses_mutations_and_runs_nothing(
        self, client: Client, platform: FakePlatform, accept: str
    ) -> None:
        response = await client.get(
            "/graphql", params={"query": "mutation { signIn }"}, headers={"Accept": accept}
        )

        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
        assert code_of(response) == "METHOD_NOT_ALLOWED"
        assert "set-cookie" not in response.headers
        assert platform.contexts == []

    async def test_chooses_the_operation_before_it_refuses(self, client: Client) -> None:
        query = "query A { hello } mutation B { signIn }"

        response = await client.get("/graphql", params={"query": query, "operationName": "A"})

        assert response.json() == {"data": {"hello": "world"}}


class TestOtherMethods:
    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "QUERY"])
    async def test_are_refused_with_the_list_of_those_served(
        self, client: Client, method: str
    ) -> None:
        response = await client.request(method, "/graphql")

        assert response.status_code == 405
        assert response.headers["allow"] == "GET, HEAD, OPTIONS, POST"
        assert code_of(response) == "METHOD_NOT_ALLOWED"

    async def test_options_lists_them(self, client: Client) -> None:
        response = await client.options("/graphql")

        assert response.status_code == 204
        assert response.headers["allow"] == "GET, HEAD, OPTIONS, POST"
        assert response.content == b""

    async def test_head_is_get_without_the_body(self, client: Client) -> None:
        response = await client.head("/graphql", params={"query": "{ hello }"})

        assert response.status_code == 200
        assert response.content == b""
        assert response.headers["content-length"] == str(len(b'{"data":{"hello":"world"}}'))


class TestSubscriptionOverHTTP:
    async def test_is_pointed_to_the_websocket_by_post(self, client: Client) -> None:
        response = await post(client, "subscription { ticks }")

        assert response.status_code == 400
        assert code_of(response) == "BAD_REQUEST"
        assert "graphql-transport-ws" in response.json()["errors"][0]["message"]

    async def test_is_pointed_to_the_websocket_by_get(self, client: Client) -> None:
        response = await client.get("/graphql", params={"query": "subscription { ticks }"})

        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
        assert "graphql-transport-ws" in response.json()["errors"][0]["message"]


class TestAuthorization:
    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
    async def test_signs_in_by_bearer_token(self, client: Client, scheme: str) -> None:
        client.headers["Authorization"] = f"{scheme} amara-token"

        response = await post(client, "{ viewer }")

        assert response.json() == {"data": {"viewer": str(AMARA)}}

    async def test_is_anonymous_without_the_header(self, client: Client) -> None:
        response = await post(client, "{ viewer }")

        assert response.json() == {"data": {"viewer": "None"}}

    @pytest.mark.parametrize(
        "value",
        [
            "Bearer wrong",
            "Bearer",
            "Bearer ",
            "",
            "Basic YTpi",
            "amara-token",
            "Bearer a b",
            "Bearer amara-token, Bearer amara-token",
            "Bearer ünïcode",
        ],
    )
    @pytest.mark.parametrize("accept", [GRAPHQL, JSON])
    async def test_refuses_anything_else_and_runs_nothing(
        self, client: Client, platform: FakePlatform, value: str, accept: str
    ) -> None:
        response = await client.post(
            "/graphql",
            json={"query": "{ hello }"},
            headers=[("Authorization", value.encode("latin-1")), ("Accept", accept)],
        )

        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.headers["cache-control"] == "no-store"
        assert code_of(response) == "UNAUTHENTICATED"
        assert platform.contexts == []
