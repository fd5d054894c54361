"""LiveKit's log in the console of an author."""

from __future__ import annotations

import logging

from runner.session.observers.log_filter import install_log_filter


def test_tracebacks_are_taken_out(caplog):
    """A record with a traceback is hidden, unless somebody debugs; other records stay."""
    install_log_filter()
    log = logging.getLogger("livekit.agents")
    log.error("Error in _llm_inference_task", exc_info=ValueError("inner"))
    log.warning("ToolError while executing tool")
    log.warning("skipping reply to user input, current speech generation cannot be interrupted")
    log.warning("the connection is slow")
    assert [r.getMessage() for r in caplog.records] == ["the connection is slow"]
    caplog.clear()
    with caplog.at_level(logging.DEBUG, logger="livekit"):
        log.error("hidden", exc_info=ValueError("inner"))
    assert [(r.levelname, r.exc_info) for r in caplog.records] == [("DEBUG", None)]
