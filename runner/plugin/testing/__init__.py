"""A pytest suite for any model, speech recognition or voice: what a call will ask of it.

Subclass the suite of the kind in a test module and say how the object is made::

    from runner.plugin.testing import TTSSuite

    class TestParrot(TTSSuite):
        def make(self):
            return build(Options())

`broken` may make one whose service fails; without it the tests of failures are skipped. Each test
has an event loop of its own, closes what it made, and fails where a task is left behind. pytest and
livekit-agents are all that it needs.
"""

from runner.plugin.testing.ears import STTSuite
from runner.plugin.testing.models import LLMSuite
from runner.plugin.testing.voices import TTSSuite

__all__ = ["LLMSuite", "STTSuite", "TTSSuite"]
