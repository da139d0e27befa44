"""A Kafka with authentication: TLS listeners beside the open one, certificates, users, and the documented ACLs.

Clients of the open listener are superusers; all others have the rights that the ACLs give.
"""

import json
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import trustme
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from deploy.embedded.addresses import free_port
from tests.support.project.metadata import ROOT

USERS = {"agent": "agent-s3cret", "worker": "worker-s3cret"}
KEY_PASSWORD = "key-s3cret"
DOCUMENT = ROOT / "docs/kafka-security.md"

_RESOURCES = {"topic": 2, "group": 3}
_OPERATIONS = {"Read": 3, "Write": 4, "Describe": 8}
_LITERAL, _ALLOW = 3, 3
_RESULTS: Any = {CreateAclsRequest: "creation_responses", DeleteAclsRequest: "filter_responses"}


@dataclass(frozen=True)
class SecureKafka:
    """Certificates and ports of the broker that is started with `options`."""

    directory: Path
    sasl_port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self._write_certificates()
        (self.directory / "users").write_text("".join(f"{name}={password}\n" for name, password in USERS.items()))
        (self.directory / "more.properties").write_text(self._properties())

    @property
    def options(self) -> list[str]:
        """The options of `python -m deploy.kafka`."""
        return [
            f"--properties={self.directory / 'more.properties'}",
            f"--scram-users={self.directory / 'users'}",
        ]

    def sasl(self, user: str, mechanism: str = "SCRAM-SHA-256", password: str | None = None) -> dict[str, str]:
        """Return the settings of a user who authenticates with a password over TLS."""
        return self._connected("SASL_SSL", self.sasl_port) | {
            "CONVOSTREAM_KAFKA_SASL_MECHANISM": mechanism,
            "CONVOSTREAM_KAFKA_SASL_USERNAME": user,
            "CONVOSTREAM_KAFKA_SASL_PASSWORD": password or USERS[user],
        }

    def tokens(self, user: str) -> dict[str, str]:
        """Return the settings of a user who authenticates with a token over TLS."""
        return self._connected("SASL_SSL", self.sasl_port) | {
            "CONVOSTREAM_KAFKA_SASL_MECHANISM": "OAUTHBEARER",
            "CONVOSTREAM_KAFKA_SASL_TOKEN_PROVIDER": f"{__name__}:{user}_token",
        }

    def certificate(self, user: str, key: Literal["key", "encrypted"] = "key") -> dict[str, str]:
        """Return the settings of a user who authenticates with a certificate."""
        password = {"CONVOSTREAM_KAFKA_SSL_KEY_PASSWORD": KEY_PASSWORD} if key == "encrypted" else {}
        return (
            self._connected("SSL", self.tls_port)
            | password
            | {
                "CONVOSTREAM_KAFKA_SSL_CERTFILE": str(self.directory / f"{user}.pem"),
                "CONVOSTREAM_KAFKA_SSL_KEYFILE": str(self.directory / f"{user}.{key}"),
            }
        )

    def _connected(self, protocol: str, port: int) -> dict[str, str]:
        return {
            "CONVOSTREAM_KAFKA_BOOTSTRAP_SERVERS": f"localhost:{port}",
            "CONVOSTREAM_KAFKA_SECURITY_PROTOCOL": protocol,
            "CONVOSTREAM_KAFKA_SSL_CAFILE": str(self.directory / "ca.pem"),
        }

    def _write_certificates(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.directory / "ca.pem"))
        trustme.CA().cert_pem.write_to_path(str(self.directory / "other-ca.pem"))
        server = authority.issue_cert("localhost")
        chain = b"".join(each.bytes() for each in server.cert_chain_pems)
        (self.directory / "server.pem").write_bytes(in_pkcs8(server) + chain)
        past = datetime.now(UTC) - timedelta(days=1)
        for name, not_after in (*((user, None) for user in USERS), ("expired", past)):
            own = authority.issue_cert(f"{name}.test", common_name=name, not_after=not_after)
            (self.directory / f"{name}.pem").write_bytes(
                b"".join(cert_chain_pem.bytes() for cert_chain_pem in own.cert_chain_pems)
            )
            (self.directory / f"{name}.key").write_bytes(in_pkcs8(own))
            (self.directory / f"{name}.encrypted").write_bytes(in_pkcs8(own, KEY_PASSWORD))

    def _properties(self) -> str:
        listeners = f"LOGIN://{{0}}:{self.sasl_port},CERTIFICATE://{{0}}:{self.tls_port}"
        users = " ".join(f'user_{name}="{password}"' for name, password in USERS.items())
        modules = "org.apache.kafka.common.security"
        lines = {
            "listeners": listeners.format("127.0.0.1"),
            "advertised.listeners": listeners.format("localhost"),
            "listener.security.protocol.map": "LOGIN:SASL_SSL,CERTIFICATE:SSL",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
            "listener.name.login.plain.sasl.jaas.config": f"{modules}.plain.PlainLoginModule required {users};",
            "listener.name.login.scram-sha-256.sasl.jaas.config": f"{modules}.scram.ScramLoginModule required;",
            "listener.name.login.scram-sha-512.sasl.jaas.config": f"{modules}.scram.ScramLoginModule required;",
            "listener.name.login.oauthbearer.sasl.jaas.config": f"{modules}.oauthbearer.OAuthBearerLoginModule required"
            ' unsecuredLoginStringClaim_sub="broker";',
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.directory / "server.pem",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.directory / "ca.pem",
            "listener.name.certificate.ssl.client.auth": "required",
            "ssl.principal.mapping.rules": "RULE:^.*CN=([^,]+).*$/$1/",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }
        return "".join(f"{name}={value}\n" for name, value in lines.items())


def in_pkcs8(certificate: trustme.LeafCert, password: str | None = None) -> bytes:
    """Return the key of a certificate in the format that Java reads, encrypted if there is a password."""
    key = load_pem_private_key(certificate.private_key_pem.bytes(), None)
    encryption = NoEncryption() if password is None else BestAvailableEncryption(password.encode())
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))


def agent_token() -> tuple[str, int]:
    """Return a token of the agent."""
    return token_of("agent")


def worker_token() -> tuple[str, int]:
    """Return a token of the worker."""
    return token_of("worker")


def token_of(user: str) -> tuple[str, int]:
    """Return an unsigned token, which Kafka's test validator accepts, and when it expires."""
    now = int(time.time())
    parts = {"alg": "none"}, {"sub": user, "iat": now, "exp": now + 300}
    encoded = [urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, ""]), (now + 300) * 1000


@dataclass(frozen=True, slots=True)
class Acl:
    """A right of a user."""

    user: str
    operation: str
    resource: Literal["topic", "group"]
    name: str


def documented_acls(topic: str, group: str) -> list[Acl]:
    """Return the rights of the commands in the documentation, for a topic and a group of the test."""
    found = []
    for command in re.findall(r"^kafka-acls\.sh .+$", DOCUMENT.read_text().replace("\\\n", " "), flags=re.MULTILINE):
        (user,) = re.findall(r"--allow-principal User:(\S+)", command)
        for kind, name in re.findall(r"--(topic|group) (\S+)", command):
            assert name in ("agent-events", "convostream-workers"), command
            operations = re.findall(r"--operation (\w+)", command)
            assert operations, command
            ours = topic if kind == "topic" else group
            found += [Acl(user, operation, kind, ours) for operation in operations]
    return found


async def allow(bootstrap: str, acls: Iterable[Acl]) -> None:
    """Give users rights."""
    await _send(bootstrap, CreateAclsRequest, acls)


async def forbid(bootstrap: str, acls: Iterable[Acl]) -> None:
    """Take rights away."""
    await _send(bootstrap, DeleteAclsRequest, acls)


async def _send(bootstrap: str, kind: Any, acls: Iterable[Acl]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        for each in acls:
            resource = _RESOURCES[each.resource], each.name, _LITERAL
            request = kind(*resource, f"User:{each.user}", "*", _OPERATIONS[each.operation], _ALLOW)
            result = (await admin._send_request(request)).to_object()[_RESULTS[kind]][0]
            assert result["error_code"] == 0, result
    finally:
        await admin.close()
