"""docker-compose.yml is valid, safe to start, and starts what the embedded stack starts."""

import inspect
import json
import re
from importlib.metadata import distribution, version
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator
from pydantic import SecretStr

from dashboard.errors import RefusedToStart
from dashboard.settings import DashboardSettings, check_exposure
from deploy.embedded.settings import StackSettings
from deploy.embedded.stack import stack
from deploy.embedded.stack.topics import _CONFIGURATION as TOPIC_CONFIGURATION
from deploy.kafka.node import _properties as broker_properties
from stream_processors.settings import WorkerSettings
from tests.support.project.compose_file import VARIABLE, MissingVariable, Service, content, resolved, text
from tests.support.project.env_example import PREFIX, variables
from tests.support.project.metadata import ROOT, project

SECRETS = {variable.name: variable.value for variable in variables() if variable.active}
SERVICES = resolved(SECRETS).services
JOBS = {name for s in SERVICES.values() for name, on in s.depends_on.items() if "completed" in on["condition"]}
ADDRESSES = {"listeners", "advertised.listeners", "controller.quorum.bootstrap.servers", "log.dirs"}
NAMES_OF_LISTENERS = {"listener.security.protocol.map", "inter.broker.listener.name", "controller.listener.names"}

every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
every_server = pytest.mark.parametrize(
    "service", [pytest.param(service, id=name) for name, service in SERVICES.items() if name not in JOBS]
)


def test_the_file_follows_the_schema_of_compose() -> None:
    schema = distribution("check-jsonschema").locate_file("check_jsonschema/builtin_schemas/vendor/compose-spec.json")
    errors = Draft202012Validator(json.loads(Path(str(schema)).read_text())).iter_errors(content())
    assert [error.message for error in errors] == []


@every_service
def test_an_image_names_its_version_and_that_of_others_its_digest(service: Service) -> None:
    digest = "" if service.image.startswith("convostream:") else r"@sha256:[0-9a-f]{64}"
    assert re.fullmatch(rf"[\w./-]+:v?\d+(\.\d+)+{digest}", service.image)


@every_service
def test_a_service_has_limits_and_minimal_rights(service: Service) -> None:
    assert service.cap_drop == ["ALL"]
    assert set(service.cap_add) <= {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}
    assert "no-new-privileges:true" in service.security_opt
    assert service.deploy.resources.limits.pids > 0
    assert service.logging.options.keys() == {"max-size", "max-file"}


@every_service
def test_ports_are_open_on_the_loopback_address_only(service: Service) -> None:
    assert [port for port in service.ports if not port.startswith("127.0.0.1:")] == []


@every_server
def test_a_server_has_a_health_check_a_restart_policy_and_time_to_stop(service: Service) -> None:
    assert service.healthcheck is not None
    assert service.restart == "unless-stopped"
    assert re.fullmatch(r"\d+[sm]", service.stop_grace_period)


@pytest.mark.parametrize("name", sorted(JOBS))
def test_a_failed_job_is_retried(name: str) -> None:
    assert SERVICES[name].restart == "on-failure"


def test_data_are_in_named_volumes() -> None:
    named = {volume.split(":")[0] for service in SERVICES.values() for volume in service.volumes}
    assert {name for name in named if "/" not in name} == resolved(SECRETS).volumes.keys()


def test_the_image_is_built_from_images_with_digests() -> None:
    bases = re.findall(r"^FROM (\S+)", (ROOT / "deploy/Dockerfile").read_text(), flags=re.MULTILINE)
    assert [base for base in bases if not re.fullmatch(r"python:3\.12\.\d+[\w-]+@sha256:[0-9a-f]{64}", base)] == []


def test_mounted_files_exist_and_are_read_only() -> None:
    mounted = [v for service in SERVICES.values() for v in service.volumes if v.startswith("./")]
    assert [v for v in mounted if not (ROOT / v.split(":")[0]).exists() or not v.endswith(":ro")] == []


@pytest.mark.parametrize("secret", SECRETS)
def test_compose_requires_every_secret(secret: str) -> None:
    others = {name: value for name, value in SECRETS.items() if name != secret}
    with pytest.raises(MissingVariable, match=f"{secret}.*copy .env.example to .env"):
        resolved(others)


def test_every_variable_in_the_file_is_explained() -> None:
    passed_on = {name for service in SERVICES.values() for name in service.environment if name.startswith(PREFIX)}
    defaults = {found["name"] for found in VARIABLE.finditer(text())}
    assert passed_on | defaults <= {variable.name for variable in variables()}


def test_our_image_is_built_once_with_the_projects_version_and_runs_read_only() -> None:
    ours = {name: s for name, s in SERVICES.items() if s.image.startswith("convostream:")}
    assert {s.image for s in ours.values()} == {f"convostream:{project().version}"}
    assert [s.build["dockerfile"] for s in ours.values() if s.build] == ["deploy/Dockerfile"]
    assert all(s.read_only for s in ours.values())


def test_kafka_has_the_version_of_the_tests() -> None:
    pom = ET.parse(ROOT / "deploy/kafka/pom.xml")  # noqa: S314  (our own file)
    namespace = {"m": "http://maven.apache.org/POM/4.0.0"}
    tested = pom.findtext(".//m:dependency/m:version", namespaces=namespace)
    assert {s.image.split("@")[0] for n, s in SERVICES.items() if n in {"kafka", "topic"}} == {f"apache/kafka:{tested}"}


def test_kafka_has_the_settings_of_the_tests() -> None:
    tested = {
        f"KAFKA_{name.replace('.', '_').upper()}": str(value)
        for name, value in broker_properties(Path("log"), 9092, 9093).items()
        if name not in ADDRESSES | NAMES_OF_LISTENERS
    }
    assert tested.items() <= SERVICES["kafka"].environment.items()


def test_the_topic_is_that_of_the_embedded_stack() -> None:
    settings = StackSettings.model_fields
    assert set(SERVICES["topic"].command[4:]) == {
        f"--topic={settings['kafka_topic'].default}",
        f"--partitions={settings['stack_partitions'].default}",
        *(f"--config={name}={value}" for name, value in TOPIC_CONFIGURATION.items()),
    }


def test_the_commands_are_those_of_the_embedded_stack() -> None:
    ours = [json.dumps(s.command[1:]).strip("[]") for s in SERVICES.values() if s.image.startswith("convostream:")]
    assert len(ours) == 3
    assert [command for command in ours if command not in inspect.getsource(stack)] == []


def test_clickhouse_is_the_version_of_the_embedded_engine() -> None:
    release = ".".join(version("chdb-core").split(".")[:2])
    assert SERVICES["clickhouse"].image.startswith(f"clickhouse/clickhouse-server:{release}.")


def test_the_workers_settings_are_valid_and_in_env_example() -> None:
    given = {n.removeprefix(PREFIX).lower(): v for n, v in SERVICES["worker"].environment.items() if v is not None}
    worker = WorkerSettings.model_validate(given)
    own = {"kafka_bootstrap_servers", "clickhouse_url", "metrics_host"}
    assert {f for f in given.keys() - own if getattr(worker, f) != WorkerSettings.model_fields[f].default} == set()


def test_the_env_file_can_set_every_worker_setting() -> None:
    fields = WorkerSettings.model_fields.keys() - {"geoip_database"}
    assert {f"{PREFIX}{field.upper()}" for field in fields} == SERVICES["worker"].environment.keys()


def test_the_dashboard_requires_a_token_and_is_the_reader() -> None:
    given = SERVICES["dashboard"].environment
    settings = DashboardSettings.model_validate({n.removeprefix(PREFIX).lower(): v for n, v in given.items()})
    assert settings.token == SECRETS["CONVOSTREAM_DASHBOARD_TOKEN"]
    assert settings.clickhouse_reader_url.get_secret_value().startswith("http://reader:")
    with pytest.raises(RefusedToStart, match="CHANGEME"):
        check_exposure(settings)
    check_exposure(settings.model_copy(update={"dashboard_token": SecretStr("a-long-random-text")}))
    assert SERVICES["dashboard"].ports == [f"127.0.0.1:{settings.dashboard_port}:{settings.dashboard_port}"]


def test_the_worker_has_time_to_stop() -> None:
    grace = int(SERVICES["worker"].stop_grace_period.removesuffix("s"))
    assert grace >= 2 * WorkerSettings.model_fields["kafka_session_timeout_seconds"].default
