"""The connection to Kafka: Faust's options for the settings."""

from typing import Any, Final

import faust
import faust.auth

from convostream.contract.wire import LARGEST_RECORD
from convostream.kafka.security import kafka_client_options
from stream_processors.settings import WorkerSettings

# Larger ones bring no more speed.
LARGEST_FETCH: Final = 8 * 1024**2

# Forwarded records have a key and headers beside their value; the broker's own limit decides.
LARGEST_REQUEST: Final = 2 * LARGEST_RECORD

# How soon partitions that were added, or a topic that was made again, are noticed; the clients' own is 5 minutes.
METADATA_AGE_MS: Final = 10_000


def broker_options(settings: WorkerSettings) -> dict[str, Any]:
    """Return the options of the Faust app that say where Kafka is and how to speak to it."""
    servers = settings.kafka_bootstrap_servers.split(",")
    return {
        "broker": [f"kafka://{server.strip()}" for server in servers],
        "broker_credentials": _credentials(settings),
        "broker_session_timeout": settings.kafka_session_timeout_seconds,
        "broker_heartbeat_interval": settings.kafka_session_timeout_seconds / 4,
        "broker_request_timeout": max(40.0, settings.kafka_session_timeout_seconds + 5),
        "broker_rebalance_timeout": max(20.0, settings.kafka_session_timeout_seconds * 2),
        "broker_commit_interval": 2.0,
        "consumer_metadata_max_age_ms": METADATA_AGE_MS,
        "producer_metadata_max_age_ms": METADATA_AGE_MS,
        "producer_max_request_size": LARGEST_REQUEST,
        "broker_max_poll_records": None,
        "consumer_max_fetch_size": _fetch_bytes(settings),
        "consumer_auto_offset_reset": "earliest",
    }


def _fetch_bytes(settings: WorkerSettings) -> int:
    """Return how much is fetched of a partition at once: the client holds it beside what the buffer counts."""
    return min(LARGEST_FETCH, max(LARGEST_RECORD, settings.buffer_share(1) // 16))


def _credentials(settings: WorkerSettings) -> Any:
    """Return Faust's form of what an aiokafka client logs in with."""
    options = kafka_client_options(settings)
    context = options.get("ssl_context")
    if "sasl_mechanism" not in options:
        return context
    if provider := options.get("sasl_oauth_token_provider"):
        return faust.auth.OAuthCredentials(oauth_cb=provider, ssl_context=context)
    return faust.SASLCredentials(
        username=options["sasl_plain_username"],
        password=options["sasl_plain_password"],
        mechanism=options["sasl_mechanism"],
        ssl_context=context,
    )
