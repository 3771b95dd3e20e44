"""Numbers beside bars: bars that differ in length have words that differ."""

from __future__ import annotations

import pytest

from spotscope.widgets.parts._bars import told_apart


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([2.5, -1.25, 0.4], ["+2.5", "−1.2", "+0.4"]),
        ([0.34, 0.31, -0.2], ["+0.34", "+0.31", "−0.20"]),
        ([0.3141, 0.3142, 0.1], ["+0.3", "+0.3", "+0.1"]),  # as long as one another
        ([0.3, -0.3], ["+0.3", "−0.3"]),
        ([0.0412, 0.0405, 0.0398], ["+0.0412", "+0.0405", "+0.0398"]),
        ([1000.2, 1.0, 1.01], ["+1000.2", "+1.0", "+1.0"]),
        ([0.0], ["+0.0"]),
        ([], []),
    ],
)
def test_bars_that_differ_in_length_are_told_apart_by_few_digits(values, said):
    assert told_apart(values) == said
