"""Ten thousand random arguments of each parameter type, against what the parameter forbids.

Run: python benchmarks/arguments.py [--examples 10000].
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Run the test with so many examples; its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=10_000)
    env = {**os.environ, "LKRUN_EXAMPLES": str(parser.parse_args().examples)}
    test = "tests/session/test_any_argument.py"
    command = [sys.executable, "-m", "pytest", "-q", "--timeout=0", test]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
