"""How long is waited between attempts."""

from __future__ import annotations

import pytest

from runner.external.waits import reserve, wait


@pytest.mark.parametrize(("attempt", "most"), [(0, 1.0), (1, 2.0), (2, 4.0), (3, 5.0), (40, 5.0)])
def test_a_wait_is_random_below_twice_the_one_before(attempt, most):
    """Full jitter: between nothing and the smaller of max_wait and initial_wait·2ⁿ."""
    waits = [wait(attempt, 1.0, 5.0, 60.0) for _ in range(500)]
    assert all(0 <= each <= most for each in waits)
    assert max(waits) > most * 0.8
    assert min(waits) < most * 0.2


def test_what_the_program_wants_is_heeded_within_the_deadline():
    """Retry-After is waited exactly; beyond the deadline there is no further attempt."""
    assert wait(0, 1.0, 5.0, 60.0, retry_after=7.0) == 7.0
    assert wait(0, 1.0, 5.0, 6.0, retry_after=7.0) is None
    assert wait(5, 10.0, 10.0, 0.05) is None


@pytest.mark.parametrize(("deadline", "left"), [(30.0, 2.0), (5.0, 1.0), (1.0, 0.2)])
def test_a_part_of_the_deadline_is_left_for_the_fallback(deadline, left):
    """It is there when the deadline is over, not called then."""
    assert reserve(deadline) == pytest.approx(left)
