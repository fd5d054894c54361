"""A folder in which every key of a call stands, and changes of each: what was, what is."""

from __future__ import annotations

FOLDER = """\
agents:
  clinic:
    start: desk
    instructions: Speak in {{ town }}, at {{ now }}, open {{ open_now }}.
    llm: brain
    stt: ears
    tts: warm
    vad: no
    timezone: Asia/Tokyo
    locale: de
    texts:
      apology: Pardon?
    hours:
      monday: 08:00-19:00
      closed_on: 2026-12-24
    variables:
      town: Hanoi
      name:
        description: Who calls
      cups:
        type: list
        of:
          size:
            type: text
      glasses:
        type: list
        of:
          size:
            type: text
      sizes:
        type: list
        of: text
      names:
        type: list
        of: text
      secret_word:
        description: What is known
        default: abc
      status:
        type: text
    tools:
      - look
      - finish
      - pause
      - note_name
    handoffs:
      night:
        when: It is night.
        if: town != 'nowhere'
        say: One moment.
        context: full
    idle:
      after: 20s
      say: Still there?
      times: 2
      then: end_call
    limits:
      max_duration: 10m
      farewell: Time is up.
      max_tool_steps: 4
      max_turn: 50s
    turn_taking:
      detection: vad
      min_delay: 400ms
      max_delay: 3s
      adapt_delay: no
      preemptive_generation:
        speech: no
        max_speech: 10s
        max_tries: 3
      interruptions:
        allow: yes
        min_duration: 500ms
        min_words: 0
        resume: 2s
        ignore_within: 1s
        keep_audio: no
      while_thinking:
        after: 2s
        say: Let me think.
      turn_limit:
        max_words: 100
        max_duration: 1m
        then:
          say: Let me say something.
    keyterms:
      - crown
    pronunciations:
      Dr: Doctor
    speech:
      strip: emoji
      aligned_transcript: no
      gap: 100ms
      expressive:
        fillers: yes
        sounds: yes
        pace: slow
        instructions: Be calm in {{ town }}.
personas:
  desk:
    speech:
      gap: 200ms
    instructions: You answer.
    instructions_file: prompt.md
    greeting:
      say: Good day.
    on_return:
      say: Here again.
    llm: desk_brain
    stt: desk_ears
    tts: bright
    vad: no
    turn_taking:
      min_delay: 300ms
    tools:
      - keep
      - add_cup
      - change_cup
      - remove_cup
      - tell
      - fetch
      - search
      - hint
    handoffs:
      day:
        when: It is day.
  night:
    instructions: You watch.
    greeting:
      say: Night desk.
    on_return:
      say: Night again.
    handoffs:
      desk:
        when: They want the desk.
  day:
    instructions: You work by day.
    on_handoff:
      say: Day desk.
    handoffs:
      desk:
        when: They want the desk.
tools:
  look:
    description: Look it up.
    if: town != 'nowhere'
    parameters:
      what:
        description: What to look up
        default: teeth
    rules:
      - if: town == 'Nha Trang'
        answer: Nothing is no answer.
    while_waiting:
      after: 30s
      say: I am looking.
      every: 60s
    http:
      url: https://service.example/look
    result:
      save:
        status: free
    then:
      say: Found it.
    on_error:
      say: It did not work.
  keep:
    description: Keep it.
    parameters:
      what:
        type: text
        max: 100
    set:
      status: kept {{ args.what }}
    then:
      - if: town == 'Hanoi'
        must_call: hint
      - if: town == 'Hanoi'
        say: Kept.
        interruptible: yes
      - if: town == 'Hanoi'
        play: keyboard
      - if: town == 'Hanoi'
        set:
          status: was kept
      - if: town == 'Hanoi'
        instructions: Say that it is kept.
        interruptible: yes
      - if: town == 'Hanoi'
        tool: tell
        with:
          what: tooth
      - if: town == 'nowhere'
        handoff: day
      - if: town == 'nowhere'
        end_call: Goodbye.
  add_cup:
    description: Put a cup on.
    add_to: cups
    then:
      say: One more cup.
  change_cup:
    description: Change a cup.
    change_in: cups
    then:
      say: Another cup.
  remove_cup:
    description: Take a cup off.
    remove_from: cups
    then:
      say: One cup less.
  tell:
    description: Tell it.
    parameters:
      what:
        type: text
    say: This is {{ args.what }}.
  hint:
    description: Explain it.
    parameters:
      word:
        length: 5
    answer: It means {{ args.word }}.
    then:
      say: That is what it means.
  fetch:
    description: Fetch it.
    parameters:
      number:
        type: integer
        min: 1
        max: 9
      code:
        type: text
        pattern: "[0-9]{4}"
        optional: yes
      size:
        type: choice
        choices:
          - small
          - large
        optional: yes
      place:
        type: choice
        choices_from: sizes
        optional: yes
      many:
        type: list
        of: text
        optional: yes
      record:
        type: object
        fields:
          street:
            type: text
        optional: yes
    http:
      url: https://service.example/fetch
  search:
    description: Search it.
    knowledge: house
    then:
      say: It stands there.
    on_error:
      say: It cannot be searched.
  finish:
    description: End it.
    end_call: Goodbye from the desk.
  pause:
    description: Wait.
    wait: 5s
    then:
      say: I wait.
  note_name:
    description: Remember it.
    remember:
      - name
    then:
      say: I know.
knowledge:
  house:
    http:
      url: https://search.example/
      query:
        q: "{{ query }}"
providers:
  brain: &
    llm: script
RULES
  desk_brain:
    llm: script
RULES
  other_brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: Another model.
      otherwise: Another model indeed.
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  desk_ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello desk
  other_ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello others
  warm:
    tts: espeak
    with:
      pitch: 40
  bright:
    tts: espeak
    with:
      pitch: 60
  other_voice:
    tts: espeak
    with:
      pitch: 80
  silence:
    vad: inference
""".replace(" &\n", "\n").replace(
    "RULES\n",
    """\
    with:
      rules:
        - when_caller_says: look
          call: look
        - when_caller_says: keep
          call:
            keep:
              what: tooth
        - when_caller_says: add
          call:
            add_cup:
              size: small
        - when_caller_says: change
          call:
            change_cup:
              line: 1
              size: large
        - when_caller_says: remove
          call:
            remove_cup:
              line: 1
        - when_caller_says: hint
          call:
            hint:
              word: tooth
        - when_caller_says: tell
          call:
            tell:
              what: tooth
        - when_caller_says: fetch
          call:
            fetch:
              number: 5
              code: "1234"
        - when_caller_says: search
          call:
            search:
              query: tooth
        - when_caller_says: remember
          call:
            note_name:
              name: Mary
        - when_caller_says: wait
          call: pause
        - when_caller_says: night
          call: transfer_to_night
        - when_caller_says: day
          call: transfer_to_day
        - when_caller_says: desk
          call: transfer_to_desk
        - when_caller_says: bye
          call: finish
        - when_instructed: kept
          say: It is kept, I say.
        - when_instructed: stored
          say: It is stored, I say.
      otherwise: I hear you.
""",
)

TALK = (
    *("hello", "look", "keep", "add", "change", "remove", "tell", "hint", "fetch", "search"),
    *("remember", "wait", "night", "hello", "desk", "day", "desk", "look", "search", "bye"),
)
"""What the caller says, in which every tool, action and persona has its turn."""
