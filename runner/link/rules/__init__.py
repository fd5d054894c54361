"""The rules over all files: one module each. A new one is a module here and its line in `RULES`."""

from __future__ import annotations

from runner.link.rule import Rule
from runner.link.rules import (
    arguments,
    braces,
    environment,
    fixed_at_load,
    grammar,
    no_agent,
    no_instructions,
    no_provider,
    nothing_to_remember,
    personas,
    plugins,
    prompts,
    providers,
    secrets,
    stored,
    taken_names,
    tools,
    typed_json,
    unread_body,
    unused,
    unused_variables,
    value_on_the_way,
    values,
    variables,
)

RULES: tuple[Rule, ...] = (
    arguments.RULE,
    braces.RULE,
    environment.RULE,
    fixed_at_load.RULE,
    grammar.RULE,
    no_agent.RULE,
    no_instructions.RULE,
    no_provider.RULE,
    nothing_to_remember.RULE,
    personas.RULE,
    plugins.RULE,
    prompts.RULE,
    providers.RULE,
    secrets.RULE,
    stored.RULE,
    taken_names.RULE,
    tools.RULE,
    typed_json.RULE,
    unread_body.RULE,
    unused.RULE,
    unused_variables.RULE,
    value_on_the_way.RULE,
    values.RULE,
    variables.RULE,
)
"""All of them; what they find is sorted by place afterwards."""
