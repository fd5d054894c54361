"""Models of LiveKit Inference that an agent names, beside those that it is known to have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import SequenceMatcher

from runner.diagnostics import Diagnostic, Span
from runner.diagnostics.nearest import nearest
from runner.late_pattern import late
from runner.provider_kinds import BY_KEY
from runner.providers.inference_models import MODELS
from runner.providers.makers import INFERENCE_MAKERS, OPTIONS

_DIGITS = late(r"\d")

_CLOSE = 0.85
"""How alike a misspelt model is to what was meant: `gpt-5-pro` is not `gpt-5-nano`."""


IN_WITH = "inference"
"""The plugin whose option `model` names one."""


def judged(
    name: str,
    kind: str,
    span: Span,
    is_plugin: Callable[[str, str], bool],
    *,
    in_with: bool = False,
) -> Iterator[Diagnostic]:
    """Warn of what is probably no model there; a new one is nobody's mistake.

    Args:
        name: `maker/model`, with `:` and a voice or language behind it where there is one.
        kind: of provider.
        span: where it stands.
        is_plugin: whether a plugin of a kind has this name.
        in_with: whether it stands below `with:` of a provider.
    """
    maker, _, rest = name.partition("/")
    model, colon, detail = rest.partition(":")
    if maker not in INFERENCE_MAKERS:
        told = _of_plugin if is_plugin(kind, maker) else _of_maker
        yield from told(maker, rest, kind, span, in_with=in_with)
        return
    if model in MODELS.get(kind, {}).get(maker, ()):
        return
    other = next((k for k, makers in MODELS.items() if model in makers.get(maker, ())), None)
    if other is not None:
        if in_with or {kind, other} != {"llm", "realtime"}:  # told as an error
            message = (
                f"'{maker}/{model}' is a model of LiveKit Inference for {other}:, not for {kind}:"
            )
            example = BY_KEY[kind].example
            hint = f"write {other}: {name}, and here one such as {example}"
            if in_with:
                hint = f"write here one such as {example}, or {other}: inference above"
            yield Diagnostic(span, "W401", message, hint)
        return
    close = _misspelt(model, MODELS.get(kind, {}).get(maker, ()))
    if close is not None:
        message = f"'{maker}/{model}' is no model that LiveKit Inference is known to have"
        yield Diagnostic(span, "W401", message, f"did you mean '{maker}/{close}{colon}{detail}'?")


def _of_plugin(
    maker: str, model: str, kind: str, span: Span, *, in_with: bool
) -> Iterator[Diagnostic]:
    message = f"'{maker}' is no maker whose models LiveKit Inference is known to have"
    option = f"{OPTIONS.get(kind, 'model')}: {model}"
    hint = (
        f"below providers:, give a provider of your own {kind}: {maker} and, below with:, "
        f"{option}; then write that provider's name here"
    )
    if in_with:
        hint = f"write {kind}: {maker} above, and here {option}"
    yield Diagnostic(span, "W401", message, hint)


def _of_maker(
    maker: str, model: str, _kind: str, span: Span, *, in_with: bool
) -> Iterator[Diagnostic]:
    del in_with  # the help is the same
    close = nearest(maker, INFERENCE_MAKERS)
    if close is not None and len(maker) > len("zai"):  # all three letters are near each other
        message = f"'{maker}' is no maker whose models LiveKit Inference is known to have"
        yield Diagnostic(span, "W401", message, f"did you mean '{close}/{model}'?")


def _misspelt(model: str, known: tuple[str, ...]) -> str | None:
    """The model that was meant, where only letters and marks differ, and few of them."""
    same = [each for each in known if _DIGITS.findall(each) == _DIGITS.findall(model)]
    close = nearest(model, same)
    if close is None:
        return None
    alike = SequenceMatcher(None, model.casefold().replace("_", "-"), close.casefold()).ratio()
    return close if alike >= _CLOSE else None
