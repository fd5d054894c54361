"""A change of each key that counts in a call that runs: what is written, and what is instead."""

from __future__ import annotations

from support.renewal_folder import FOLDER

KEYS = """\
    with:
      model: MODEL
      api_key: devkey
      api_secret: a-secret-that-is-as-long-as-keys-have-to-be
"""
NIGHT = FOLDER[FOLDER.index("    handoffs:\n      night:") : FOLDER.index("    idle:")]
BEGINS = FOLDER[FOLDER.index("      preemptive") : FOLDER.index("      interruptions:")]
BRAIN = FOLDER[FOLDER.index("  desk_brain:") : FOLDER.index("  other_brain:")]
TOOLS = {
    "SetTool": "keep",
    "SayTool": "tell",
    "AddTo": "add_cup",
    "ChangeIn": "change_cup",
    "RemoveFrom": "remove_cup",
    "EndCallTool": "finish",
    "Wait": "pause",
    "Remember": "note_name",
    "KnowledgeTool": "search",
    "AnswerTool": "hint",
}
EXTRA = "    parameters:\n      why:\n        type: text\n        optional: yes\n"

TEXT = {
    "Agent.instructions": ("Speak in {{ town }}", "Whisper in {{ town }}"),
    "Agent.llm": ("    llm: brain\n", "    llm: other_brain\n"),
    "Agent.timezone": ("Asia/Tokyo", "Europe/Paris"),
    "Agent.texts": ("apology: Pardon?", "apology: Wie bitte?"),
    "Agent.locale": ("locale: de", "locale: fr"),
    "Agent.hours": ("monday: 08:00-19:00\n      closed_on: 2026-12-24", "sunday: 08:00-12:00"),
    "Hours.monday": ("08:00-19:00", "08:00-12:00, 13:30-18:00"),
    "Hours.closed_on": ("2026-12-24", "2026-11-30"),
    "Agent.variables": ("town: Hanoi", "town: Hue"),
    "Agent.tools": ("      - pause\n", ""),
    "Agent.handoffs": (NIGHT, ""),
    "Agent.limits": ("max_tool_steps: 4", "max_tool_steps: 2"),
    "Limits.max_tool_steps": ("max_tool_steps: 4", "max_tool_steps: 6"),
    "Limits.max_turn": ("max_turn: 50s", "max_turn: 40s"),
    "Limits.max_duration": ("max_duration: 10m", "max_duration: 5m"),
    "Limits.farewell": ("Time is up.", "We have to stop."),
    "Persona.instructions": ("You answer.", "You reply."),
    "Persona.instructions_file": ("instructions_file: prompt.md", "instructions_file: other.md"),
    "Persona.greeting": ("say: Night desk.", "say: Another night desk."),
    "Persona.on_handoff": ("say: Day desk.", "say: Another day desk."),
    "Persona.on_return": ("say: Here again.", "say: Back again."),
    "Persona.tools": ("      - keep\n", ""),
    "Persona.handoffs": ("    handoffs:\n      day:\n        when: It is day.\n", ""),
    "Persona.llm": ("llm: desk_brain", "llm: other_brain"),
    "Handoff.when": ("when: It is day.", "when: The sun shines."),
    "Handoff.if": (
        "if: town != 'nowhere'\n        say: One",
        "if: town == 'Hue'\n        say: One",
    ),
    "Handoff.say": ("say: One moment.", "say: Wait a moment."),
    "Handoff.interruptible": (
        "say: One moment.\n",
        "say: One moment.\n        interruptible: yes\n",
    ),
    "Handoff.context": ("context: full", "context: none"),
    "Say.say": ("say: Kept.", "say: Stored."),
    "Say.if": (
        "- if: town == 'Hanoi'\n        say: Kept.",
        "- if: town == 'Hue'\n        say: Kept.",
    ),
    "Say.interruptible": (
        "say: Kept.\n        interruptible: yes",
        "say: Kept.\n        interruptible: no",
    ),
    "Play.play": ("play: keyboard", "play: office"),
    "Play.if": ("'Hanoi'\n        play:", "'Hue'\n        play:"),
    "Set.set": ("status: was kept", "name: was kept"),
    "Set.if": ("'Hanoi'\n        set:", "'Hue'\n        set:"),
    "Instruct.instructions": ("Say that it is kept.", "Say that it is stored."),
    "Instruct.if": ("'Hanoi'\n        instructions:", "'Hue'\n        instructions:"),
    "Instruct.interruptible": (
        "is kept.\n        interruptible: yes",
        "is kept.\n        interruptible: no",
    ),
    "MustCall.must_call": ("must_call: hint", "must_call: tell"),
    "MustCall.if": ("'Hanoi'\n        must_call", "'Hue'\n        must_call"),
    "RunTool.tool": ("tool: tell", "tool: look"),
    "RunTool.with": ("          what: tooth\n      - if", "          what: teeth\n      - if"),
    "RunTool.if": ("'Hanoi'\n        tool:", "'Hue'\n        tool:"),
    "HandOff.if": ("'nowhere'\n        handoff: day", "'Hanoi'\n        handoff: day"),
    "HandOff.handoff": (
        "'nowhere'\n        handoff: day",
        "'Hanoi'\n        handoff: night",
    ),
    "EndCall.if": ("'nowhere'\n        end_call: G", "'Hanoi'\n        end_call: G"),
    "EndCall.end_call": (
        "'nowhere'\n        end_call: Goodbye.",
        "'Hanoi'\n        end_call: Farewell.",
    ),
    "KnowledgeTool.on_error": ("say: It cannot be searched.", "say: Nothing can be searched."),
    "KnowledgeTool.then": ("say: It stands there.", "say: It stands here."),
    "HttpTool.on_error": ("say: It did not work.", "say: It failed."),
    "HttpTool.description": ("description: Look it up.", "description: Find it."),
    "HttpTool.if": ("if: town != 'nowhere'\n    param", "if: town == 'Hue'\n    param"),
    "HttpTool.parameters": (
        "      what:\n        description: What to look up",
        "      that:\n        description: What to look up",
    ),
    "HttpTool.then": ("say: Found it.", "say: There it is."),
    "AnyTool.confirm": ("  look:\n", "  look:\n    confirm: Shall I look?\n"),
    "AnyTool.max_uses": ("  look:\n", "  look:\n    max_uses: 2\n"),
    "AnyTool.rules": (
        "        answer: Nothing is no answer.\n",
        """\
        answer: Nothing is no answer.
      - if: town == 'Hue'
        answer: Too much.
""",
    ),
    "Rule.if": ("town == 'Nha Trang'", "town == 'Hanoi'"),
    "Rule.answer": ("answer: Nothing is no answer.", "answer: That is no answer."),
    "WaitingTool.background": (
        "    while_waiting:\n      after: 30s\n      say: I am looking.\n      every: 60s\n",
        "    background: yes\n",
    ),
    "WaitingTool.if_already_running": ("  look:\n", "  look:\n    if_already_running: allow\n"),
    "WaitingTool.interruptible": ("  look:\n", "  look:\n    interruptible: no\n"),
    "WaitingTool.while_waiting": (
        "    while_waiting:\n      after: 30s\n      say: I am looking.\n      every: 60s\n",
        "",
    ),
    "WhileWaiting.after": ("after: 30s", "after: 40s"),
    "WhileWaiting.say": ("say: I am looking.", "say: I look."),
    "WhileWaiting.every": ("every: 60s", "every: 50s"),
    "AnswerTool.answer": ("answer: It means", "answer: It stands for"),
    "AnswerTool.parameters": (
        "      word:\n        length: 5\n    answer: It means {{ args.word }}.",
        "      term:\n        length: 5\n    answer: It means {{ args.term }}.",
    ),
    "AnswerTool.then": ("say: That is what it means.", "say: So it is."),
    "Field.length": ("length: 5", "length: 6"),
    "SetTool.set": ("status: kept {{ args.what }}", "secret_word: held {{ args.what }}"),
    "SayTool.say": ("This is {{ args.what }}.", "That is {{ args.what }}."),
    "AddTo.add_to": ("add_to: cups", "add_to: glasses"),
    "ChangeIn.change_in": ("change_in: cups", "change_in: glasses"),
    "RemoveFrom.remove_from": ("remove_from: cups", "remove_from: glasses"),
    "EndCallTool.end_call": ("Goodbye from the desk.", "Farewell from the desk."),
    "Wait.wait": ("wait: 5s", "wait: 50s"),
    "Remember.remember": ("      - name\n", "      - secret_word\n"),
    "Field.type": ("number:\n        type: integer", "number:\n        type: number"),
    "Field.description": ("What to look up", "What to find"),
    "Field.optional": ('"[0-9]{4}"\n        optional: yes', '"[0-9]{4}"'),
    "Field.default": ("default: teeth", "default: tooth"),
    "Field.choices": ("          - large\n", "          - huge\n"),
    "Field.choices_from": ("choices_from: sizes", "choices_from: names"),
    "Field.min": ("min: 1", "min: 6"),
    "Field.max": ("max: 9", "max: 4"),
    "Field.pattern": ('"[0-9]{4}"', '"[0-9]{5}"'),
    "Field.of": ("        of: text\n        optional", "        of: integer\n        optional"),
    "Field.fields": ("          street:\n", "          road:\n"),
    "Field.private": ('"[0-9]{4}"\n        optional: yes', '"[0-9]{4}"\n        private: yes'),
    "LlmProvider.llm": (BRAIN, "  desk_brain:\n    llm: inference\n" + KEYS),
    "LlmProvider.with": (
        "otherwise: I hear you.\n  other_brain",
        "otherwise: Pardon?\n  other_brain",
    ),
    **{
        f"{kind}.description": (f"description: {old}", f"description: Now {old}")
        for kind, old in {
            "SetTool": "Keep it.",
            "SayTool": "Tell it.",
            "AddTo": "Put a cup on.",
            "ChangeIn": "Change a cup.",
            "RemoveFrom": "Take a cup off.",
            "EndCallTool": "End it.",
            "Wait": "Wait.",
            "Remember": "Remember it.",
            "KnowledgeTool": "Search it.",
            "AnswerTool": "Explain it.",
        }.items()
    },
    **{
        f"{kind}.if": (f"  {tool}:\n    desc", f"  {tool}:\n    if: town == 'Hue'\n    desc")
        for kind, tool in TOOLS.items()
    },
    **{
        f"{kind}.then": (f"    {own}", f"    then:\n      say: And then.\n    {own}")
        for kind, own in {
            "SayTool": "say: This is",
            "EndCallTool": "end_call: Goodbye from",
        }.items()
    },
    "SetTool.then": ("say: Kept.", "say: Held."),
    "AddTo.then": ("say: One more cup.", "say: A cup more."),
    "ChangeIn.then": ("say: Another cup.", "say: A new cup."),
    "RemoveFrom.then": ("say: One cup less.", "say: A cup less."),
    "Wait.then": ("say: I wait.", "say: I do wait."),
    "Remember.then": ("say: I know.", "say: I do know."),
    **{
        f"{kind}.parameters": (f"  {tool}:\n    desc", f"  {tool}:\n{EXTRA}    desc")
        for kind, tool in TOOLS.items()
        if kind == "EndCallTool"
    },
    "SetTool.parameters": ("max: 100", "max: 10"),
    "SayTool.parameters": (
        "      what:\n        type: text\n    say",
        "      what:\n        description: Which\n    say",
    ),
}
"""Key → what is written and what is written instead, of calls by text."""

VOICE = {
    "Agent.stt": ("    stt: ears\n", "    stt: other_ears\n"),
    "Agent.tts": ("    tts: warm\n", "    tts: other_voice\n"),
    "Agent.vad": ("    tts: warm\n    vad: no\n", "    tts: warm\n    vad: silence\n"),
    "Agent.idle": (
        "idle:\n      after: 20s\n      say: Still there?\n      times: 2\n      then: end_call\n",
        "idle: no\n",
    ),
    "Agent.turn_taking": ("      min_delay: 400ms\n", ""),
    "Agent.keyterms": ("- crown", "- bridge"),
    "Agent.pronunciations": ("Dr: Doctor", "Dr: Drive"),
    "Agent.speech": ("    speech:\n      strip: emoji\n", "    speech:\n"),
    "Persona.speech": ("      gap: 200ms\n", "      gap: 300ms\n"),
    "Speaking.strip": ("strip: emoji", "strip: no"),
    "Speaking.aligned_transcript": ("aligned_transcript: no", "aligned_transcript: yes"),
    "Speaking.gap": ("    speech:\n      gap: 200ms\n", "    speech:\n      gap: 0ms\n"),
    "Speaking.expressive": ("        pace: slow\n", ""),
    "Expressive.fillers": ("fillers: yes", "fillers: no"),
    "Expressive.sounds": ("sounds: yes", "sounds: no"),
    "Expressive.pace": ("pace: slow", "pace: fast"),
    "Expressive.instructions": ("Be calm in", "Be loud in"),
    "Idle.after": ("after: 20s", "after: 30s"),
    "Idle.say": ("say: Still there?", "say: Hello?"),
    "Idle.instructions": ("say: Still there?", "instructions: Ask whether they are there."),
    "Idle.times": ("times: 2", "times: 3"),
    "Idle.then": (
        "times: 2\n      then: end_call",
        "times: 2\n      then:\n        say: Well then.",
    ),
    "TurnTaking.detection": ("detection: vad", "detection: manual"),
    "TurnTaking.min_delay": ("min_delay: 400ms", "min_delay: 700ms"),
    "TurnTaking.max_delay": ("max_delay: 3s", "max_delay: 5s"),
    "TurnTaking.adapt_delay": ("adapt_delay: no", "adapt_delay: yes"),
    "TurnTaking.preemptive_generation": (BEGINS, "      preemptive_generation: no\n"),
    "TurnTaking.interruptions": ("min_words: 0", "min_words: 1"),
    "TurnTaking.turn_limit": ("max_words: 100", "max_words: 200"),
    "TurnTaking.while_thinking": (
        "while_thinking:\n        after: 2s\n        say: Let me think.\n",
        "while_thinking: no\n",
    ),
    "WhileThinking.after": ("after: 2s", "after: 3s"),
    "WhileThinking.say": ("say: Let me think.", "say: Hm."),
    "Preemptive.speech": ("speech: no", "speech: yes"),
    "Preemptive.max_speech": ("max_speech: 10s", "max_speech: 20s"),
    "Preemptive.max_tries": ("max_tries: 3", "max_tries: 4"),
    "Interruptions.allow": ("allow: yes", "allow: no"),
    "Interruptions.min_duration": ("min_duration: 500ms", "min_duration: 800ms"),
    "Interruptions.min_words": ("min_words: 0", "min_words: 2"),
    "Interruptions.resume": ("resume: 2s", "resume: no"),
    "Interruptions.keep_audio": ("keep_audio: no", "keep_audio: yes"),
    "TurnLimit.max_words": ("max_words: 100", "max_words: 300"),
    "TurnLimit.max_duration": ("max_duration: 1m", "max_duration: 2m"),
    "TurnLimit.then": ("Let me say something.", "Let me speak."),
    "Persona.stt": ("    stt: desk_ears\n", "    stt: other_ears\n"),
    "Persona.tts": ("    tts: bright\n", ""),
    "Persona.vad": ("    tts: bright\n    vad: no\n", "    tts: bright\n    vad: silence\n"),
    "SttProvider.stt": (
        "  desk_ears:\n    stt: pocketsphinx\n    with:\n      phrases:\n        - hello desk\n",
        "  desk_ears:\n    stt: inference\n" + KEYS,
    ),
    "SttProvider.with": ("- hello desk", "- good day"),
    "TtsProvider.tts": (
        "  bright:\n    tts: espeak\n    with:\n      pitch: 60\n",
        "  bright:\n    tts: inference\n" + KEYS,
    ),
    "TtsProvider.with": ("pitch: 60", "pitch: 70"),
    "VadProvider.with": (
        "  silence:\n    vad: inference\n",
        "  silence:\n    vad: inference\n    with:\n      activation_threshold: 0.7\n",
    ),
}
"""The same of calls by voice."""

WITHOUT = {
    "Agent.stt": ("    stt: desk_ears\n", ""),
    "Agent.tts": ("    tts: bright\n", ""),
    "Agent.vad": ("    tts: bright\n    vad: no\n", "    tts: bright\n"),
    "VadProvider.with": ("    tts: bright\n    vad: no\n", "    tts: bright\n    vad: silence\n"),
}
"""Key → what has to be different first, before and after the change."""
