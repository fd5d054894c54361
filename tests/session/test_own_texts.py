"""What lkrun says itself is in the language of the call, to callers and to models."""

from __future__ import annotations

import json
import re

import pytest
from support.wild import Wild

from runner.egress.port import ToolResponse
from runner.egress.trouble import LATE, RequestError
from runner.session.values.consent import consent
from runner.template import Renderer
from runner.texts import LANGUAGES, TABLE, shipped

OTHERS = [language for language in LANGUAGES if language != "en"]

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    locale: LOCALE
    variables:
      open:
        type: yes_no
        default: "no"
      order:
        type: list
        of:
          size:
            type: text
    tools:
      - pay
      - once
      - note
      - look
      - add
      - end_call
      - contact
    intents:
      vault:
        phrases: tresor
        handoff: vault
    handoffs:
      asker:
        when: geld
      host:
        when: zurück
      vault:
        when: schatz
personas:
  host:
    instructions: Host.
  asker:
    instructions: Asker.
    needs:
      code:
        type: digits
        length: 3
        tries: 9
      who:
        type: name
        ask: Wer?
        tries: 9
  vault:
    if: open
    instructions: Vault.
tools:
  pay:
    description: Zahlen.
    confirm: yes
    set:
      open: "no"
  once:
    description: Einmal.
    max_uses: 1
    set:
      open: "no"
  note:
    description: Notiz.
    parameters:
      text:
        type: text
    say: "{{ args.text }}"
  look:
    description: Suchen.
    http:
      url: https://api.example/look
  add:
    add_to: order
  contact:
    description: Fragen.
    ask:
      mail:
        type: email
        ask: Mail?
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
"""


def english():
    """A pattern of each English sentence, whatever stands in it."""
    for name in TABLE:
        words = re.sub(r"\{%.*?%\}", "\0", shipped(name))
        parts = [re.escape(part) for part in re.split(r"\{\{.*?\}\}|\0.*\0", words)]
        if max(map(len, parts)) > 4:
            yield name, re.compile(r"[^.]*".join(parts))


ENGLISH = dict(english())
FAILED = RequestError("no", LATE)


class Watched(Wild):
    """A model that keeps all that it is told."""

    def __init__(self, *answers):
        super().__init__(*answers)
        self.told = []

    def chat(self, *, chat_ctx, tools=None, **rest):
        self.told += [
            str(item.to_dict() if hasattr(item, "to_dict") else item)
            for item in chat_ctx.items
            if getattr(item, "role", "") != "user"
        ]
        self.told += [json.dumps(tool.info.raw_schema, ensure_ascii=False) for tool in tools or ()]
        return super().chat(chat_ctx=chat_ctx, tools=tools, **rest)


def call(*calls):
    return [(name, json.dumps(given)) for name, given in calls]


MOVES = (
    ("x", RuntimeError("down")),
    ("x", ""),
    ("tresor",),
    ("x", call(("transfer_to_vault", {}))),
    ("x", call(("pay", {})), "Frage?"),
    ("zzz", call(("pay", {})), "Frage?"),
    ("x", call(("once", {}), ("once", {}))),
    ("x", call(("note", {}))),
    ("x", call(("note", {"text": "a"}), ("nothing", {}))),
    ("x", call(("look", {}))),
    ("x", call(("add", {"size": "a"}))),
    ("x", call(("contact", {}))),
    ("x", call(("fill_in", {"mail": "nothing"}))),
    ("x", call(("fill_in", {"mail": "a@example.com", "nonsense": "1"}))),
    ("x", call(("fill_in", {"confirmed": "no"}))),
    ("x", call(("fill_in", {"mail": "a@example.com"}))),
    ("x", call(("fill_in", {"confirmed": "yes"}))),
    ("x", call(("transfer_to_asker", {}))),
    ("x", call(("pay", {}))),
    ("x", call(("fill_in", {"code": "12"}))),
    ("x", call(("fill_in", {"code": "123"}))),
    ("x", call(("fill_in", {}))),
    ("x", call(("fill_in", {"who": "Ann"}))),
    ("x", call(("fill_in", {"confirmed": "yes"}))),
    ("x", call(("ask_again_for", {"need": "who"}))),
    ("x", call(("fill_in", {"who": "Bea"}))),
    ("x", call(("fill_in", {"confirmed": "yes"}))),
    ("x", call(("end_call", {})), "Ciao."),
)  # fmt: skip


@pytest.mark.parametrize("language", OTHERS)
async def test_nothing_is_said_in_english(begin, language):
    """No sentence of lkrun's own is English in another language: not to callers, nor to models."""
    model = Watched()
    late = ToolResponse(ok=False, output=FAILED.output, error="no", reason=FAILED.reason)
    talk = await begin(FOLDER.replace("LOCALE", language), late, models={"brain": model})
    for words, *answers in MOVES:
        model.answers = [*answers]
        await talk.say(words)
    said = "\n".join([*talk.events.texts, *talk.events.outputs, *model.told])
    assert {name for name, pattern in ENGLISH.items() if pattern.search(said)} == set()
    for name in ("apology", "not_yet"):
        assert shipped(name, language) in talk.events.texts
    right = Renderer(language=language).render(shipped("is_it_right", language), {"value": "Ann"})
    assert right in talk.events.texts
    assert talk.conversation.ended.done()


async def test_the_moves_say_what_english_has(begin):
    """The talk above says many of them: in English they are found."""
    model = Watched()
    late = ToolResponse(ok=False, output=FAILED.output, error="no", reason=FAILED.reason)
    talk = await begin(FOLDER.replace("LOCALE", "en"), late, models={"brain": model})
    for words, *answers in MOVES:
        model.answers = [*answers]
        await talk.say(words)
    said = "\n".join([*talk.events.texts, *talk.events.outputs, *model.told])
    english = {name for name, pattern in ENGLISH.items() if pattern.search(said)}
    assert len(english) >= 30, sorted(set(TABLE) - english)


@pytest.mark.proves("Agent.texts")
async def test_words_of_ones_own_come_first(begin):
    """Below `texts:` an author writes other words; a list is used in turn."""
    own = """
    texts:
      apology:
        - Wie bitte?
        - Noch einmal?
      is_it_right: "{{ value }}, ja?"
      handoff_tool: "Gib an {{ persona }}: {{ when }}"
    variables:
"""
    model = Watched(RuntimeError("down"), "Gut.", RuntimeError("down"))
    folder = FOLDER.replace("LOCALE", "de").replace("\n    variables:\n", own, 1)
    talk = await begin(folder, models={"brain": model})
    assert [(await talk.say("x")).texts for _ in range(3)] == [
        ["Wie bitte?"], ["Gut."], ["Noch einmal?"],
    ]  # fmt: skip
    assert any("Gib an asker: geld" in instructions for instructions in model.told)


ANSWERS = {
    "en": ("Yes, please.", "No, thanks.", "Yes, but on Friday."),
    "de": ("Ja, gerne.", "Nein, danke.", "Ja, aber am Freitag."),
    "fr": ("Oui, s'il vous plaît.", "Non merci.", "Oui, mais vendredi."),
    "es": ("Sí, por favor.", "No, gracias.", "Sí, pero el viernes."),
    "it": ("Sì, grazie.", "No, grazie.", "Sì, ma venerdì."),
    "pt": ("Sim, por favor.", "Não, obrigado.", "Sim, mas na sexta."),
    "nl": ("Ja, graag.", "Nee, dank u.", "Ja, maar op vrijdag."),
    "pl": ("Tak, proszę.", "Nie, dziękuję.", "Tak, ale w piątek."),
    "tr": ("Evet, lütfen.", "Hayır, teşekkürler.", "Evet, ama cuma günü."),
    "vi": ("Dạ đúng ạ.", "Dạ không ạ.", "Vâng, nhưng thứ sáu."),
    "zh": ("是的，谢谢。", "不要，谢谢。", "可以，但是星期五。"),
    "ja": ("はい、お願いします。", "いいえ、違います。", "はい、でも金曜日に。"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_yes_and_no_are_understood(language):
    """A polite yes and no are read in each language that is shipped; a yes with a but is none."""
    yes, no, but = ANSWERS[language]
    answers = [consent(text, "", language) for text in (yes, no, but)]
    assert answers == [True, False, None]
    word = {True: "yes", False: "no"}
    for value in word:
        plain = Renderer(language=language).render("{{ x }}", {"x": value})
        assert consent(plain, "", language) is value
