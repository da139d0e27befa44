"""The demo: real transcripts go through the SDK, the broker, a worker and ClickHouse, and give all fifteen metrics.

transcripts        messages, tool calls and times that are real
attributes         what rules assign: customers, addresses, devices, channels, languages, ratings
schedule           when in the last 60 days a conversation begins
conversations      a transcript and its attributes as steps; each is a call of the SDK at its time (sdk_calls)
replay, live       send the steps at once, or as time passes
clickhouse_reader  query the metric views, and wait until everything is written
report, tables     print the metrics, commands and addresses
run, setup         start the stack, run all of this, and stop the stack

docs/demo.md says what is real and what is assigned.
"""
