"""Fixtures of the resolvers' tests: crowds of rows."""

import pytest

from tests.resolvers.crowds import Crowds


@pytest.fixture
def crowds(platform):
    return Crowds(platform)
