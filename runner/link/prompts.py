"""The prompt files of an agent's personas."""

from __future__ import annotations

from runner.link.scope import Scope
from runner.link.surroundings import LinkContext, Prompt


def prompts_of(scope: Scope, around: LinkContext) -> dict[str, list[Prompt]]:
    """Persona → its prompt files."""
    prompts: dict[str, list[Prompt]] = {}
    for name, persona in scope.personas.items():
        file = scope.table.entries["personas"][name].document.file
        for wanted in persona.instructions_file or ():
            prompts.setdefault(name, []).append(around.prompts[file, str(wanted)])
    return prompts
