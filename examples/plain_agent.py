"""A plain agent on the terminal: reads what you type, answers, and tracks the conversation.

    export CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS=localhost:9092
    export CONVOSTREAM_SPOOL_DIRECTORY=/var/tmp/plain-agent    # optional: events survive a broker outage
    python examples/plain_agent.py

Type a question about an order, "human" to be handed over, or nothing to leave.
"""

import sys
import uuid
from collections.abc import Iterable

from convostream import Conversation, ConversationTracker

ORDERS = {"1001": "on its way", "1002": "delivered"}


def find_order(number: str) -> str:
    """Look an order up; an unknown one is an error, which the timed action records."""
    return f"Order {number} is {ORDERS[number]}."


def answer(conversation: Conversation, question: str) -> str:
    """Answer one question; every tool call is an action of the conversation."""
    if "human" in question.lower():
        conversation.track_action("contact_human", response="handed over")
        return "A colleague will take over."
    number = next((word for word in question.split() if word.isdigit()), None)
    if number is None:
        return "Which order do you mean?"
    try:
        with conversation.action("find_order") as call:
            call.tools_used = {"orders": {"number": number}}
            call.response = found = find_order(number)
    except KeyError:
        return f"I do not know order {number}."
    return found


def talk(tracker: ConversationTracker, questions: Iterable[str]) -> None:
    """Hold one conversation from its first question to its end."""
    conversation = tracker.get_or_create_conversation(
        str(uuid.uuid4()), customer_id="terminal-user", device="desktop", source="terminal", language="en"
    )
    for question in questions:
        if not question.strip():
            break
        conversation.track_human_message(question)
        reply = answer(conversation, question)
        conversation.track_agent_message(reply)
        print(reply)
    conversation.end_conversation()


def main() -> None:
    """Answer until standard input ends, then send the remaining events."""
    tracker = ConversationTracker("plain-agent")
    print("How can I help?")
    talk(tracker, sys.stdin)
    unsent = tracker.close(timeout=5)
    print(f"{tracker.stats().sent} events sent, {unsent} unsent")


if __name__ == "__main__":
    main()
