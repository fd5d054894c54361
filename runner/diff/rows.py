"""What is said of the keys that callers notice most; every other key has a general sentence.

The table is in the order of what callers notice: the first row is told first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import attrgetter

from runner.diff.facts import SentenceFacts, abilities
from runner.diff.texts import edited
from runner.link.differences import Location
from runner.provider_kinds import KINDS, ROWS, ProviderKind
from runner.schema.hours import DAYS


@dataclass(frozen=True)
class Row:
    """Sentences for the keys at a place.

    Attributes:
        place: a location; `*` is any one part of it, `**` at the end is any rest.
        now: what is said where a value stands now; names in braces are those of `SentenceFacts`.
        gone: where none stands any more.
        new: where none stood before, if that is said otherwise than `now`.
        yes: where it is now yes.
        no: where it is now no.
    """

    place: str
    now: str | Callable[[SentenceFacts], str] = ""
    gone: str = ""
    new: str = ""
    yes: str = ""
    no: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The place, over the parts of a location with a line break behind each."""
        parts = self.place.split(".")
        written = "".join(_PARTS.get(part, re.escape(part) + "\n") for part in parts)
        return re.compile(written)

    def sentence(self, facts: SentenceFacts) -> str:
        """What is said of a difference; empty where this row says nothing of its kind."""
        difference = facts.difference
        if isinstance(difference.after, bool) and (self.yes or self.no):
            words: str | Callable[[SentenceFacts], str] = self.yes if difference.after else self.no
        elif difference.kind == "removed":
            words = self.gone
        else:
            words = self.now
            if difference.kind == "added" and (self.new or _compares(words)):
                words = self.new
        return words(facts) if callable(words) else _filled(words, facts)


def _compares(words: str | Callable[[SentenceFacts], str]) -> bool:
    return isinstance(words, str) and "{before}" in words


_PARTS = {"*": "[^\n]*\n", "**": "(?:[^\n]*\n)*"}
_NAME = re.compile(r"\{(\w+)\}")


def _filled(words: str, facts: SentenceFacts) -> str:
    return _NAME.sub(lambda name: str(getattr(facts, name[1])), words)


def _instructions(facts: SentenceFacts) -> str:
    before, after = facts.difference.before, facts.difference.after
    who = (
        f"every persona of {facts.owner}"
        if facts.difference.location[0] == "agents"
        else facts.owner
    )
    if isinstance(before or after, tuple):
        return f"what {who} is told now comes from {facts.after}"
    return f"{who} is told other things: {edited(before or '', after or '')}"


def _ability(facts: SentenceFacts) -> str:
    what = {"tools": "tool", "personas": "persona"}[str(facts.difference.location[0])]
    detail = abilities(facts)
    message = f"the {what} {facts.owner} is new in {facts.agents}"
    return f"{message}: {detail}" if detail else message


def _option(facts: SentenceFacts) -> str:
    return f"the {facts.noun} {facts.owner} of {facts.agents}: {facts.option} {facts.became}"


_FIRST_WORDS = "callers of {agents} hear a new greeting from {owner}: "
_WHO_COME = "callers of {agents} who are put through to {owner} hear new first words: "
_WHO_RETURN = "callers of {agents} who come back to {owner} hear new first words: "
_LOUD = "callers of {agents} may now interrupt "
_CALM = "callers of {agents} can no longer interrupt "


def _speech(key: str, begin: str, gone: str, what: str) -> tuple[Row, ...]:
    place = f"personas.*.{key}"
    return (
        Row(f"{place}.say", begin + "{after}"),
        Row(f"{place}.instructions", begin + "the model's own, told {after}"),
        Row(place, begin + "it {after}", gone=gone),
        Row(f"{place}.interruptible", yes=_LOUD + what, no=_CALM + what),
    )


def _of_kind(kind: ProviderKind) -> tuple[Row, ...]:
    key, noun = kind.key, kind.noun
    return (
        Row(f"agents.*.{key}", f"the {noun} of {{owner}} is now {{after}}, not {{before}}",
            gone=f"{{owner}} has no {noun} of its own any more",
            new=f"the {noun} of {{owner}} is now {{after}}"),
        Row(f"personas.*.{key}", f"the {noun} of {{owner}} is now {{after}}, not {{before}}",
            gone=f"the {noun} of {{owner}} is now that of the agent, not {{before}}",
            new=f"the {noun} of {{owner}} is now {{after}}, not that of the agent"),
        Row(f"providers.*.{key}",
            f"the {noun} {{owner}} of {{agents}} is now made by {{after}}, not by {{before}}"),
    )  # fmt: skip


def _by_one_block(kind: ProviderKind) -> Row:
    """Of a kind that one block of an agent names."""
    return Row(f"providers.*.{kind.key}", f"the {kind.noun} {{owner}} of {{agents}} is now made by "
               "{after}, not by {before}")  # fmt: skip


TABLE: tuple[Row, ...] = (
    Row("agents.*.start", "calls of {owner} are now answered by {after}, not by {before}"),
    Row("agents.*.hours.closed", "calls of {owner} outside its hours are now answered by {after}, "
        "not by {before}", gone="calls of {owner} outside its hours are now answered as all are, "
        "not by {before}", new="calls of {owner} outside its hours are now answered by {after}"),
    Row("agents.*.hours.closed_on", "the list of dates on which {owner} is closed {became}",
        gone="{owner} is closed on {before} no more", new="{owner} is now closed on {after}"),
    *(Row(f"agents.*.hours.{day}", "on {last} {owner} is now open {after}, not {before}",
          gone="on {last} {owner} is now closed; it was open {before}",
          new="on {last} {owner} is now open {after}") for day in DAYS),
    Row("agents.*.hours", "{owner} now has other hours: {after}",
        gone="{owner} has no hours any more: every call is answered alike",
        new="{owner} now has hours: {after}"),
    Row("agents.*.phone.numbers", "{owner} now answers calls of {after}",
        gone="{owner} answers calls of {before} no more"),
    Row("agents.*.phone.trunk", "{owner} now calls by the trunk {after}, not by {before}",
        gone="{owner} now calls by the trunk of LIVEKIT_SIP_OUTBOUND_TRUNK, not by {before}",
        new="{owner} now calls by the trunk {after}"),
    Row("agents.*.phone.from", "whom {owner} calls now sees {after}, not {before}",
        gone="whom {owner} calls now sees a number of the trunk, not {before}",
        new="whom {owner} calls now sees {after}"),
    Row("agents.*.dial.to", "{owner} now calls {after}, not {before}",
        gone="{owner} now calls nobody of its own: it had {before}",
        new="{owner} now calls {after}"),
    Row("agents.*.dial.ring_for", "whom {owner} calls is now rung for {after}, not {before}"),
    Row("agents.*.dial.press_keys", "once it is answered, {owner} now presses {after}, "
        "not {before}", gone="{owner} presses no keys any more once it is answered",
        new="once it is answered, {owner} now presses {after}"),
    Row("agents.*.dial.on_no_answer", "when nobody answers, {owner} now does {after}, "
        "not {before}", gone="when nobody answers, {owner} now only ends the call",
        new="when nobody answers, {owner} now does {after}"),
    Row("agents.*.dial", "{owner} now calls people: {after}",
        gone="{owner} calls nobody any more; it had {before}"),
    Row("agents.*.voicemail", "who answers a call of {owner} now gets {after}, not {before}",
        gone="who answers a call of {owner} is now told apart as usual, not by {before}",
        new="who answers a call of {owner} now gets {after}"),
    Row("agents.*.phone", "{owner} now answers calls by telephone: {after}",
        gone="{owner} answers no calls by telephone any more; it had {before}"),
    Row("agents.*.mode", "{owner} now talks by {after}, not by {before}"),
    Row("agents.*.reload", "changed files now reach calls of {owner} by {after}, not by {before}"),
    *_speech("greeting", _FIRST_WORDS, "callers of {agents} hear no greeting from {owner} any more",
             "the greeting of {owner}"),
    *_speech("on_handoff", _WHO_COME,
             "callers of {agents} who are put through to {owner} hear its greeting",
             "the first words of {owner} after a handoff"),
    *_speech("on_return", _WHO_RETURN,
             "callers of {agents} who come back to {owner} hear no words of their own for it",
             "the words of {owner} when they come back"),
    *chain.from_iterable(map(_of_kind, sorted(KINDS, key=attrgetter("noticed")))),
    Row("agents.*.avatar", "callers of {owner} now see the avatar {after}, not {before}",
        gone="callers of {owner} see no avatar any more; it was {before}",
        new="callers of {owner} now see an avatar: {after}"),
    *(_by_one_block(kind) for kind in ROWS if kind not in KINDS),
    Row("agents.*.instructions", _instructions,
        gone="the personas of {owner} have no instructions in common any more"),
    Row("personas.*.instructions", _instructions,
        gone="the instructions of {owner} are gone; it was told {before}"),
    Row("personas.*.instructions_file", _instructions,
        gone="{owner} is told nothing from a text file any more"),
    Row("personas.*", _ability, gone="the persona {owner} is gone from {agents}"),
    Row("personas.*.handoffs.*", "{owner} now hands over to {entry} otherwise: {after}",
        gone="{owner} hands over to {entry} no more",
        new="{owner} may now hand over to {entry}: {after}"),
    Row("agents.*.handoffs.*", "every persona of {owner} hands over to {entry} otherwise: {after}",
        gone="the personas of {owner} have no common handoff to {entry} any more",
        new="every persona of {owner} may now hand over to {entry}: {after}"),
    Row("*.*.handoffs.*.when", "{owner} now hands over to {entry} when: {after}"),
    Row("*.*.handoffs.*.if", "{owner} may now hand over to {entry} only if {after}",
        gone="{owner} may now hand over to {entry} at any time, not only if {before}"),
    Row("*.*.handoffs.*.say", "before {owner} hands over to {entry} callers now hear {after}",
        gone="{owner} now hands over to {entry} without a word; it said {before}"),
    Row("*.*.handoffs.*.context", "when {owner} hands over, {entry} is now told of the talk: "
        "{after}, not {before}"),
    Row("agents.*.tools", "the tools of {owner} stand in another order",
        gone="{owner} has the tool {before} no more", new="{owner} has a new tool, {after}"),
    Row("personas.*.tools", "the tools of {owner} stand in another order",
        gone="{owner} may call {before} no more", new="{owner} may now call {after}"),
    Row("tools.*", _ability, gone="the tool {owner} is gone from {agents}"),
    Row("tools.*.if", "{owner} may now be called only if {after}",
        gone="{owner} may now be called at any time, not only if {before}"),
    Row("tools.*.confirm", "{owner} now asks the caller first: {after}",
        gone="{owner} asks the caller no more before it is carried out",
        yes="{owner} now asks the caller first, in the model's own words",
        no="{owner} asks the caller no more before it is carried out"),
    Row("tools.*.rules.*.if", "a rule of {owner} now refuses where {after}, not where {before}"),
    Row("tools.*.rules.*.answer", "a rule of {owner} now answers {after}, not {before}"),
    Row("tools.*.rules", "{owner} now refuses other calls: {after}, not {before}",
        gone="no rules of {owner} refuse a call any more",
        new="{owner} now refuses calls: {after}"),
    Row("tools.*.max_uses", "{owner} may now be used {after} times in a call, not {before}",
        gone="{owner} may now be used as often as it is called, not only {before} times",
        new="{owner} may now be used {after} times in a call"),
    Row("tools.*.while_waiting", "callers hear other words while {owner} works: {after}",
        gone="callers hear nothing while {owner} works any more",
        new="callers now hear words while {owner} works: {after}"),
    Row("tools.*.while_waiting.say", "while {owner} works callers now hear {after}, not {before}"),
    Row("tools.*.interruptible", yes="callers are now answered while {owner} works",
        no="the words of callers now wait until {owner} is done"),
    Row("tools.*.background", yes="the talk now goes on while {owner} works",
        no="the talk now waits for {owner}"),
    Row("tools.*.http.private_network",
        yes="{owner} may now reach addresses in the private network",
        no="{owner} may reach addresses in the private network no more"),
    Row("runner.network.allow", new="tools may now reach {after} in the private network "
        "(a setting of the runner)", gone="tools may reach {before} in the private network no more "
        "(a setting of the runner)"),
    Row("runner.capacity.max_calls", "{owner} now takes {after} calls at once, not {before}",
        new="{owner} now takes at most {after} calls at once",
        gone="{owner} now takes any number of calls at once"),
    Row("runner.capacity.max_dialogues", "{owner} now takes {after} dialogues by text at once, "
        "not {before}"),
    Row("runner.shutdown.drain", "{owner} now waits {after} for calls when it is stopped, "
        "not {before}"),
    Row("runner.reload.settle", "{owner} now takes files as saved after {after} without a change, "
        "not {before}"),
    Row("runner.reload.keep_releases", "{owner} now keeps the last {after} releases, not {before}"),
    Row("tools.*.http.url", "{owner} now asks {after}, not {before}"),
    Row("tools.*.http.method", "{owner} now sends {after}, not {before}"),
    Row("tools.*.http.timeout", "{owner} now waits up to {after}, not {before}"),
    Row("tools.*.http.query.*", "{owner} now sends {last} as {after}, not as {before}",
        gone="{owner} sends {last} no more", new="{owner} now also sends {last}: {after}"),
    Row("tools.*.http.headers.*", "{owner} now sends the header {last} as {after}, not as {before}",
        gone="{owner} sends the header {last} no more",
        new="{owner} now also sends the header {last}: {after}"),
    Row("tools.*.http.body.**", "{owner} now sends in {key}: {after}, not {before}",
        gone="{owner} sends nothing in {key} any more", new="{owner} now sends in {key}: {after}"),
    Row("knowledge.*.files.*", "{owner} knows other words from {last}",
        new="{owner} also looks into {last}", gone="{owner} looks no more into {last}"),
    Row("knowledge.*.results", "the model now sees {after} passages of {owner}, not {before}"),
    Row("tools.*.parameters.*", gone="{owner} asks for {entry} no more",
        new="{owner} now asks for {entry}: {after}"),
    Row("tools.*.parameters.*.optional", yes="{owner} can now be called without {entry}",
        no="{owner} cannot be called without {entry} any more"),
    Row("tools.*.description", "the model is told something else of {owner}: {after}",
        gone="the model is told nothing more of {owner}"),
    Row("tools.*.say", "{owner} now says {after}, not {before}"),
    Row("tools.*.transfer_call.to", "{owner} now puts callers through to {after}, not to {before}"),
    Row("tools.*.transfer_call.how", "{owner} now puts callers through in another way: {after}, "
        "not {before}"),
    Row("tools.*.transfer_call.ring_for", "{owner} now lets it ring for {after}, not for {before}"),
    Row("tools.*.transfer_call.say", "before {owner} puts a caller through, they now hear {after}",
        gone="before {owner} puts a caller through, they hear {before} no more",
        new="before {owner} puts a caller through, they now hear {after}"),
    Row("tools.*.transfer_call.on_failure", "when {owner} puts nobody through, it now {after}, "
        "where it {before}", gone="when {owner} puts nobody through, it leaves it to the model; "
        "it {before}", new="when {owner} puts nobody through, it now {after}"),
    Row("tools.*.result.text", "the model now sees of the answer of {owner}: {after}",
        gone="the model now sees the answer of {owner} itself, not {before}"),
    Row("tools.*.result.hide", yes="the model sees of {owner} only whether it worked",
        no="the model now sees what {owner} answers"),
    Row("tools.*.then", "after its success {owner} now {after}, where it {before}",
        gone="after its success {owner} does nothing more; it {before}",
        new="after its success {owner} now {after}"),
    Row("tools.*.on_error", "when its service fails, {owner} now {after}, where it {before}",
        gone="when its service fails, {owner} leaves it to the model; it {before}",
        new="when its service fails, {owner} now {after}"),
    Row("agents.*.limits.max_duration", "a call of {owner} may now last {after}, not {before}",
        gone="a call of {owner} may now last as long as the caller likes, not {before}",
        new="a call of {owner} may now last {after}, not as long as the caller likes"),
    Row("agents.*.limits.farewell", "callers of {owner} whose time is over now hear {after}",
        gone="callers of {owner} whose time is over hear no farewell any more"),
    Row("agents.*.limits.max_calls", "{owner} now takes {after} calls at the same time, not "
        "{before}", gone="{owner} now takes any number of calls at the same time, not {before}",
        new="{owner} now takes {after} calls at the same time, not any number"),
    Row("agents.*.idle", "{owner} does something else when the caller says nothing: {after}",
        gone="{owner} does nothing more when the caller says nothing",
        new="{owner} now does something when the caller says nothing: {after}"),
    Row("agents.*.idle.after", "{owner} now waits {after}, not {before}, "
        "when the caller says nothing"),
    Row("agents.*.idle.say", "callers of {owner} who say nothing now hear {after}",
        gone="callers of {owner} who say nothing hear {before} no more"),
    Row("agents.*.idle.instructions", "when the caller says nothing, the model of {owner} is now "
        "told {after}, not {before}", gone="when the caller says nothing, the model of {owner} is "
        "told {before} no more", new="when the caller says nothing, the model of {owner} is now "
        "told {after}"),
    Row("agents.*.idle.then", "when the caller still says nothing, {owner} now {after}; before, "
        "it {before}", gone="when the caller still says nothing, {owner} does nothing more; "
        "before, it {before}", new="when the caller still says nothing, {owner} now {after}"),
    Row("agents.*.idle.times", "{owner} asks a caller who says nothing {after} times, "
        "not {before}"),
    Row("*.*.turn_taking.min_delay", "{owner} now answers after a silence of at least {after}, "
        "not {before}", gone="{owner} now answers after LiveKit's own silence, not {before}",
        new="{owner} now answers after a silence of at least {after}"),
    Row("*.*.turn_taking.interruptions", "interruptions of {owner} are now otherwise: {after}",
        no="callers of {agents} can no longer interrupt {owner}",
        gone="interruptions of {owner} are now as LiveKit has them, not {before}"),
    Row("*.*.turn_taking.interruptions.allow", yes="callers of {agents} may now interrupt {owner}",
        no="callers of {agents} can no longer interrupt {owner}"),
    Row("agents.*.variables.*", "{entry} of {owner} is now {after}, not {before}",
        gone="{owner} has the variable {entry} no more",
        new="{owner} has a new variable, {entry}: {after}"),
    Row("agents.*.timezone", "{owner} now tells the time of {after}, not of {before}",
        gone="{owner} now tells the time of the machine, not of {before}",
        new="{owner} now tells the time of {after}, not of the machine"),
    Row("agents.*.locale", "{owner} now writes dates and numbers as in {after}, not as in {before}",
        gone="{owner} now writes dates and numbers as in English, not as in {before}",
        new="{owner} now writes dates and numbers as in {after}, not as in English"),
    Row("agents.*.record", "what is kept of calls of {owner} is now {after}, not {before}",
        gone="what is kept of calls of {owner} is said no more; it was {before}",
        new="what is kept of calls of {owner} is now {after}"),
    Row("agents.*.record.announce", "callers of {owner} now hear of a recording: {after}",
        gone="callers of {owner} hear {before} no more"),
    Row("agents.*.record.consent", "callers of {owner} are now asked otherwise whether their call "
        "may be recorded: {after}", gone="callers of {owner} are asked no more whether their call "
        "may be recorded", new="callers of {owner} are now asked whether their call may be "
        "recorded: {after}"),
    Row("agents.*.record.consent.ask", "callers of {owner} are now asked {after}, not {before}"),
    Row("agents.*.record.consent.on_refusal", "when a caller does not agree to a recording, "
        "{owner} now {after}, where it {before}", gone="when a caller does not agree to a "
        "recording, {owner} does nothing more; before, it {before}",
        new="when a caller does not agree to a recording, {owner} now {after}"),
    Row("agents.*.record.transcript",
        yes="what callers of {owner} say is now kept",
        no="what callers of {owner} say is kept no more"),
    Row("agents.*.record.audio", yes="the sound of calls of {owner} is now kept",
        no="the sound of calls of {owner} is kept no more"),
    Row("agents.*.record.mask", "calls of {owner} have the same masked, in another order",
        gone="in what is kept of calls of {owner}, {before} is masked no more",
        new="in what is kept of calls of {owner}, {after} is now masked"),
    Row("agents.*.record.keep", "records of {owner} are now kept for {after}, not {before}",
        gone="records of {owner} are now kept as long as those of others, not {before}",
        new="records of {owner} are now kept for {after}"),
    Row("agents.*.memory", "what {owner} remembers of callers is now {after}, not {before}",
        gone="{owner} remembers nothing of callers any more",
        new="{owner} now remembers callers: {after}"),
    Row("agents.*.memory.of",
        "{owner} now knows callers again by {after}, not by {before}"),
    Row("agents.*.memory.keep", "{owner} keeps the same of callers, in another order",
        gone="{owner} keeps {before} of callers no more",
        new="{owner} now keeps {after} for the next call of the same caller"),
    Row("agents.*.memory.summary", yes="{owner} now remembers what calls were about",
        no="{owner} remembers no more what calls were about"),
    Row("agents.*.memory.for", "{owner} now remembers callers for {after}, not for {before}",
        gone="{owner} now remembers callers until they are forgotten, not for {before}",
        new="{owner} now remembers callers for {after}"),
    Row("agents.*.keyterms", "{owner} expects the same words in another order",
        gone="{owner} expects to hear {before} no more", new="{owner} now expects to hear {after}"),
    Row("agents.*.pronunciations.*", "{owner} now pronounces {entry} as {after}, not as {before}",
        gone="{owner} now pronounces {entry} as it is written",
        new="{owner} now pronounces {entry} as {after}"),
    Row("providers.*.with.**", _option, gone="the {noun} {owner} of {agents} has no {option} any "
        "more; it was {before}"),
    Row("providers.*", "the {noun} {owner} of {agents} is now of another kind: {after}",
        gone="the {noun} {owner} is used no more by {agents}",
        new="the {noun} {described} is now used by {agents}"),
    Row("env.*", "the environment variable {owner}, which texts of {agents} use, is now {after}, "
        "not {before}", gone="the environment variable {owner} is used no more by {agents}",
        new="the environment variable {owner} is now used by {agents}: {after}"),
)  # fmt: skip
"""From what callers notice first to what they notice last."""

SENDING = next(i for i, row in enumerate(TABLE) if row.place == "tools.*.http.url")
SILENCE = next(i for i, row in enumerate(TABLE) if row.place == "tools.*.http.timeout")
"""Where sentences stand that are not about one key: among those of these rows."""


def tell(facts: SentenceFacts) -> tuple[int, str]:
    """How noticeable a difference is (0: most), and what is said of it."""
    written = "".join(f"{part}\n" for part in _parts(facts.difference.location))
    for rank, row in enumerate(TABLE):
        if row.pattern.fullmatch(written) and (sentence := row.sentence(facts)):
            return rank, sentence
    meaning = f" ({facts.about})" if facts.about else ""
    return len(TABLE), f"{facts.key} of {facts.owner} {facts.became}{meaning}"


def _parts(location: Location) -> list[str]:
    return [" ".join(str(part).split()) for part in location]
