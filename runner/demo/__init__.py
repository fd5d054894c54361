"""The service of the demonstration: a clinic's calendar and invoices, started when a tool asks `demo.localhost`.

`.localhost` never leaves the machine (RFC 6761), so a folder that names this host cannot mean anybody else's service.
"""

from __future__ import annotations

HOST = "demo.localhost"
"""The host under which tools reach it, whatever port it got."""
