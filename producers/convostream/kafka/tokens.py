"""Tokens for SASL OAUTHBEARER: from a function or provider named by a setting, or by the client-credentials grant.

A token is cached until a minute before it expires. Fetching may block; it runs in a thread of its own.
"""

import asyncio
import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaConnectionError

from convostream.errors import InvalidSettings
from convostream.kafka.security import PREFIX, KafkaSecurity

# Returns a token, or a token and when it expires, in milliseconds since 1970.
Fetch = Callable[[], object]

_SETTING: Final = f"{PREFIX}KAFKA_SASL_TOKEN_PROVIDER"
_TIMEOUT_SECONDS: Final = 10.0
_LARGEST_ANSWER: Final = 2**20
_EARLY_SECONDS: Final = 60.0


class CachedTokens(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """Return the last token until it is about to expire."""

    def __init__(self, fetch: Fetch, setting: str) -> None:
        self._fetch = fetch
        self._setting = setting
        self._lock = threading.Lock()  # a worker's clients have an event loop each
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="kafka-token")
        self._token = ""
        self._expires_at = 0.0

    async def token(self) -> str:
        """Return a token; raises KafkaConnectionError, so that the client retries, if there is none."""
        try:
            fetching = asyncio.get_running_loop().run_in_executor(self._executor, self._current)
        except RuntimeError:  # at the exit of the interpreter there are no more threads
            return self._current()
        return await fetching

    def _current(self) -> str:
        with self._lock:
            if time.time() > self._expires_at - _EARLY_SECONDS:
                self._token, self._expires_at = self._fetched()
            return self._token

    def _fetched(self) -> tuple[str, float]:
        try:
            answer = self._fetch()
        except InvalidSettings as error:
            raise KafkaConnectionError(str(error)) from None
        except Exception as error:  # noqa: BLE001 - of whatever library; its text may hold a secret
            raise KafkaConnectionError(f"{self._setting}: gave no token: {type(error).__name__}") from None
        token, expires_ms = answer if isinstance(answer, tuple) and len(answer) == 2 else (answer, 0)
        if not isinstance(token, str) or not token.isprintable() or not token:
            raise KafkaConnectionError(f"{self._setting}: gave a {type(token).__name__} that is no token")
        return token, float(expires_ms) / 1000


class GuardedTokens(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """Return the tokens of a custom provider; its errors become connection errors without their text."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    async def token(self) -> str:
        """Return the provider's token; raises KafkaConnectionError if it has none."""
        try:
            return str(await self._provider.token())
        except Exception as error:  # noqa: BLE001 - whatever it raises; its text may hold a secret
            raise KafkaConnectionError(f"{_SETTING}: gave no token: {type(error).__name__}") from None

    def extensions(self) -> Any:
        """Return the provider's extensions."""
        return self._provider.extensions()


def token_provider(security: KafkaSecurity) -> Any:
    """Return the provider named by the settings; raises InvalidSettings if it cannot be loaded."""
    if security.kafka_sasl_token_provider is None:
        return CachedTokens(_client_credentials(security), f"{PREFIX}KAFKA_SASL_OAUTH_TOKEN_URL")
    named = _load(security.kafka_sasl_token_provider)
    if isinstance(named, type) and issubclass(named, AbstractTokenProvider):
        named = named()
    if isinstance(named, AbstractTokenProvider):
        return GuardedTokens(named)
    if not callable(named):
        raise InvalidSettings(f"{_SETTING}: {security.kafka_sasl_token_provider} cannot be called")
    return CachedTokens(named, _SETTING)


def _load(name: str) -> Any:
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InvalidSettings(f"{_SETTING}: {name} cannot be loaded: {error}") from None


class _NoRedirects(HTTPRedirectHandler):
    """Follow no redirects: the secret is for one address."""

    def redirect_request(self, *_: object) -> None:
        """Refuse, which makes the answer an error."""


def _client_credentials(security: KafkaSecurity) -> Fetch:
    """Return a function that requests a token from the token URL (RFC 6749, section 4.4)."""
    secret = security.kafka_sasl_oauth_client_secret
    names = security.kafka_sasl_oauth_client_id or "", secret.get_secret_value() if secret else ""
    login = b64encode(":".join(quote(name, safe="") for name in names).encode()).decode()
    form = {"grant_type": "client_credentials", "scope": security.kafka_sasl_oauth_scope}
    body = urlencode({name: value for name, value in form.items() if value}).encode()
    url, headers = security.kafka_sasl_oauth_token_url or "", {"Authorization": f"Basic {login}"}

    def fetch() -> tuple[str, float]:
        request = Request(url, body, headers)  # noqa: S310  (https, as the settings make sure)
        try:
            with build_opener(_NoRedirects).open(request, timeout=_TIMEOUT_SECONDS) as answer:
                fields = json.loads(answer.read(_LARGEST_ANSWER))
        except HTTPError as error:
            error.close()  # it holds the connection
            raise
        return fields["access_token"], (time.time() + float(fields.get("expires_in", 0))) * 1000

    return fetch
