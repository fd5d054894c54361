"""What a template uses and what is wrong with it, told when the files are loaded."""

from __future__ import annotations

from dataclasses import replace

from runner.template.findings import Analysis, has_template


def analyse(text: str) -> Analysis:
    """Find out what a text uses and what is wrong with it. Never raises.

    Args:
        text: any text of the files; one without braces costs nothing.

    Returns:
        Its uses and problems. A text that cannot be read has no uses; one with an
        unknown filter has.
    """
    if not has_template(text):
        return Analysis(literal=True)
    from runner.template.grammar import template  # noqa: PLC0415  (Jinja2 only where there are braces)

    return _tried(text, template(text).analysis, condition=False)


def analyse_condition(text: str) -> Analysis:
    """Find out the same of an `if`, which is an expression without braces. Never raises."""
    from runner.template.grammar import condition  # noqa: PLC0415  (as above)

    return _tried(text, condition(text).analysis, condition=True)


def _tried(text: str, analysis: Analysis, *, condition: bool) -> Analysis:
    from runner.template.trial import failing  # noqa: PLC0415  (as above)

    if analysis.problems:
        return analysis
    return replace(analysis, problems=failing(text, analysis, condition=condition))
