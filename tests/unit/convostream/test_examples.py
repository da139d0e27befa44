"""The examples do what they say, with the transport that keeps everything in memory."""

import asyncio
import runpy
from pathlib import Path
from typing import Any

import pytest

from convostream import (
    Action,
    AsyncConversationTracker,
    ConversationEnded,
    ConversationEngaged,
    ConversationTracker,
    Message,
)
from convostream.testing import MemoryTransport

EXAMPLES = Path(__file__).parents[3] / "examples"


def example(name: str) -> dict[str, Any]:
    """Return what an example defines, without running it."""
    return runpy.run_path(str(EXAMPLES / name))


def test_the_plain_agent_tracks_one_conversation(capsys: pytest.CaptureFixture[str]) -> None:
    transport = MemoryTransport()
    questions = ["Where is order 1001?\n", "order 1001\n", "and 7\n", "a human please\n", "\n", "never read\n"]
    example("plain_agent.py")["talk"](ConversationTracker("plain-agent", transport=transport), questions)
    assert "Order 1001 is on its way." in capsys.readouterr().out
    assert [message.sender for message in transport.events_of(Message)] == ["end_user", "agent"] * 4
    actions = [(action.action_name, action.error_message) for action in transport.events_of(Action)]
    assert actions == [("find_order", None), ("find_order", "KeyError: '7'"), ("contact_human", None)]
    assert isinstance(transport.events[-1], ConversationEnded)


async def ask(port: int, conversation_id: str, question: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"POST /{conversation_id}?customer=u-7 HTTP/1.1\r\nContent-Length: {len(question)}\r\n\r\n{question}"
    writer.write(request.encode())
    answer = (await reader.read()).decode()
    writer.close()
    return answer.partition("\r\n\r\n")[2]


async def test_the_web_agent_leads_many_conversations_at_once() -> None:
    transport = MemoryTransport()
    module = example("async_web_agent.py")
    tracker = AsyncConversationTracker("async-web-agent", transport=transport)
    async with tracker, await module["serve"](module["Agent"](tracker), 0) as server:
        port = server.sockets[0].getsockname()[1]
        asked = [ask(port, f"c-{number}", f"Where is order {number}?") for number in range(1000, 1010)]
        answers = await asyncio.gather(*asked)
    assert answers[1] == "Order 1001 is on its way."
    for number in range(1000, 1010):
        own = [event for event in transport.events if event.conversation_id == f"c-{number}"]
        assert [type(event) for event in own] == [ConversationEngaged, Message, Action, Message]
        assert isinstance(own[1], Message)
        assert own[1].content == f"Where is order {number}?"
