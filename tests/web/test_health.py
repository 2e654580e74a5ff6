"""What operators and routers ask of a process."""

import asyncio
import platform as interpreter
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from core.errors import StoreUnavailable
from tests.web.world import JWKS, Client, FakePlatform
from web.health import build, commit_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class TestAlive:
    async def test_answers_whatever_its_dependencies_do(
        self, client: Client, platform: FakePlatform
    ) -> None:
        async def away() -> None:
            raise StoreUnavailable("Redis")

        platform.failing = {"redis": away}

        response = await client.get("/healthz")

        assert response.status_code == 200
        assert response.json() == {"status": "alive"}
        assert response.headers["cache-control"] == "no-store"


class TestReady:
    async def test_names_every_dependency(self, client: Client) -> None:
        response = await client.get("/readyz")

        assert response.status_code == 200
        assert response.json() == {
            "status": "ready",
            "checks": {"postgresql": "ok", "mongodb": "ok", "redis": "ok"},
        }

    async def test_says_which_dependency_is_away(
        self, client: Client, platform: FakePlatform
    ) -> None:
        async def away() -> None:
            raise StoreUnavailable("Redis")

        platform.failing = {"redis": away}

        response = await client.get("/readyz")

        assert response.status_code == 503
        assert response.json() == {
            "status": "unavailable",
            "checks": {"postgresql": "ok", "mongodb": "ok", "redis": "failed"},
            "errors": [
                {
                    "message": "Redis does not answer at the moment. Send the same request again.",
                    "extensions": {"code": "SERVICE_UNAVAILABLE", "dependency": "redis"},
                }
            ],
        }

    async def test_hides_unexpected_failures(self, client: Client, platform: FakePlatform) -> None:
        async def broken() -> None:
            raise RuntimeError("marker-41")

        platform.failing = {"mongodb": broken}

        response = await client.get("/readyz")

        assert response.status_code == 503
        assert response.json()["checks"]["mongodb"] == "failed"
        assert "marker-41" not in response.text

    async def test_waits_for_all_at_once_and_for_none_too_long(
        self, client: Client, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("web.health.CHECK_SECONDS_MAX", 0.05)
        waiting = 0
        together = asyncio.Event()

        async def hangs() -> None:
            nonlocal waiting
            waiting += 1
            if waiting == 2:
                together.set()
            await asyncio.Event().wait()

        platform.failing = {"redis": hangs, "mongodb": hangs}

        async with asyncio.timeout(5):
            response = await client.get("/readyz")

        assert together.is_set()
        assert response.status_code == 503
        assert response.json()["checks"] == {
            "postgresql": "ok",
            "mongodb": "failed",
            "redis": "failed",
        }
        assert "did not answer within" in response.json()["errors"][0]["message"]


class TestBuild:
    async def test_says_what_runs(self, client: Client) -> None:
        response = await client.get("/version")

        assert response.status_code == 200
        assert response.json() == build()
        assert response.json()["name"] == "azora"
        assert response.json()["version"] == "0.1.0"
        assert response.json()["python"] == interpreter.python_version()

    def test_reads_the_version_of_a_copy_that_is_not_installed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def absent(name: str) -> str:
            raise PackageNotFoundError(name)

        monkeypatch.setattr("web.health.version", absent)
        build.cache_clear()

        assert build()["version"] == "0.1.0"
        build.cache_clear()

    def test_finds_a_loose_reference(self, tmp_path: Path) -> None:
        (tmp_path / ".git/refs/heads").mkdir(parents=True)
        (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
        (tmp_path / ".git/refs/heads/main").write_text(f"{COMMIT}\n")

        assert commit_of(tmp_path) == COMMIT

    def test_finds_a_packed_reference(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
        (tmp_path / ".git/packed-refs").write_text(
            f"# pack-refs with: peeled\n{'f' * 40} refs/heads/other\n{COMMIT} refs/heads/main\n"
        )

        assert commit_of(tmp_path) == COMMIT

    def test_finds_a_detached_head(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git/HEAD").write_text(f"{COMMIT}\n")

        assert commit_of(tmp_path) == COMMIT

    def test_knows_none_before_the_first_commit(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
        assert commit_of(tmp_path) is None

        (tmp_path / ".git/packed-refs").write_text("# pack-refs with: peeled\n")
        assert commit_of(tmp_path) is None

    def test_knows_none_without_a_repository(self, tmp_path: Path) -> None:
        assert commit_of(tmp_path) is None


class TestKeys:
    async def test_publishes_the_platforms_keys(self, client: Client) -> None:
        response = await client.get("/.well-known/jwks.json")

        assert response.status_code == 200
        assert response.json() == JWKS
        assert response.headers["cache-control"] == "public, max-age=300"
