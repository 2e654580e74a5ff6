"""Which media types are understood and answered."""

import pytest

from tests.web.world import (
    GRAPHQL,
    JSON,
    Client,
    FakePlatform,
    code_of,
    post,
)


class TestAccept:
    @pytest.mark.parametrize(
        ("accept", "expected"),
        [
            (GRAPHQL, GRAPHQL),
            (JSON, JSON),
            ("*/*", JSON),
            ("", JSON),
            ("application/*", JSON),
            (f"{GRAPHQL},{JSON};q=0.9", GRAPHQL),
            (f"{JSON}, {GRAPHQL}", GRAPHQL),
            (f"{GRAPHQL};q=0.5, {JSON}", JSON),
            (f"{GRAPHQL};q=0, */*", JSON),
            (f"{JSON};q=0, */*", GRAPHQL),
            (f"{JSON};q=0.2, */*;q=0.1", JSON),
            (f"multipart/mixed;deferSpec=20220824, {GRAPHQL}, {JSON}", GRAPHQL),
            (f"{GRAPHQL.upper()}; charset=utf-8", GRAPHQL),
            (f"{GRAPHQL}; charset=utf-16, {JSON}", JSON),
            (f"{GRAPHQL};q=high, {JSON};q=0.1", JSON),
            (f"{GRAPHQL}, " + "x/y, " * 300, GRAPHQL),
        ],
    )
    async def test_chooses_the_media_type(self, client: Client, accept: str, expected: str) -> None:
        response = await post(client, "{ hello }", accept=accept)

        assert response.status_code == 200
        assert response.headers["content-type"] == f"{expected}; charset=utf-8"

    async def test_answers_json_without_the_header(self, client: Client) -> None:
        del client.headers["accept"]

        response = await client.post("/graphql", json={"query": "{ hello }"})

        assert response.headers["content-type"] == f"{JSON}; charset=utf-8"

    @pytest.mark.parametrize(
        "accept",
        [
            "text/html",
            "text/event-stream",
            "multipart/mixed;subscriptionSpec=1.0",
            f"{JSON};q=0",
            "text/*",
            f"{JSON};charset=latin-1",
        ],
    )
    async def test_refuses_when_neither_is_acceptable(
        self, client: Client, accept: str, platform: FakePlatform
    ) -> None:
        response = await post(client, "{ hello }", accept=accept)

        assert response.status_code == 406
        assert response.headers["content-type"] == f"{JSON}; charset=utf-8"
        assert code_of(response) == "NOT_ACCEPTABLE"
        assert platform.contexts == []

    async def test_refuses_in_the_type_that_was_asked_for(self, client: Client) -> None:
        response = await client.post(
            "/graphql", content=b"{", headers={"Content-Type": JSON, "Accept": GRAPHQL}
        )

        assert response.status_code == 400
        assert response.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"


class TestContentType:
    @pytest.mark.parametrize(
        "content_type",
        [
            "application/json",
            "application/json; charset=utf-8",
            'APPLICATION/JSON;charset="UTF-8"',
            "application/json;charset=utf8; odata=verbose",
        ],
    )
    async def test_takes_json_in_utf_8(self, client: Client, content_type: str) -> None:
        response = await client.post(
            "/graphql", content=b'{"query": "{ hello }"}', headers={"Content-Type": content_type}
        )

        assert response.status_code == 200

    @pytest.mark.parametrize(
        "content_type",
        [
            None,
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/graphql",
            "application/json; charset=latin-1",
            "text/plain; application/json",
        ],
    )
    async def test_refuses_everything_else(self, client: Client, content_type: str | None) -> None:
        headers = {} if content_type is None else {"Content-Type": content_type}

        response = await client.post("/graphql", content=b'{"query": "{ hello }"}', headers=headers)

        assert response.status_code == 415
        assert code_of(response) == "UNSUPPORTED_MEDIA_TYPE"
