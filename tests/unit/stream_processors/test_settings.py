"""The settings of a worker: from the environment, named when they are wrong, and the fold's version from its own."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from stream_processors.__main__ import main
from stream_processors.conversations import rules as fold_rules
from stream_processors.conversations.rules import EscalationActions, FoldRules
from stream_processors.dead_letters.storage import dead_letter_policy
from stream_processors.enrichment.policy import content_policy
from stream_processors.settings import WorkerSettings

PREFIX = "CONVOSTREAM_"


@pytest.fixture(autouse=True)
def _only_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def version(**settings: object) -> str:
    return WorkerSettings.model_validate(settings).fold_rules.version


def test_a_setting_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}KAFKA_TOPIC", "chats")
    monkeypatch.setenv(f"{PREFIX}SESSION_GAP_MINUTES", "45")
    monkeypatch.setenv(f"{PREFIX}ESCALATION_ACTIONS", " hand over ,, Ticket,")
    settings = WorkerSettings()
    assert (settings.kafka_topic, settings.session_gap_minutes) == ("chats", 45)
    assert settings.fold_rules.session_gap_ms == 45 * 60_000
    assert settings.fold_rules.escalation_actions.names == {"hand over", "ticket"}


def test_without_a_variable_the_default_holds() -> None:
    rules = WorkerSettings().fold_rules
    assert rules.session_gap_ms == 30 * 60_000
    assert rules.escalation_actions.names == {"fallback_to_human", "open_ticket", "ticket", "contact_human"}


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ESCALATION_ACTIONS", "SESSION_GAP_MINUTES", "GEOIP_DATABASE"):
        monkeypatch.setenv(PREFIX + name, "")
    assert WorkerSettings() == WorkerSettings.model_validate({})


def test_a_list_without_names_escalates_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}ESCALATION_ACTIONS", ",")
    assert WorkerSettings().fold_rules.escalation_actions.names == frozenset()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SESSION_GAP_MINUTES", "0"),
        ("SESSION_GAP_MINUTES", "1441"),
        ("SESSION_GAP_MINUTES", "half an hour"),
        ("SESSION_GAP_MINUTES", "1.5"),
        ("FLUSH_MAX_ROWS", "0"),
        ("FLUSH_MAX_ROWS", "100001"),
        ("FLUSH_MAX_AGE_SECONDS", "0"),
        ("METRICS_PORT", "65536"),
        ("KAFKA_SESSION_TIMEOUT_SECONDS", "0.5"),
        ("ADDRESS_STORAGE", "hashed"),
        ("CONTENT_STORAGE", "truncated"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
        ("KAFKA_SECURITY_PROTOCOL", "TLS"),
        ("GEOIP_DATABASE", "/nowhere/city.mmdb"),
        ("WATCHDOG_SECONDS", "-1"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(ValidationError) as caught:
        WorkerSettings()
    (problem,) = caught.value.errors()
    assert f"{PREFIX}{name}" in {f"{PREFIX}{str(part).upper()}" for part in problem["loc"]} | set(problem["loc"])


@pytest.mark.parametrize("minutes", [1, 1_440])
def test_the_session_gap_may_be_a_minute_or_a_day(minutes: int) -> None:
    settings = WorkerSettings.model_validate({"session_gap_minutes": minutes})
    assert settings.fold_rules.session_gap_ms == minutes * 60_000


def test_an_existing_database_is_taken(tmp_path: Path) -> None:
    database = tmp_path / "city.mmdb"
    database.touch()
    assert WorkerSettings.model_validate({"geoip_database": database}).geoip_database == database


def test_secrets_are_not_shown() -> None:
    secrets = {"clickhouse_url": "http://writer:s3cret@localhost/c", "kafka_sasl_password": "s3cret"}
    login = {"kafka_security_protocol": "SASL_SSL", "kafka_sasl_username": "worker"}
    assert "s3cret" not in repr(WorkerSettings.model_validate(secrets | login))
    with pytest.raises(ValidationError, match="CONVOSTREAM_KAFKA_SASL_PASSWORD: ") as caught:
        WorkerSettings.model_validate(secrets)
    assert "s3cret" not in str(caught.value)


def test_settings_do_not_change() -> None:
    settings = WorkerSettings()
    with pytest.raises(ValidationError, match="frozen"):
        setattr(settings, "kafka_topic", "other")  # noqa: B010 - what a type checker refuses


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"session_gap_minutes": 31}, id="another session gap"),
        pytest.param({"escalation_actions": ("ticket",)}, id="fewer escalation names"),
        pytest.param({"escalation_actions": ()}, id="none"),
        pytest.param({"escalation_actions": ("get_ticket", "ticket")}, id="others"),
        pytest.param({"escalation_actions": ("ticketcontact_human",)}, id="two names run together"),
    ],
)
def test_what_enters_the_fold_changes_its_version(settings: dict[str, object]) -> None:
    assert version(**settings) != version()
    assert version(**settings) == version(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(
            {"escalation_actions": ("ticket", "contact_human", "open_ticket", "fallback_to_human")}, id="another order"
        ),
        pytest.param(
            {"escalation_actions": (" Ticket", "ticket", "contact_human", "OPEN_TICKET", "fallback_to_human", "")},
            id="the same names twice, in another case, with blanks",
        ),
        pytest.param({"kafka_topic": "other", "flush_max_rows": 5, "log_level": "DEBUG"}, id="what is no rule"),
        pytest.param({"address_storage": "full", "content_storage": "dropped"}, id="what is stored of people's data"),
    ],
)
def test_nothing_else_changes_the_version_of_the_fold(settings: dict[str, object]) -> None:
    assert version(**settings) == version()


def test_the_fold_of_the_code_is_part_of_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = version()
    monkeypatch.setattr(fold_rules, "FOLD", fold_rules.FOLD + 1)
    assert version() != before


def test_a_version_is_the_same_in_every_process() -> None:
    assert FoldRules(1_800_000, EscalationActions()).version == "1-674668366745"


@pytest.mark.parametrize(("partitions", "mebibytes"), [(1, 64), (2, 32), (4, 16), (12, 16), (24, 8)])
def test_a_partition_may_hold_its_share_of_a_buffer_that_grows_with_the_partitions(
    partitions: int, mebibytes: int
) -> None:
    assert WorkerSettings().buffer_share(partitions) == mebibytes * 1024**2


def test_a_buffer_that_is_set_is_that_of_all_partitions() -> None:
    settings = WorkerSettings.model_validate({"buffer_max_bytes": 10_000_000})
    assert settings.buffer_share(4) == 2_500_000


@pytest.mark.parametrize("name", ["content_storage", "dead_letter_storage"])
@pytest.mark.parametrize("key", ["", "x" * 31])
def test_hashing_needs_a_long_key_and_does_not_show_it(name: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}{name.upper()}", "hashed")
    monkeypatch.setenv(f"{PREFIX}HASH_KEY", key)
    done = CliRunner().invoke(main, ["worker"])
    assert done.exit_code == 1
    assert "CONVOSTREAM_HASH_KEY: Value error, a secret of at least 32 characters is needed" in done.output
    assert f"because {PREFIX}{name.upper()} is hashed" in done.output
    assert not key or key not in done.output


@pytest.mark.parametrize(
    ("settings", "storage", "drops_addresses"),
    [
        ({}, "full", False),
        ({"address_storage": "truncated"}, "full", False),
        ({"address_storage": "dropped"}, "full", True),
        ({"content_storage": "dropped"}, "dropped", False),
        ({"content_storage": "dropped", "hash_key": "k" * 32}, "hashed", False),
        ({"content_storage": "hashed", "hash_key": "k" * 32}, "hashed", False),
        ({"address_storage": "dropped", "dead_letter_storage": "full"}, "full", False),
    ],
)
def test_dead_letters_are_stored_as_content_unless_a_setting_says_otherwise(
    settings: dict[str, object], storage: str, drops_addresses: bool
) -> None:
    known = WorkerSettings.model_validate(settings)
    policy = dead_letter_policy(known, content_policy(known))
    assert (policy.storage, policy.drops_addresses) == (storage, drops_addresses)


def test_a_wrong_redaction_file_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("[[rule]]\nname = 'x'\npattern = '('\n")
    monkeypatch.setenv(f"{PREFIX}REDACTION_FILE", str(path))
    done = CliRunner().invoke(main, ["worker"])
    assert (done.exit_code, f"{PREFIX}REDACTION_FILE: Value error, {path}, rule 1 (x): pattern:" in done.output) == (
        1,
        True,
    )
