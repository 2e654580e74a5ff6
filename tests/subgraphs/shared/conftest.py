"""What the tests of shared types need: the codes of a request that must be refused."""

import pytest

from graph.engine import RequestRejected


@pytest.fixture
def refusal_codes(ask):
    """Runs a request that must be refused before anything ran, and answers with its codes."""

    async def run(document, **variables):
        try:
            result = await ask(document, **variables)
        except RequestRejected as rejection:
            return {error["extensions"]["code"] for error in rejection.errors}
        assert not result.has_data
        return {error["extensions"]["code"] for error in result.errors}

    return run
