"""Where py-spy may not watch, or finds nobody, that is said; a picture is never half there."""

import pytest

from benchmarks.engine.flame import CannotWatch, _watch

NOBODY = 2**22 + 1
"""More than Linux's highest process id."""


def test_watching_is_refused_in_words(tmp_path):
    picture = tmp_path / "flame.svg"

    with pytest.raises(CannotWatch, match="process"):
        _watch(NOBODY, picture, 1)

    assert not picture.exists()
