"""The ways in which a service sends a value back."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote

ECHOES = {
    "as it is": str,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "backwards": lambda s: s[::-1],
    "in hex": lambda s: s.encode().hex(),
    "in capitals of hex": lambda s: s.encode().hex().upper(),
    "in base64": lambda s: base64.b64encode(s.encode()).decode(),
    "in base64 with a name": lambda s: base64.b64encode(f"me:{s}".encode()).decode(),
    "in base64 of urls": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "in percent": lambda s: "".join(f"%{b:02X}" for b in s.encode()),
    "in percent where it must be": quote,
    "in JSON": lambda s: json.dumps(s)[1:-1],
    "in HTML": html.escape,
}
"""Name → how a service may write a value that it sends back."""
