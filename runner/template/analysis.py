"""What a template uses and what is wrong with it, told when the files are loaded."""

from __future__ import annotations

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

    return template(text).analysis


def analyse_condition(text: str) -> Analysis:
    """Find out the same of an `if`, which is an expression without braces. Never raises."""
    from runner.template.grammar import condition  # noqa: PLC0415  (as above)

    return condition(text).analysis
