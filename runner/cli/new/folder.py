"""The files of a new folder of agents, and of a program beside it that takes its calls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_EXAMPLES: Final = Path(__file__).with_name("programs")
"""The examples of external agents, which are tried with a real LiveKit server."""

_DESK: Final = """\
# Talk with it: lkrun chat
agents:
  desk:
    mode: text
    start: clerk
    llm: brain

personas:
  clerk:
    instructions: You answer for a small shop. Be brief and friendly.
    greeting:
      say: Hello. What can I do for you?

providers:
  brain:
    llm: script            # a model without a key, for the first minutes; then: openai/gpt-4.1-mini
    with:
      rules:
        - when_caller_says: open
          say: We are open from nine to five.
      otherwise: I will ask a colleague.
"""


@dataclass(frozen=True, slots=True)
class Template:
    """A beginning of a folder.

    Attributes:
        about: what it is.
        program: which of the programs stands beside it; empty: none.
        files: of the program.
        run: how the program is started, in its folder.
    """

    about: str
    program: str = ""
    files: tuple[str, ...] = ()
    run: str = ""


TEMPLATES: Final = {
    "desk": Template("an agent by text, without a key"),
    "external-python": Template(
        "a program in Python that takes the call",
        "python",
        (".env.example", "Dockerfile", "README.md", "agent.py", "requirements.txt"),
        "pip install -r requirements.txt && python agent.py",
    ),
    "external-typescript": Template(
        "a program in TypeScript that takes the call",
        "typescript",
        (
            ".env.example", "Dockerfile", "README.md", "package.json", "tsconfig.json",
            "src/agent.ts", "src/index.ts", "src/messages.ts", "src/model.ts",
        ),
        "npm install && npm run build && npm start",
    ),
    "external-go": Template(
        "a program in Go that takes the call",
        "go",
        (
            ".env.example", "Dockerfile", "README.md", "call.go", "chime.ogg", "go.mod", "go.sum",
            "main.go", "voice.go", "verify/verify.go",
        ),
        "go run .",
    ),
}  # fmt: skip
"""Name → template."""

PROGRAM: Final = "concierge"
"""The folder of the program, beside that of the agents."""


def files(template: Template) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The files below the folder of agents, and those of the program."""
    if not template.program:
        return {"agents.yaml": _DESK.encode()}, {}
    text = (_EXAMPLES / "agents.d/agents.yaml").read_text(encoding="utf-8")
    text = text.replace("../python", f"../{PROGRAM}")
    place = _EXAMPLES / template.program
    return {"agents.yaml": text.encode()}, {n: (place / n).read_bytes() for n in template.files}
