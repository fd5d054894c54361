"""Every single change that can be made to a release without naming a key."""

from __future__ import annotations

from runner.link import AgentRelease, Release
from runner.schema.types.blocks import Block

SECTIONS = ("personas", "tools", "providers")


def mutations(release):
    """Yield the owner's name, the path, and the release with one value changed."""
    for name, agent in release.agents.items():
        for path, spec in mutated(agent.agent):
            yield name, ("agents", name, *path), with_agent(release, agent, agent=spec)
        for section in SECTIONS:
            specs = getattr(agent, section)
            for owner, spec in specs.items():
                for path, other in mutated(spec):
                    changed = with_agent(release, agent, **{section: {**specs, owner: other}})
                    yield owner, (section, owner, *path), changed
        for owner, text in agent.prompts.items():
            prompts = {**agent.prompts, owner: f"{text} One more thing."}
            yield owner, ("personas", owner), with_agent(release, agent, prompts=prompts)
    for path, process in mutated(release.process):
        changed = Release(agents=release.agents, process=process)
        yield "the runner", ("runner", *path), changed


def with_agent(release, whole: AgentRelease, /, **parts):
    """Return the release with parts of one agent replaced."""
    other = whole.model_copy(update=parts)
    return release.model_copy(update={"agents": {**release.agents, whole.name: other}})


def mutated(value):
    """Yield path and value for each single change below a value."""
    if isinstance(value, Block):
        for key, name in type(value).keys().items():
            for path, other in (*mutated(getattr(value, name)), *unset(value, name)):
                yield (key, *path), value.model_copy(update={name: other})
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield (str(name),), {k: v for k, v in value.items() if k != name}
            for path, other in mutated(inner):
                yield (str(name), *path), {**value, name: other}
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield (index,), value[:index] + value[index + 1 :]
            for path, other in mutated(inner):
                yield (index, *path), (*value[:index], other, *value[index + 1 :])
    else:
        yield from (((), other) for other in other_values(value))


def unset(block, name):
    """Yield the default of a key that has another value."""
    info = type(block).model_fields[name]
    if not info.is_required() and info.get_default() != getattr(block, name):
        yield (), info.get_default()


def other_values(value):
    """Return another value of the same type; none for nothing."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1]
    return [type(value)(f"{value}x")] if isinstance(value, str) else []
