"""A gateway over five services and the one process answer queries alike, whoever asks.

Everybody asks at the same time, so that an answer that reaches the wrong person would be noticed.
"""

import asyncio
from collections.abc import Mapping

import pytest

from tests.gateway.comparing import assert_same_faults
from tests.gateway.conftest import TokenOf
from tests.gateway.deviations import assert_right, deviation_of
from tests.gateway.operations import Case, cases_of, document_of
from tests.gateway.sides import Answer, Sides

VIEWERS = ("anonymous", "owner", "stranger", "admin")


@pytest.mark.parametrize("case", cases_of("reads"), ids=str)
async def test_both_sides_answer_alike(
    sides: Sides, names: Mapping[str, str], token_of: TokenOf, case: Case
) -> None:
    variables = case.variables_in(names)

    answers = await asyncio.gather(
        *(sides.ask(case.document, variables, token=token_of(viewer)) for viewer in VIEWERS)
    )

    by_viewer = dict(zip(VIEWERS, answers, strict=True))
    _, for_admin = by_viewer["admin"]
    assert sorted(for_admin.codes) == sorted(case.codes)
    for viewer, (gateway, in_process) in by_viewer.items():
        _assert_alike(case, names, gateway, in_process, viewer)


def _assert_alike(
    case: Case, names: Mapping[str, str], gateway: Answer, in_process: Answer, viewer: str
) -> None:
    deviation = deviation_of(case)
    if deviation is None:
        assert gateway.data == in_process.data, (viewer, gateway.errors)
        assert_same_faults(gateway, in_process)
    else:
        assert_right(in_process.data, deviation, names)
        assert gateway.data != in_process.data, viewer


@pytest.mark.parametrize(
    ("viewer", "code"), [("anonymous", "UNAUTHENTICATED"), ("stranger", "FORBIDDEN")]
)
async def test_what_is_private_stays_private_behind_the_gateway(
    sides: Sides, names: Mapping[str, str], token_of: TokenOf, viewer: str, code: str
) -> None:
    document, variables = document_of("reads/user_private"), {"id": names["owner"]}

    answer = await sides.gateway.ask(document, variables, token=token_of(viewer))

    private = {name: value for name, value in answer.data["user"].items() if name != "id"}
    assert set(private.values()) == {None}
    assert answer.codes == [code] * len(private)
