"""A gateway over five services and the one process change equal worlds alike, or refuse alike."""

from collections.abc import Mapping
from datetime import datetime

import pytest

from tests.gateway.comparing import assert_same_faults, cookie_changes, outcomes, settled
from tests.gateway.conftest import TokenOf
from tests.gateway.deviations import assert_right, deviation_of
from tests.gateway.operations import Case, cases_of
from tests.gateway.sides import Sides


@pytest.mark.parametrize("case", cases_of("writes"), ids=str)
async def test_both_sides_change_the_same(
    sides: Sides, names: Mapping[str, str], token_of: TokenOf, began: datetime, case: Case
) -> None:
    variables, token = case.variables_in(names), token_of(case.viewer)

    gateway, in_process = await sides.ask(case.document, variables, token=token)

    assert outcomes(in_process) == list(case.answers)
    assert sorted(in_process.codes) == sorted(case.codes)
    assert_same_faults(gateway, in_process)
    assert cookie_changes(gateway) == cookie_changes(in_process)
    deviation = deviation_of(case)
    if deviation is None:
        assert settled(gateway.data, began) == settled(in_process.data, began)
    else:
        assert_right(in_process.data, deviation, names)
        assert settled(gateway.data, began) != settled(in_process.data, began)
