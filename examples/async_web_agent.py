"""A web agent on asyncio: answers many customers at once over HTTP and tracks each conversation.

    export CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS=localhost:9092
    python examples/async_web_agent.py 8000
    curl -d 'Where is order 1001?' 'http://localhost:8000/c-1?customer=u-7'

The path names the conversation. The HTTP part is as small as it can be; in a service of yours it is a framework's.
"""

import asyncio
import sys
from urllib.parse import SplitResult, parse_qs, urlsplit

from convostream import AsyncConversationTracker

ORDERS = {"1001": "on its way", "1002": "delivered"}


class Agent:
    """Answers questions; its tools are timed for the conversation of the current task."""

    def __init__(self, tracker: AsyncConversationTracker) -> None:
        self._tracker = tracker
        self._find_order = tracker.timed_action("find_order")(self._look_up)

    async def reply(self, conversation_id: str, question: str, customer: str | None, address: str | None) -> str:
        """Answer one question of one conversation."""
        opened = self._tracker.get_or_create_conversation(conversation_id, customer, address, source="web")
        with opened as conversation:
            conversation.track_human_message(question)
            answer = await self._answer(question)
            conversation.track_agent_message(answer)
        return answer

    async def _answer(self, question: str) -> str:
        number = next((word for word in question.strip("?!. ").split() if word.isdigit()), None)
        if number is None:
            return "Which order do you mean?"
        return await self._find_order(number)

    async def _look_up(self, number: str) -> str:
        await asyncio.sleep(0.01)  # stands for a database query
        return f"Order {number} is {ORDERS.get(number, 'unknown')}."


async def serve(agent: Agent, port: int) -> asyncio.Server:
    """Serve the agent over HTTP on this port of the loopback address."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target, body = await read_request(reader)
        address = writer.get_extra_info("peername")[0]
        customer = parse_qs(target.query).get("customer", [None])[0]
        answer = await agent.reply(target.path.strip("/") or "c-1", body, customer, address)
        payload = answer.encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(payload), payload))
        await writer.drain()
        writer.close()

    return await asyncio.start_server(handle, "127.0.0.1", port)


async def read_request(reader: asyncio.StreamReader) -> tuple[SplitResult, str]:
    """Read the target and the body of one request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return urlsplit(head.split(" ", 2)[1]), body.decode()


async def main() -> None:
    """Serve until Ctrl-C; leaving the block sends what is left."""
    async with AsyncConversationTracker("async-web-agent") as tracker:
        server = await serve(Agent(tracker), int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
        print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        async with server:
            await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("stopped")
