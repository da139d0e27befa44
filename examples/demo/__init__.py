"""The demo: real transcripts through the SDK, the broker, a worker and ClickHouse, and all fifteen metrics of them.

transcripts      the words, tool calls and clock times that really were
attributes       what a rule assigns to them: customers, addresses, devices, channels, languages
conversations    a transcript and its attributes as steps, each a call of the SDK at its time
placement        where in the last 30 days a conversation lies
replay, live     the steps sent at once, or as time passes
landing          the wait until everything is in the tables
report           the seventeen views as tables in the terminal

docs/demo.md says what is real and what is assigned.
"""
