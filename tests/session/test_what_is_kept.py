"""What a call keeps: nothing of personas that speak no more but what was said."""

from __future__ import annotations

import gc
import weakref

import pytest
from support.voice_folder import PLAIN

from runner.session.settings.session import CallSession

FOLDER = PLAIN.replace("instructions: Night desk.\n", "instructions: Night desk.\n"
    "    handoffs:\n      reception:\n        when: It is day.\n").replace(
    "        - when_caller_says: night\n",
    "        - when_caller_says: day\n          call: transfer_to_reception\n"
    "        - when_caller_says: night\n",
)  # fmt: skip


@pytest.mark.parametrize("channel", ["voice", "text"])
async def test_personas_that_have_left_are_forgotten(begin, channel):
    """Each visit's persona, activity and speech go; the last turn alone holds who it began with."""
    talk = await begin(FOLDER, channel=channel)
    session = talk.conversation.session
    assert isinstance(session, CallSession)
    visits, speeches = [], []
    session.on("speech_created", lambda ev: speeches.append(weakref.ref(ev.speech_handle)))
    for target in ("night", "day") * 4:
        if channel == "voice":
            await session.generate_reply(user_input=target)
        else:
            await talk.say(target)
        await talk.conversation.quiet()
        visits += [weakref.ref(session.current_agent), weakref.ref(session._activity)]
    gc.collect()
    assert [visit() for visit in visits[:-4] if visit() is not None] == []
    assert len([each for each in speeches if each() is not None]) <= 2
    assert [m.text_content for m in session.history.messages() if m.role == "user"] == [
        *("night", "day") * 4
    ]
