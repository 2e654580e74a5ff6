"""GraphiQL and its one-click sign-in: there in development, nowhere else."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from resolvers.context import Platform
from tests.web.world import Client, ClientOf, MakeApp
from web.graphiql import Demonstration, Person

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PAGE = b"<!doctype html><title>GraphiQL</title>"
GRACE = Person("Grace Wanjiru", "learner", "grace@example.com")


async def people(_: Platform) -> Sequence[Person]:
    return [GRACE]


async def sign_in(_: Platform, email: str) -> str | None:
    return "amara-token" if email == GRACE.email else None


DEMONSTRATION = {"demonstration": Demonstration(people, sign_in)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a built page."""
    (tmp_path / "graphiql/assets").mkdir(parents=True)
    (tmp_path / "graphiql/index.html").write_bytes(PAGE)
    (tmp_path / "graphiql/assets/index.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path


class TestRedirect:
    async def test_sends_browsers_to_the_page(self, client: Client) -> None:
        response = await client.get("/graphql", headers={"Accept": BROWSER})

        assert response.status_code == 303
        assert response.headers["location"] == "/graphiql/"

    async def test_takes_the_query_along(self, client: Client) -> None:
        response = await client.get("/graphql?query=%7Bhello%7D", headers={"Accept": BROWSER})

        assert response.headers["location"] == "/graphiql/?query=%7Bhello%7D"

    @pytest.mark.parametrize(
        "accept", ["*/*", "application/json", "application/json, text/html;q=0.9", "text/html, */*"]
    )
    async def test_sends_nobody_else(self, client: Client, accept: str) -> None:
        response = await client.get(
            "/graphql", params={"query": "{ hello }"}, headers={"Accept": accept}
        )

        assert response.status_code == 200

    async def test_leaves_posts_alone(self, client: Client) -> None:
        response = await client.post(
            "/graphql", json={"query": "{ hello }"}, headers={"Accept": BROWSER}
        )

        assert response.json() == {"data": {"hello": "world"}}

    async def test_adds_the_slash_to_the_page(self, client: Client) -> None:
        response = await client.get("/graphiql")

        assert response.status_code == 303
        assert response.headers["location"] == "/graphiql/"


class TestPage:
    async def test_is_served_under_a_strict_policy(
        self, make_app: MakeApp, client_of: ClientOf, folder: Path
    ) -> None:
        async with client_of(make_app(data_folder=folder)) as client:
            response = await client.get("/graphiql/")

        assert response.status_code == 200
        assert response.content == PAGE
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        policy = response.headers["content-security-policy"].split("; ")
        assert "default-src 'self'" in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"

    async def test_brings_its_files(
        self, make_app: MakeApp, client_of: ClientOf, folder: Path
    ) -> None:
        async with client_of(make_app(data_folder=folder)) as client:
            response = await client.get("/graphiql/assets/index.js")

        assert response.status_code == 200
        assert response.text == "export {}"
        assert response.headers["content-security-policy"]

    @pytest.mark.parametrize(
        "path", ["assets/other.js", "..%2Fsecret.txt", "%2e%2e/secret.txt", "..%5Csecret.txt"]
    )
    async def test_has_nothing_else(
        self, make_app: MakeApp, client_of: ClientOf, folder: Path, path: str
    ) -> None:
        async with client_of(make_app(data_folder=folder)) as client:
            response = await client.get(f"/graphiql/{path}")

        assert response.status_code == 404
        assert response.json()["errors"][0]["extensions"] == {"code": "NOT_FOUND"}

    async def test_takes_no_posts(
        self, make_app: MakeApp, client_of: ClientOf, folder: Path
    ) -> None:
        async with client_of(make_app(data_folder=folder)) as client:
            response = await client.post("/graphiql/")

        assert response.status_code == 405
        assert response.headers["allow"] == "GET, HEAD"

    async def test_says_how_to_build_it(
        self, make_app: MakeApp, client_of: ClientOf, tmp_path: Path
    ) -> None:
        async with client_of(make_app(data_folder=tmp_path)) as client:
            response = await client.get("/graphiql/")

        assert response.status_code == 404
        [error] = response.json()["errors"]
        assert "make graphiql" in error["message"]
        assert error["extensions"] == {"code": "NOT_FOUND"}


class TestSignIn:
    async def test_lists_the_seeded_people(self, make_app: MakeApp, client_of: ClientOf) -> None:
        async with client_of(make_app(options=DEMONSTRATION)) as client:
            response = await client.get("/graphiql/people")

        assert response.json() == [
            {"name": "Grace Wanjiru", "role": "learner", "email": "grace@example.com"}
        ]

    async def test_gives_an_access_token(self, make_app: MakeApp, client_of: ClientOf) -> None:
        async with client_of(make_app(options=DEMONSTRATION)) as client:
            response = await client.post("/graphiql/sign-in", json={"email": GRACE.email})

        assert response.status_code == 200
        assert response.json() == {"accessToken": "amara-token"}
        assert response.headers["cache-control"] == "no-store"

    async def test_knows_nobody_else(self, make_app: MakeApp, client_of: ClientOf) -> None:
        async with client_of(make_app(options=DEMONSTRATION)) as client:
            response = await client.post("/graphiql/sign-in", json={"email": "x@example.com"})

        assert response.status_code == 404
        assert response.json()["errors"][0]["extensions"] == {"code": "NOT_FOUND"}

    @pytest.mark.parametrize(
        ("body", "content_type", "status"),
        [
            (b"{", "application/json", 400),
            (b"[]", "application/json", 400),
            (b'{"email": 1}', "application/json", 400),
            (b'{"email": "grace@example.com"}', "text/plain", 415),
            (b" " * 2000, "application/json", 413),
        ],
    )
    async def test_refuses_bad_requests(
        self, make_app: MakeApp, client_of: ClientOf, body: bytes, content_type: str, status: int
    ) -> None:
        async with client_of(make_app(options=DEMONSTRATION)) as client:
            response = await client.post(
                "/graphiql/sign-in", content=body, headers={"Content-Type": content_type}
            )

        assert response.status_code == status
        assert response.json()["errors"][0]["extensions"]["code"]


class TestProduction:
    @pytest.fixture
    def production(self) -> dict[str, object]:
        return {"environment": "production", "options": DEMONSTRATION}

    @pytest.mark.parametrize("path", ["", "/", "/people", "/assets/index.js"])
    async def test_has_no_page(
        self,
        make_app: MakeApp,
        client_of: ClientOf,
        folder: Path,
        production: dict[str, object],
        path: str,
    ) -> None:
        async with client_of(make_app(data_folder=folder, **production)) as client:
            response = await client.get(f"/graphiql{path}")

        assert response.status_code == 404
        assert "make" not in response.text

    async def test_has_no_sign_in(
        self, make_app: MakeApp, client_of: ClientOf, production: dict[str, object]
    ) -> None:
        async with client_of(make_app(**production)) as client:
            response = await client.post("/graphiql/sign-in", json={"email": GRACE.email})

        assert response.status_code == 404

    async def test_answers_browsers_in_json(
        self, make_app: MakeApp, client_of: ClientOf, production: dict[str, object]
    ) -> None:
        async with client_of(make_app(**production)) as client:
            response = await client.get("/graphql", headers={"Accept": BROWSER})

        assert response.status_code == 400
        assert response.headers["content-type"] == "application/json; charset=utf-8"
