"""The connection to Kafka: Faust's options from the settings."""

from typing import Any, Final

import faust
import faust.auth

from convostream.contract.wire import LARGEST_RECORD
from convostream.kafka.security import kafka_client_options
from stream_processors.settings import WorkerSettings

# Larger fetches are not faster.
LARGEST_FETCH: Final = 8 * 1024**2

# Forwarded records have a key and headers beside their value; the broker's own limit decides.
LARGEST_REQUEST: Final = 2 * LARGEST_RECORD

# How soon added partitions, or a topic that was created again, are noticed; the client's default is 5 minutes.
METADATA_AGE_MS: Final = 10_000


def broker_options(settings: WorkerSettings) -> dict[str, Any]:
    """Return the options of the Faust app for the connection to Kafka."""
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
    """Return the bytes to fetch of a partition at once: the client holds them in addition to the buffer."""
    return min(LARGEST_FETCH, max(LARGEST_RECORD, settings.buffer_share(1) // 16))


def _credentials(settings: WorkerSettings) -> Any:
    """Return the credentials of an aiokafka client in Faust's form."""
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
