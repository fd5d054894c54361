"""Every kind of tool, called by the model."""

from __future__ import annotations

import json
import textwrap

import pytest

from runner.egress.port import Attempt, ToolResponse
from runner.schema.tools import TOOLS
from runner.session.action_context import ActionContext
from runner.session.actions import run_tool
from runner.session.tools.calls import ToolCall
from runner.session.tools.kind import kind_of

FOLDER = """
agents:
  desk:
    start: reception
    mode: text
    llm: brain
    variables:
{variables}
    tools:
{listed}
personas:
  reception:
    instructions: You answer the phone.{instructions}
tools:
{tools}
providers:
  brain:
    llm: script
    with:
      rules:
{rules}
        - when_tool_failed: "yes"
          say: "Failed: {{answer}}"
        - when_tool_answered: "yes"
          say: "Done: {{answer}}"
"""


def rule(words, tool, **arguments):
    """A rule of the scripted model: on these words, call a tool."""
    lines = [f"- when_caller_says: {words}", "  call:", f"    {tool}:"]
    lines += [f"      {name}: {json.dumps(value)}" for name, value in arguments.items()]
    if not arguments:
        lines[1:] = [f"  call: {tool}"]
    return "\n".join(lines)


def folder(*rules, tools="", listed=(), variables="clinic: Sunrise", instructions=""):
    """A folder of one persona that has these tools, and a model with these rules."""

    def below(text, depth):
        return textwrap.indent(textwrap.dedent(text).strip("\n"), " " * depth)

    tools = tools or "spare:\n  description: Not used\n  say: Nothing"
    return FOLDER.format(
        variables=below(variables, 6),
        listed=below("\n".join(f"- {name}" for name in listed), 6),
        tools=below(tools, 2),
        rules=below("\n".join(rules), 8),
        instructions=instructions,
    )


FIND = """
find:
  description: Find slots in {{ clinic }}
  parameters:
    day:
      type: date
    kind:
      type: choice
      choices:
        - check-up
        - filling
      optional: yes
    seats:
      type: integer
      default: "2"
  http:
    url: https://api.example/slots/{{ args.day }}
"""


@pytest.mark.proves("HttpTool.parameters", "HttpTool.http", "Field.default")
async def test_http_tool_asks_the_egress(begin):
    """The egress gets converted arguments, defaults, and all that templates may use."""
    talk = await begin(
        folder(
            rule("monday", "find", day="2026-12-04", kind="Filling"), tools=FIND, listed=["find"]
        ),
        ToolResponse(ok=True, output='["14:30"]', result={"slots": ["14:30"]}),
    )
    events = await talk.say("monday")
    assert events.kinds == ["user", "tool_call", "tool_result", "agent"]
    assert events[1]["arguments"] == {"day": "2026-12-04", "kind": "Filling"}
    assert events[2] | {"turn": 1} == {
        "turn": 1,
        "type": "tool_result",
        "persona": "reception",
        "name": "find",
        "call_id": events[1]["call_id"],
        "output": '["14:30"]',
        "error": False,
    }
    (ask,) = talk.service.asked
    assert ask.tool == "find"
    assert ask.arguments == {"day": "2026-12-04", "kind": "filling", "seats": 2}
    assert ask.values["clinic"] == "Sunrise"
    assert ask.values["call"]["persona"] == "reception"
    json.dumps(ask.values)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"day": "tomorrow"}, "'day' must be a date such as 2026-12-04, not 'tomorrow'"),
        ({"kind": "filling"}, "'day' is missing: a date such as 2026-12-04 is needed"),
        ({"day": "2026-12-04", "kind": "x"}, "'kind' must be one of: check-up, filling, not 'x'"),
        ({"day": "2026-12-04", "dya": "x"}, "there is no parameter 'dya', did you mean 'day'?"),
        (
            {"day": "2026-12-04", "zzzzzz": "x"},
            "there is no parameter 'zzzzzz'; parameters: day, kind, seats",
        ),
        ({"day": "2026-12-04", "seats": "many"}, "'seats' must be a whole number, not 'many'"),
    ],
)
async def test_wrong_arguments_reach_no_service(begin, arguments, problem):
    """Arguments that do not fit are told to the model by name, before anything runs."""
    talk = await begin(
        folder(rule("monday", "find", **arguments), tools=FIND, listed=["find"]),
        ToolResponse(ok=True, output="never"),
    )
    events = await talk.say("monday")
    assert talk.service.asked == []
    assert events.failed == [True]
    assert problem in events.outputs[0]
    assert events.texts[-1].startswith("Failed: find was not run: ")


@pytest.mark.proves("HttpTool.result", "Result.save")
async def test_saved_values_become_variables(begin, caplog):
    """What an answer saves is converted by type; what does not fit is logged and left empty."""
    talk = await begin(
        folder(
            rule("monday", "find", day="2026-12-04"),
            tools=FIND
            + "  result:\n    save:\n      first: a\n      seats_left: b\n      raw: c\n",
            listed=["find"],
            variables="clinic: Sunrise\nfirst:\n  type: datetime\nseats_left:\n  type: integer",
        ),
        ToolResponse(
            ok=True,
            output="ok",
            saved={"first": "2026-12-04T14:30", "seats_left": "several", "raw": {"a": 1}},
        ),
    )
    await talk.say("monday")
    assert talk.conversation.variables == {
        "clinic": "Sunrise",
        "first": "2026-12-04T14:30:00",
        "raw": {"a": 1},
    }
    assert "tool 'find' cannot save 'seats_left': it must be a whole number" in caplog.text


async def test_failing_service_is_answered(begin, caplog):
    """A failure is a tool error with the words of on_error, and the log has its reason."""
    talk = await begin(
        folder(
            rule("monday", "find", day="2026-12-04"),
            tools=FIND + "  on_error: Offer to call {{ args.day }} back.\n",
            listed=["find"],
        ),
        ToolResponse(
            ok=False,
            output="The service is down.",
            error="503 after 2 attempts",
            attempts=(Attempt("GET", "https://api.example", 503, None, 3.0),),
        ),
    )
    events = await talk.say("monday")
    assert events.failed == [True]
    assert events.outputs == ["The service is down.\nOffer to call Friday 4 December 2026 back."]
    assert events.texts == [f"Failed: {events.outputs[0]}"]
    assert "tool 'find' failed: 503 after 2 attempts" in caplog.text


async def test_egress_that_breaks_is_answered(begin):
    """A broken way to the egress is a failure like any other."""
    talk = await begin(
        folder(rule("monday", "find", day="2026-12-04"), tools=FIND, listed=["find"]),
        ConnectionError("socket"),
    )
    assert (await talk.say("monday")).outputs == ["The service could not be reached."]


@pytest.mark.proves("SayTool.parameters", "SayTool.say")
async def test_say_tool_is_the_answer(begin):
    """A say tool's words are spoken in turn, and the model is not asked to answer as well."""
    talk = await begin(
        folder(
            rule("where", "direct", place="Hue"),
            tools="""
            direct:
              description: Tell the way
              parameters:
                place:
                  description: Where to
              say:
                - To {{ args.place }}, go left.
                - Left, I said.
            """,
            listed=["direct"],
        )
    )
    assert (await talk.say("where")).texts == ["To Hue, go left."]
    assert (await talk.say("where")).texts == ["Left, I said."]


@pytest.mark.proves("SetTool.parameters", "SetTool.set")
async def test_set_tool_stores(begin):
    """A set tool stores typed values; one that does not fit is told to the model."""
    talk = await begin(
        folder(
            rule("two", "book", guests="2"),
            rule("many", "book", guests="many"),
            tools="""
            book:
              description: Note the guests
              parameters:
                guests:
                  description: How many
              set:
                party: "{{ args.guests }}"
                note: Party of {{ args.guests }}
            """,
            listed=["book"],
            variables="party:\n  type: integer\nnote:\n  type: text",
        )
    )
    assert (await talk.say("two")).texts == ["Done: Stored."]
    assert talk.conversation.variables == {"party": 2, "note": "Party of 2"}
    events = await talk.say("many")
    assert events.outputs == ["Not stored: 'party' must be a whole number, not 'many'."]
    assert events.failed == [True]


ORDER = """
add_dish:
  add_to: order
change_dish:
  description: Change a dish
  change_in: order
remove_dish:
  remove_from: order
"""
ORDER_VARIABLES = """
dishes:
  type: list
order:
  type: list
  of:
    dish:
      type: choice
      choices_from: dishes
    quantity:
      type: integer
      default: 1
      max: 20
"""


@pytest.mark.proves(
    "AddTo.parameters",
    "ChangeIn.parameters",
    "RemoveFrom.parameters",
    "AddTo.add_to",
    "ChangeIn.change_in",
    "RemoveFrom.remove_from",
)
async def test_order_grows_and_shrinks(begin):
    """Lines are numbered, a number is never used again, and each answer is the list as it is."""
    talk = await begin(
        folder(
            rule("soup", "add_dish", dish="Phở"),
            rule("rice", "add_dish", dish="Cơm", quantity=2),
            rule("more", "change_dish", line=2, quantity="3"),
            rule("less", "remove_dish", line=2),
            rule("same", "change_dish", line=1),
            rule("gone", "remove_dish", line=2),
            tools=ORDER,
            listed=["add_dish", "change_dish", "remove_dish"],
            variables=ORDER_VARIABLES,
            instructions="\n      {{ order | lines or 'Nothing yet' }}".replace("\n      ", " "),
        ),
        given={"dishes": ["Phở", "Cơm"]},
    )
    assert talk.system.endswith("Nothing yet")
    assert (await talk.say("soup")).outputs == ['[{"line":1,"dish":"Phở","quantity":1}]']
    assert talk.system.endswith("1. dish: Phở, quantity: 1")
    await talk.say("rice")
    await talk.say("more")
    assert (await talk.say("less")).outputs == ['[{"line":1,"dish":"Phở","quantity":1}]']
    assert (await talk.say("gone")).outputs == [
        "Nothing was done: 'order' has no line 2; lines: 1."
    ]
    assert (await talk.say("same")).outputs == [
        "Nothing was done: 'order' was not changed: give at least one field to change."
    ]
    again = json.loads((await talk.say("rice")).outputs[0])
    assert [line["line"] for line in again] == [1, 3]


@pytest.mark.proves("Field.choices_from")
async def test_choices_follow_their_variable(begin):
    """A choice's list in the schema is the variable's as it is at each reply."""
    talk = await begin(
        folder(
            rule("soup", "add_dish", dish="pho"),
            tools=ORDER,
            listed=["add_dish", "change_dish", "remove_dish"],
            variables=ORDER_VARIABLES,
        )
    )
    persona = talk.conversation.session.current_agent

    def dish():
        tools = {t.id: t for t in persona.makeup.toolbox.offered(persona.plan, persona.tools)}
        return tools["add_dish"].info.raw_schema["parameters"]["properties"]["dish"]

    assert dish() == {"type": "string"}
    assert (await talk.say("soup")).outputs == [
        "add_dish was not run: 'dish' cannot be chosen yet: there is nothing to choose from."
    ]
    talk.conversation._call.bound.variables.set("dishes", ["pho", "com"])
    assert dish()["enum"] == ["pho", "com"]
    assert (await talk.say("soup")).failed == [False]


REMEMBERED = """
guest:
  description: Who calls
party:
  type: integer
  description: How many come
  min: 1
secret_code:
  description: Never shown
  private: yes
inner:
  type: text
"""


async def test_remember_has_typed_optional_parameters(begin):
    """The bare tool offers what has a description and is not private, typed, each optional."""
    talk = await begin(
        folder(
            rule("four", "remember", party="4", guest="Lê"),
            rule("nobody", "remember", party="0"),
            rule("nothing", "remember", guest=" "),
            listed=["remember"],
            variables=REMEMBERED,
            instructions=" The guest is {{ guest or 'unknown' }}.",
        )
    )
    persona = talk.conversation.session.current_agent
    (tool,) = persona.tools
    assert tool.info.raw_schema["parameters"] == {
        "type": "object",
        "properties": {
            "guest": {"type": "string", "description": "Who calls"},
            "party": {"type": "integer", "minimum": 1, "description": "How many come"},
        },
        "required": [],
        "additionalProperties": False,
    }
    assert (await talk.say("four")).outputs == ['{"stored": {"guest": "Lê", "party": 4}}']
    assert talk.conversation.variables == {"guest": "Lê", "party": 4}
    assert talk.system.endswith("The guest is Lê.")
    assert "'party' must be at least 1, not '0'" in (await talk.say("nobody")).outputs[0]
    assert "give at least one of guest, party" in (await talk.say("nothing")).outputs[0]


@pytest.mark.proves("Remember.parameters", "Remember.remember")
async def test_own_remember_names_its_variables(begin):
    """A defined remember tool stores only what it names."""
    talk = await begin(
        folder(
            rule("four", "note", party=4),
            tools="note:\n  description: Note it\n  remember: party",
            listed=["note"],
            variables=REMEMBERED,
        )
    )
    assert (await talk.say("four")).outputs == ['{"stored": {"party": 4}}']


@pytest.mark.proves("EndCallTool.parameters", "EndCallTool.end_call")
async def test_end_call_words_come_first(begin):
    """An end_call tool with words says these, and then the call ends."""
    talk = await begin(
        folder(
            rule("bye", "hang_up"),
            tools="hang_up:\n  description: End\n  end_call: Goodbye from {{ clinic }}.",
            listed=["hang_up"],
        )
    )
    events = await talk.say("bye")
    assert events.kinds == ["user", "tool_call", "agent", "tool_result", "end"]
    assert events.texts == ["Goodbye from Sunrise."]


@pytest.mark.proves("Wait.parameters", "Wait.wait")
@pytest.mark.parametrize(("listed", "tools"), [("wait", ""), ("moment", "moment:\n  wait: 30s")])
async def test_wait_is_silent(begin, listed, tools):
    """The caller takes a moment: nobody says anything."""
    talk = await begin(folder(rule("moment", listed), tools=tools, listed=[listed]))
    assert (await talk.say("moment")).kinds == ["user", "tool_call", "tool_result"]


@pytest.mark.proves(
    "HttpTool.if",
    "SayTool.if",
    "SetTool.if",
    "AddTo.if",
    "ChangeIn.if",
    "RemoveFrom.if",
    "Remember.if",
    "EndCallTool.if",
    "Wait.if",
)
async def test_tool_is_offered_only_while_its_condition_holds(begin):
    """`if` is asked before each reply whether to offer a tool, and again at its call."""
    talk = await begin(
        folder(
            rule("one", "first"),
            rule("two", "second"),
            tools="""
            first:
              description: Open
              set:
                opened: "{{ true }}"
            second:
              description: Enter
              if: opened
              say: You are in.
            """,
            listed=["first", "second"],
            variables="opened:\n  type: yes_no",
        )
    )
    assert "tool_call" not in (await talk.say("two")).kinds
    await talk.say("one")
    assert (await talk.say("two")).texts == ["You are in."]
    talk.conversation._call.bound.variables.set("opened", False)
    ran = await run_tool(
        ToolCall("second", {}, "id", by_model=True), ActionContext(talk.conversation._call)
    )
    assert ran.output == "second cannot be used now."


@pytest.mark.proves(
    "HttpTool.description",
    "SayTool.description",
    "SetTool.description",
    "AddTo.description",
    "ChangeIn.description",
    "RemoveFrom.description",
    "Remember.description",
    "EndCallTool.description",
    "Wait.description",
)
async def test_descriptions_are_rendered(begin):
    """Descriptions may hold templates; kinds that need none have one of their own."""
    talk = await begin(
        folder(
            tools=FIND + ORDER,
            listed=["find", "add_dish", "change_dish", "remove_dish"],
            variables="clinic: Sunrise\n" + ORDER_VARIABLES,
        )
    )
    described = {
        t.id: t.info.raw_schema["description"]
        for t in talk.conversation.session.current_agent.tools
    }
    assert described["find"] == "Find slots in Sunrise"
    assert described["add_dish"].startswith("Put a line on the list 'order'")


@pytest.mark.proves("Limits.max_tool_steps")
async def test_max_tool_steps_bounds_a_reply(begin):
    """A model that calls tools without end is stopped after max_tool_steps rounds."""
    text = folder(
        rule("go", "note", party=1),
        "- when_tool_answered: note\n  call:\n    note:\n      party: 2",
        tools="note:\n  description: Note it\n  remember: party",
        listed=["note"],
        variables=REMEMBERED,
    ).replace("    llm: brain\n", "    llm: brain\n    limits:\n      max_tool_steps: 2\n")
    talk = await begin(text)
    events = await talk.say("go")
    assert events.kinds.count("tool_call") == 2
    assert events.kinds[-1] == "agent"


@pytest.mark.parametrize("kind", TOOLS)
def test_each_kind_has_its_row(kind):
    """Each kind has a module with its row; one without a description brings its own words."""
    row = kind_of(kind)
    assert row.tool is TOOLS[kind]
    assert (row.describe is not None or row.offered is not None) == TOOLS[kind].described
