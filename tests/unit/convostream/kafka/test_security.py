"""Settings of the login to Kafka that do not fit together, and files that cannot be used, are named at once."""

import asyncio
import json
import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme
from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaConnectionError
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from convostream import ConversationTracker, InvalidSettings, KafkaSecurity, KafkaTransport, OutgoingRecord, Settings
from convostream.kafka.security import kafka_client_options
from deploy.embedded.addresses import wait_until

SECRET = "hunter2"
LOGIN = {"SASL_USERNAME": "u", "SASL_PASSWORD": SECRET}
TOKENS = {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "OAUTHBEARER"}
CLIENT = {"SASL_OAUTH_CLIENT_ID": "i", "SASL_OAUTH_CLIENT_SECRET": SECRET}
ASKED: list[dict[str, str]] = []


def settings(variables: dict[str, str]) -> Settings:
    return Settings.from_environment({f"CONVOSTREAM_KAFKA_{name}": text for name, text in variables.items()})


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        (LOGIN, "SASL_USERNAME"),
        ({"SASL_PASSWORD": SECRET}, "SASL_PASSWORD"),
        ({"SASL_MECHANISM": "SCRAM-SHA-512"}, "SASL_MECHANISM"),
        ({"SECURITY_PROTOCOL": "SSL", **LOGIN}, "SASL_USERNAME"),
        ({"SECURITY_PROTOCOL": "SASL_SSL"}, "SASL_USERNAME"),
        ({"SECURITY_PROTOCOL": "SASL_SSL", "SASL_USERNAME": "u"}, "SASL_PASSWORD"),
        ({"SECURITY_PROTOCOL": "SASL_SSL", "SASL_PASSWORD": SECRET}, "SASL_USERNAME"),
        ({"SECURITY_PROTOCOL": "SASL_SSL", **LOGIN, **CLIENT}, "SASL_OAUTH_CLIENT_ID"),
        (TOKENS | LOGIN, "SASL_USERNAME"),
        (TOKENS, "SASL_OAUTH_TOKEN_URL"),
        (TOKENS | {"SASL_OAUTH_TOKEN_URL": "https://o"}, "SASL_OAUTH_CLIENT_ID"),
        (TOKENS | {"SASL_OAUTH_TOKEN_URL": "http://o/", **CLIENT}, "SASL_OAUTH_TOKEN_URL"),
        (TOKENS | {"SASL_OAUTH_TOKEN_URL": "http://localhost:x@o/", **CLIENT}, "SASL_OAUTH_TOKEN_URL"),
        (TOKENS | {"SASL_TOKEN_PROVIDER": "os"}, "SASL_TOKEN_PROVIDER"),
        (TOKENS | {"SASL_TOKEN_PROVIDER": "a:b", "SASL_OAUTH_TOKEN_URL": "https://o"}, "SASL_OAUTH_TOKEN_URL"),
        ({"SSL_CAFILE": "ca.pem"}, "SSL_CAFILE"),
        ({"SECURITY_PROTOCOL": "SASL_PLAINTEXT", **LOGIN, "SSL_CHECK_HOSTNAME": "false"}, "SSL_CHECK_HOSTNAME"),
        ({"SECURITY_PROTOCOL": "SSL", "SSL_KEYFILE": "key.pem"}, "SSL_KEYFILE"),
        ({"SECURITY_PROTOCOL": "SSL", "SSL_KEY_PASSWORD": SECRET}, "SSL_KEY_PASSWORD"),
    ],
)
def test_settings_that_do_not_fit_together_are_named(variables: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidSettings, match=f"CONVOSTREAM_KAFKA_{named}: ") as raised:
        settings(variables)
    assert SECRET not in str(raised.value)


def test_a_default_that_is_repeated_does_no_harm() -> None:
    assert settings({"SECURITY_PROTOCOL": "PLAINTEXT", "SASL_MECHANISM": "PLAIN", "SSL_CHECK_HOSTNAME": "true"})


def test_a_tracker_takes_the_security_in_place_of_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVOSTREAM_KAFKA_SECURITY_PROTOCOL", "SSL")
    monkeypatch.setenv("CONVOSTREAM_KAFKA_SSL_CAFILE", "/nowhere")
    with ConversationTracker("shop", security=KafkaSecurity()):
        pass
    with pytest.raises(InvalidSettings, match="CONVOSTREAM_KAFKA_SSL_CAFILE: there is no file /elsewhere"):
        ConversationTracker(
            "shop",
            security=KafkaSecurity.model_validate({"kafka_security_protocol": "SSL", "kafka_ssl_cafile": "/elsewhere"}),
        )


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the files that an operator may mix up."""
    folder, authority, past = tmp_path_factory.mktemp("pem"), trustme.CA(), datetime.now(UTC) - timedelta(days=1)
    authority.cert_pem.write_to_path(str(folder / "ca"))
    for name, expires in (("own", None), ("other", None), ("expired", past)):
        made = authority.issue_cert(f"{name}.test", not_after=expires)
        made.cert_chain_pems[0].write_to_path(str(folder / name))
        made.private_key_pem.write_to_path(str(folder / f"{name}.key"))
        made.private_key_and_cert_chain_pem.write_to_path(str(folder / f"{name}.both"))
    key = load_pem_private_key((folder / "own.key").read_bytes(), None)
    for name, form in (("pkcs8", PrivateFormat.PKCS8), ("traditional", PrivateFormat.TraditionalOpenSSL)):
        encrypted = key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(SECRET.encode()))
        (folder / f"own.{name}").write_bytes(encrypted)
    (folder / "empty").touch()
    (folder / "der").write_bytes(b"\x30\x82\x00\xff")
    (folder / "damaged").write_text((folder / "own").read_text().replace("MII", "MIM"))
    (folder / "cut").write_text((folder / "own").read_text()[:200])
    return folder


def security(pem: Path, **files: str) -> KafkaSecurity:
    paths = {name: text if name == "key_password" else str(pem / text) for name, text in files.items()}
    variables = {f"kafka_ssl_{name}": text for name, text in paths.items()}
    return KafkaSecurity.model_validate({"kafka_security_protocol": "SSL", **variables})


@pytest.mark.parametrize(
    "files",
    [
        {"certfile": "own", "keyfile": "own.key"},
        {"certfile": "own.both"},
        {"certfile": "own", "keyfile": "own.pkcs8", "key_password": SECRET},
        {"certfile": "own", "keyfile": "own.traditional", "key_password": SECRET},
    ],
)
def test_a_certificate_and_its_key_are_taken(pem: Path, files: dict[str, str]) -> None:
    context = kafka_client_options(security(pem, cafile="ca", **files))["ssl_context"]
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 1


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"cafile": "absent"}, "CAFILE: there is no file .*absent; name a PEM file"),
        ({"cafile": "."}, "CAFILE: .* cannot be read .Is a directory."),
        ({"cafile": "empty"}, "CAFILE: .*empty holds no certificate"),
        ({"cafile": "der"}, "CAFILE: .*der holds no certificate"),
        ({"cafile": "own.key"}, "CAFILE: .*own.key holds no certificate"),
        ({"cafile": "damaged"}, "CAFILE: .*damaged contains a corrupt certificate"),
        ({"cafile": "cut"}, "CAFILE: .*cut contains a corrupt certificate"),
        ({"cafile": "expired"}, "CAFILE: the certificate in .*expired expired on 20..-..-..; get a new one"),
        ({"certfile": "absent"}, "CERTFILE: there is no file"),
        ({"certfile": "expired", "keyfile": "expired.key"}, "CERTFILE: the certificate in .* expired on"),
        ({"certfile": "own"}, "CERTFILE: .*own holds no private key in PEM form; set CONVOSTREAM_KAFKA_SSL_KEYFILE"),
        ({"certfile": "own", "keyfile": "absent"}, "KEYFILE: there is no file"),
        ({"certfile": "own", "keyfile": "own"}, "KEYFILE: .*own holds no private key"),
        ({"certfile": "own", "keyfile": "other.key"}, "KEYFILE: the key in .*other.key is not that of the certificate"),
        ({"certfile": "own", "keyfile": "own.pkcs8"}, "KEY_PASSWORD: is not set, and the key in .* is encrypted"),
        ({"certfile": "own", "keyfile": "own.traditional"}, "KEY_PASSWORD: is not set, and the key in .*"),
        ({"certfile": "own", "keyfile": "own.pkcs8", "key_password": "no"}, "KEY_PASSWORD: does not open the key"),
        ({"certfile": "own", "keyfile": "own.traditional", "key_password": "no"}, "KEY_PASSWORD: does not open"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(pem: Path, files: dict[str, str], problem: str) -> None:
    with pytest.raises(InvalidSettings, match=f"^CONVOSTREAM_KAFKA_SSL_{problem}") as raised:
        kafka_client_options(security(pem, **files))
    assert SECRET not in str(raised.value)


def test_what_cannot_be_used_is_known_when_a_transport_is_made(pem: Path) -> None:
    with pytest.raises(InvalidSettings, match="CONVOSTREAM_KAFKA_SSL_CAFILE: there is no file"):
        KafkaTransport(Settings.model_validate(dict(security(pem, cafile="absent"))))


def tokens(provider: str) -> Any:
    return kafka_client_options(
        KafkaSecurity.model_validate(
            {
                "kafka_security_protocol": "SASL_PLAINTEXT",
                "kafka_sasl_mechanism": "OAUTHBEARER",
                "kafka_sasl_token_provider": f"{__name__}:{provider}" if ":" not in provider else provider,
            }
        )
    )["sasl_oauth_token_provider"]


CALLS: list[float] = []


def lasting_token() -> tuple[str, int]:
    CALLS.append(time.time())
    return f"token-{len(CALLS)}", int((time.time() + 3_600) * 1000)


def plain_token() -> str:
    CALLS.append(time.time())
    return f"token-{len(CALLS)}"


def broken_token() -> str:
    raise PermissionError(SECRET)


class BrokenProvider(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    async def token(self) -> str:
        raise PermissionError(SECRET)


class Provider(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    async def token(self) -> str:
        return "token"

    def extensions(self) -> dict[str, str]:
        return {"logicalCluster": "lkc-1"}


async def test_a_provider_of_the_clients_own_kind_is_taken() -> None:
    provider = tokens("Provider")
    assert (await provider.token(), provider.extensions()) == ("token", {"logicalCluster": "lkc-1"})


def injected_token() -> str:
    return "token\x01auth=other"


async def test_a_token_is_kept_until_it_expires_and_one_without_a_time_for_one_connection() -> None:
    for name, expected in (("lasting_token", ["token-1", "token-1"]), ("plain_token", ["token-1", "token-2"])):
        CALLS.clear()
        provider = tokens(name)
        assert [await provider.token(), await provider.token()] == expected


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("broken_token", "gave no token: PermissionError"),
        ("injected_token", "gave a str that is no token"),
        ("BrokenProvider", "gave no token: PermissionError"),
    ],
)
async def test_a_provider_without_a_token_fails_like_a_connection_and_tells_no_secret(name: str, problem: str) -> None:
    with pytest.raises(KafkaConnectionError, match=f"CONVOSTREAM_KAFKA_SASL_TOKEN_PROVIDER: {problem}") as raised:
        await tokens(name).token()
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("provider", ["no_such_module:token", "os:no_such_name", "os:sep"])
def test_a_provider_that_cannot_be_loaded_is_named(provider: str) -> None:
    with pytest.raises(InvalidSettings, match=f"CONVOSTREAM_KAFKA_SASL_TOKEN_PROVIDER: {provider} cannot be"):
        tokens(provider)


class _OAuthServer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        ASKED.append({"login": self.headers["Authorization"], "body": body})
        moved = self.path == "/moved"
        self.send_response(302 if moved else 200)
        if moved:
            self.send_header("Location", "/")
        self.end_headers()
        self.wfile.write(json.dumps({"access_token": f"t{len(ASKED)}", "expires_in": 300}).encode())

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def oauth_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _OAuthServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ASKED.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def client_tokens(url: str) -> Any:
    variables = TOKENS | {"SASL_OAUTH_TOKEN_URL": url, "SASL_OAUTH_SCOPE": "kafka", **CLIENT}
    return kafka_client_options(settings(variables))["sasl_oauth_token_provider"]


async def test_a_token_is_got_for_a_clients_credentials(oauth_server: str) -> None:
    provider = client_tokens(f"{oauth_server}/token")
    assert [await provider.token(), await provider.token()] == ["t1", "t1"]
    assert ASKED == [{"login": "Basic aTpodW50ZXIy", "body": "grant_type=client_credentials&scope=kafka"}]


async def test_credentials_do_not_follow_a_redirect(oauth_server: str) -> None:
    with pytest.raises(KafkaConnectionError, match="CONVOSTREAM_KAFKA_SASL_OAUTH_TOKEN_URL: gave no token: HTTPError"):
        await client_tokens(f"{oauth_server}/moved").token()
    assert len(ASKED) == 1


async def test_a_token_for_amazon_msk_is_signed_by_the_published_signer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    token = await asyncio.wait_for(tokens("convostream.kafka.msk:token").token(), 30)
    url = urlsplit(urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode())
    query = parse_qs(url.query)
    assert (url.hostname, query["Action"]) == ("kafka.eu-central-1.amazonaws.com", ["kafka-cluster:Connect"])
    assert query["X-Amz-Credential"][0].startswith("AKIAEXAMPLE/")
    assert len(query["X-Amz-Signature"][0]) == 64
    monkeypatch.delenv("AWS_REGION")
    with pytest.raises(KafkaConnectionError, match="AWS_REGION: is not set"):
        await tokens("convostream.kafka.msk:token").token()


async def test_the_loss_of_a_file_while_the_agent_runs_does_not_end_the_sending(
    pem: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_bytes((pem / "ca").read_bytes())
    given = settings({"SECURITY_PROTOCOL": "SSL", "SSL_CAFILE": str(ca), "BOOTSTRAP_SERVERS": "127.0.0.1:9"})
    transport = KafkaTransport(given)
    ca.unlink()
    transport.send(OutgoingRecord(b"a/c", b"{}"))
    assert await asyncio.to_thread(wait_until, lambda: transport.stats().failures >= 2, 20)
    transport.close(0)
    assert f"CONVOSTREAM_KAFKA_SSL_CAFILE: there is no file {ca}" in caplog.text
