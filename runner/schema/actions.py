"""Actions: what is done, in order, wherever the language lets something be done."""

from typing import Annotated, ClassVar, TypeAlias

from runner.schema.transfer import AnyTransfer
from runner.schema.types.blocks import Block, OneOrList, key, kinds
from runner.schema.types.files import SoundName
from runner.schema.types.measures import SomeTime
from runner.schema.types.names import MethodName, NeedName, PersonaName, ToolName, VariableName
from runner.schema.types.pressed import Keys
from runner.schema.types.texts import Condition, Stored, Told
from runner.schema.types.values import OnlyYes, YesNo
from runner.schema.types.words import SayOrYes, Words

BACK = "back"
"""`handoff: back`: to the persona that the call came from."""


class _Action(Block):
    noun: ClassVar[str] = "an action"
    typical: ClassVar[tuple[str, ...]] = ("say", "instructions", "handoff")

    condition: Condition | None = key("done only while this is true", None, alias="if")


class Say(_Action):
    """Speaks fixed words, and waits until they are spoken."""

    kind: ClassVar[str] = "say"

    say: Words = key("words for the caller, spoken exactly; a list is used in turn")
    interruptible: YesNo = key("whether the caller may interrupt", True)


class Instruct(_Action):
    """Lets the model speak in its own words."""

    kind: ClassVar[str] = "instructions"

    instructions: Told = key("what the model should say now, in its own words")
    interruptible: YesNo = key("whether the caller may interrupt", True)


class Play(_Action):
    """Plays a sound, and waits until it is over."""

    kind: ClassVar[str] = "play"

    play: SoundName = key(
        "a sound file of the folder (WAV, MP3, Ogg or FLAC, 5 MB at most), or one of `city` "
        "`forest` `office` `crowd` `keyboard` `keyboard2` `hold_music`; 60s of it at most"
    )
    interruptible: YesNo = key("whether the caller may interrupt", True)


class Set(_Action):
    """Stores values."""

    kind: ClassVar[str] = "set"

    set: dict[VariableName, Stored] = key("variable → value")


class RunTool(_Action):
    """Runs a tool without the model."""

    kind: ClassVar[str] = "tool"

    tool: ToolName = key("the name of a tool that is run without the model")
    arguments: dict[str, Stored] = key("argument → value", {}, alias="with")


class CallApp(_Action):
    """Calls a method of the caller's app; if it fails, the list goes on."""

    kind: ClassVar[str] = "app"
    stray: ClassVar[str] = "a value that is sent belongs below with:"

    app: MethodName = key("a method of the caller's app; where that fails, the list goes on")
    arguments: dict[str, Stored] = key("name → value, sent to it as JSON", {}, alias="with")
    timeout: SomeTime = key("the longest that the app may take", 5.0)


class AskAgain(_Action):
    """Forgets what was known, and asks the caller once more."""

    kind: ClassVar[str] = "ask_again"

    ask_again: NeedName = key("the name of a need: it is forgotten and asked for once more")


class HandOff(_Action):
    """Hands the call to a persona; ends the list."""

    kind: ClassVar[str] = "handoff"

    handoff: PersonaName = key("the persona that takes over, or back")


class EndCall(_Action):
    """Ends the call."""

    kind: ClassVar[str] = "end_call"

    end_call: SayOrYes = key("yes (at once), or words said first")


class MustCall(_Action):
    """Has the model call a tool, with arguments of its own."""

    kind: ClassVar[str] = "must_call"

    must_call: ToolName = key("the tool that the model's next reply begins with a call of")


class OptOut(_Action):
    """Puts the caller's number on the list of those who are never called."""

    kind: ClassVar[str] = "opt_out"

    opt_out: OnlyYes = key(
        "yes: the number of who is on the telephone is put on the list of those who are never "
        "called (`lkrun optout`); a call by an app has none"
    )


class PressKeys(_Action):
    """Presses keys of a telephone, as in the menu of somebody else."""

    kind: ClassVar[str] = "press_keys"

    press_keys: Keys = key("keys that the agent presses, such as 1w#: w waits half a second")


class Transfer(AnyTransfer):
    """Puts the caller through to a person on the telephone."""

    on_failure: "Actions" = key(
        "done where it fails: nobody answers, the line is busy, the caller has no telephone; "
        "without it lkrun says `not_put_through` of [texts](texts.md), or the model is told",
        (),
        names=("error",),
    )


class TransferCall(_Action):
    """Puts the caller through to a person on the telephone; ends the list when it succeeds."""

    kind: ClassVar[str] = "transfer_call"

    transfer_call: Transfer = key("whom the caller is put through to, and how")


Action: TypeAlias = kinds(  # type: ignore[valid-type]  # built from the classes
    "an action",
    AskAgain,
    CallApp,
    EndCall,
    HandOff,
    Instruct,
    MustCall,
    OptOut,
    Play,
    PressKeys,
    RunTool,
    Say,
    Set,
    TransferCall,
)
AnyAction = (
    AskAgain
    | CallApp
    | EndCall
    | HandOff
    | Instruct
    | MustCall
    | OptOut
    | Play
    | PressKeys
    | RunTool
    | Say
    | Set
    | TransferCall
)


def tool_of(block: Block) -> str | None:
    """The tool that an action runs, or has the model call."""
    match block:
        case RunTool():
            return str(block.tool)
        case MustCall():
            return str(block.must_call)
    return None


Actions = Annotated[tuple[Action, ...], OneOrList(words=("end_call", "opt_out"))]
"""One action, a list of them, or a bare word: `end_call`, `opt_out`."""

ErrorActions = Annotated[
    tuple[Action, ...], OneOrList(words=("end_call", "opt_out"), text_as="instructions")
]
"""As `Actions`; a bare text is instructions to the model."""

Speech: TypeAlias = kinds("a greeting", Instruct, Play, Say)  # type: ignore[valid-type]  # built from the classes
"""An action that speaks."""

ACTION_KEYS = frozenset[str]().union(*(kind.keys() for kind in Say.kinds))
"""The keys of all actions."""

# what is done where it fails are actions too, so only now are all keys of it known
Transfer.model_rebuild(_types_namespace={"Actions": Actions})
