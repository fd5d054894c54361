"""Work of a command that waits."""

import asyncio

import pytest

from runner.cli import asynchronous


async def seven():
    return 7


async def cut_off():
    raise asyncio.CancelledError


def test_what_it_comes_to_is_returned():
    """As `asyncio.run` has it."""
    assert asynchronous.run(seven()) == 7


def test_ctrl_c_before_the_work_has_begun_is_ctrl_c():
    """`asyncio.run` raises what it cancelled the work with then, which would be a traceback."""
    with pytest.raises(KeyboardInterrupt):
        asynchronous.run(cut_off())
