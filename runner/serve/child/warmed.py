"""Warms the process that imports it: LiveKit's forkserver, which imports it by its name."""

from __future__ import annotations

import json
import os

from runner.serve.child.warm import PLAN, warm_up

if PLAN in os.environ:
    warm_up(json.loads(os.environ.pop(PLAN)))
