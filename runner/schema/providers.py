"""Providers: models, ears and voices by name."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from runner.schema.http import Json
from runner.schema.types.blocks import Block, key, kinds
from runner.schema.types.names import Name


class PluginName(Name):
    """A plugin: an entry point, a built-in, or an installed LiveKit plugin."""

    __slots__ = ()
    section = "plugins"


class _Provider(Block):
    noun: ClassVar[str] = "a provider"
    stray: ClassVar[str] = "an option of the plugin stands below with:"

    options: dict[str, Json] = key("options of the plugin", {}, alias="with")

    @property
    def plugin(self) -> PluginName:
        """The plugin's name, whatever the kind."""
        name: PluginName = getattr(self, self.kind)
        return name


class LlmProvider(_Provider):
    """A model."""

    kind: ClassVar[str] = "llm"

    llm: PluginName = key("a language model: the plugin's name")


class SttProvider(_Provider):
    """Ears."""

    kind: ClassVar[str] = "stt"

    stt: PluginName = key("speech to text: the plugin's name")


class TtsProvider(_Provider):
    """A voice."""

    kind: ClassVar[str] = "tts"

    tts: PluginName = key("text to speech: the plugin's name")


class VadProvider(_Provider):
    """Something that tells speech from silence."""

    kind: ClassVar[str] = "vad"

    vad: PluginName = key("voice activity detection: the plugin's name")


Provider: TypeAlias = kinds("a provider", LlmProvider, SttProvider, TtsProvider, VadProvider)  # type: ignore[valid-type]  # built from the classes
AnyProvider = LlmProvider | SttProvider | TtsProvider | VadProvider
