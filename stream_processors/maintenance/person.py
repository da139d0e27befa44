"""A person as commands name one (a customer of an agent, or one conversation) and the rows that belong to it.

A conversation belongs to a customer when any of its events names the customer: a visit or an engagement by its
customer_id, any other event by an extra field of that name. It belongs to the customer as a whole, even if it also
names other customers.
"""

from dataclasses import dataclass
from typing import Final

from stream_processors.clickhouse.client import ClickHouse
from stream_processors.conversations.key import ConversationKey, conversation_hash
from stream_processors.enrichment.profiles import known_customer
from stream_processors.errors import OperatorError

CONVERSATIONS_SQL: Final = (
    "SELECT agent_id, environment, conversation_id, conversation_hash FROM {table}"
    " WHERE agent_id = {{agent_id:String}} AND environment = {{environment:String}} AND {condition}"
)
CUSTOMER_SQL: Final = "customer = {customer:String}"
EXTRA_SQL: Final = (
    " OR (position(extra, 'customer_id') > 0"
    " AND replaceRegexpAll(JSONExtractString(extra, 'customer_id'), '^\\\\s+|\\\\s+$', '') = {customer:String})"
)
CONVERSATION_SQL: Final = (
    "conversation_hash = {conversation_hash:UInt64} AND conversation_id = {conversation_id:String}"
)
IDS_SQL: Final = "SELECT DISTINCT conversation_id FROM ({conversations}) ORDER BY conversation_id"

# The condition for a person's rows, by whether the table has the id of the conversation.
ROWS_SQL: Final = {
    True: "(conversation_hash, conversation_id) IN (SELECT conversation_hash, conversation_id FROM ({conversations}))",
    False: "conversation_hash IN (SELECT conversation_hash FROM ({conversations}))",
}


@dataclass(frozen=True, slots=True)
class Person:
    """A customer of an agent in an environment, or one conversation: either `customer` or `conversation_id` is None."""

    agent_id: str
    environment: str
    customer: str | None
    conversation_id: str | None

    @classmethod
    def named(cls, agent_id: str, environment: str, customer: str | None, conversation_id: str | None) -> "Person":
        """Return the person of some options; raises OperatorError when they do not name one."""
        given = [text for text in (agent_id, environment, customer, conversation_id) if text is not None]
        if (customer is None) == (conversation_id is None):
            raise OperatorError("name either a customer or a conversation")
        if not all(text.strip() for text in given):
            raise OperatorError("agent, environment, customer and conversation cannot be blank")
        if not all(_is_text(text) for text in given):
            raise OperatorError("agent, environment, customer and conversation must be valid UTF-8")
        known = None if customer is None else known_customer(customer)
        if customer is not None and known is None:
            raise OperatorError("this customer id stands for no customer, like 'anonymous': name a conversation")
        return cls(agent_id, environment, known, conversation_id)

    @property
    def key(self) -> ConversationKey | None:
        """The key of the conversation, None for a customer."""
        if self.conversation_id is None:
            return None
        return ConversationKey(self.agent_id, self.environment, self.conversation_id)

    @property
    def parameters(self) -> dict[str, object]:
        """The parameters of `conversations_sql`."""
        start: dict[str, object] = {"agent_id": self.agent_id, "environment": self.environment}
        if (key := self.key) is None:
            return {**start, "customer": self.customer}
        return {**start, "conversation_id": key.conversation_id, "conversation_hash": conversation_hash(key)}

    @property
    def conversations_sql(self) -> str:
        """The query for agent, environment, id and hash of the conversations, which may repeat a conversation."""
        if self.key is not None:
            events = facts = CONVERSATION_SQL
        else:
            events, facts = f"({CUSTOMER_SQL}{EXTRA_SQL})", CUSTOMER_SQL
        return " UNION ALL ".join(
            CONVERSATIONS_SQL.format(table=table, condition=condition)
            for table, condition in (("events", events), ("conversation_facts", facts))
        )

    def rows_sql(self, *, with_ids: bool) -> str:
        """Return the condition for the person's rows of a table, with or without ids of conversations."""
        return ROWS_SQL[with_ids].replace("{conversations}", self.conversations_sql)

    async def conversation_ids(self, clickhouse: ClickHouse) -> list[str]:
        """Return the ids of the person's conversations, in order."""
        if self.conversation_id is not None:
            return [self.conversation_id]
        sql = IDS_SQL.replace("{conversations}", self.conversations_sql)
        return [row["conversation_id"] for row in await clickhouse.rows(sql, self.parameters)]


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
