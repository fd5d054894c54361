"""Open files and core files of the runner."""

import subprocess
import sys

import pytest

from runner.serve.descriptors import connections


@pytest.mark.parametrize(
    ("descriptors", "in_all", "per_address"), [(64, 32, 24), (1024, 512, 384), (65536, 2048, 1536)]
)
def test_half_of_all_descriptors_is_not_the_fronts(descriptors, in_all, per_address):
    """Calls, files and services have their own reserve, however few there are."""
    limits = connections(descriptors)
    assert (limits.in_all, limits.per_address) == (in_all, per_address)


def test_the_limits_of_the_process_are_set():
    """As many files as the system allows may be open, and no core file is written."""
    code = (
        "import resource as r\n"
        "r.setrlimit(r.RLIMIT_NOFILE, (64, 512))\n"
        "from runner.serve.descriptors import prepare\n"
        "limits = prepare()\n"
        "print(r.getrlimit(r.RLIMIT_NOFILE)[0], r.getrlimit(r.RLIMIT_CORE)[0], limits.in_all)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["512", "0", "256"]
