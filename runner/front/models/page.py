"""What the page shows."""

from __future__ import annotations

from pydantic import Field, RootModel

from runner.front.models.agents import AgentRow
from runner.front.models.base import ReplyBody
from runner.front.models.releases import DiagnosticRow, ReleaseReply


class TapFieldRow(ReplyBody):
    """Something that the caller's app sends."""

    name: str
    type: str
    choices: list[str] = Field(description="Those that are known; empty: any value")
    optional: bool


class TapRow(ReplyBody):
    """What the caller's app may ask for: a method of `app.on`."""

    name: str
    fields: list[TapFieldRow]


class PageAgent(AgentRow):
    """An agent as the page shows it; `meet` is where to talk with it by voice."""

    meet: str | None
    suggestions: list[str]
    keypad: bool
    taps: list[TapRow]
    variables: list[str] = Field(description="All that it may come to know")


class FolderStatus(ReplyBody):
    """How the folder stands, and what its last change was."""

    broken: bool = Field(description="Whether its files are not served, since they have mistakes")
    looked: str = Field(description="When they were last looked at")
    diagnostics: list[DiagnosticRow]
    changed: str | None = Field(description="When another release was last served")
    release: str | None = Field(description="That release")
    changes: list[str] = Field(description="What callers notice of it, in words")


class PreviewStatus(ReplyBody):
    """A preview of what is saved, whose link somebody has."""

    expires: str = Field(description="Until when a conversation may begin")


class PageData(ReplyBody):
    """What the page shows before anybody talks."""

    version: str
    livekit: str | None
    release: ReleaseReply
    agents: list[PageAgent]
    folder: FolderStatus
    dev: bool = Field(description="Whether running conversations go on with what is saved")
    preview: PreviewStatus | None


class PictureRow(ReplyBody):
    """A handoff of a persona, and how far down its words stand."""

    label: str
    y: float


class PictureBox(ReplyBody):
    """A persona, and where it stands."""

    name: str
    title: str = Field(description="Its name, as long as there is room")
    begins: str = Field(description="Which calls begin with it, in words; empty: none")
    left: float
    top: float
    wide: float
    tall: float
    rows: list[PictureRow]


class Picture(ReplyBody):
    """The personas of an agent and the ways between them, laid out."""

    wide: int
    tall: int
    boxes: list[PictureBox]
    ways: list[str] = Field(description="Each arrow, as the data of an SVG path")
    sentences: list[str] = Field(description="The same in words")


class ModelName(ReplyBody):
    """A provider, and what it is."""

    name: str
    about: str


class ModelsOfKind(ReplyBody):
    """The providers of a kind that an agent uses."""

    kind: str
    noun: str
    names: list[ModelName]


class Portrait(AgentRow):
    """An agent with its picture and its models."""

    picture: Picture
    models: list[ModelsOfKind]
    tools: list[str]


class Portraits(RootModel[list[Portrait]]):
    """The agents with their pictures."""
