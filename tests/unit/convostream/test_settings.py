"""The settings come from CONVOSTREAM_ variables, once, and are frozen."""

import pytest
from pydantic import ValidationError

from convostream import InvalidSettings, Settings


def test_every_setting_has_a_default() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert (settings.kafka_bootstrap_servers, settings.kafka_topic) == ("localhost:9092", "agent-events")
    assert (settings.environment, settings.agent_id, settings.buffer_bytes) == ("production", None, 64 * 2**20)


def test_variables_have_one_prefix_and_others_are_ignored() -> None:
    settings = Settings.from_environment(
        {"CONVOSTREAM_AGENT_ID": "shop", "CONVOSTREAM_BUFFER_BYTES": "1000", "AGENT_ID": "x", "CONVOSTREAM_OTHER": "y"}
    )
    assert (settings.agent_id, settings.buffer_bytes) == ("shop", 1000)


def test_an_empty_variable_is_not_set() -> None:
    assert Settings.from_environment({"CONVOSTREAM_ENVIRONMENT": ""}).environment == "production"


def test_a_wrong_value_is_named_by_its_variable_and_never_shown() -> None:
    variables = {"CONVOSTREAM_BUFFER_BYTES": "secret", "CONVOSTREAM_KAFKA_SECURITY_PROTOCOL": "TLS"}
    with pytest.raises(InvalidSettings) as raised:
        Settings.from_environment(variables)
    assert "CONVOSTREAM_BUFFER_BYTES: " in str(raised.value)
    assert "CONVOSTREAM_KAFKA_SECURITY_PROTOCOL: Input should be 'PLAINTEXT', 'SSL'" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_password_is_not_shown() -> None:
    login = {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_USERNAME": "u", "SASL_PASSWORD": "hunter2"}
    settings = Settings.from_environment({f"CONVOSTREAM_KAFKA_{name}": text for name, text in login.items()})
    assert "hunter2" not in repr(settings)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        setattr(Settings(), "agent_id", "other")  # noqa: B010 - a type checker knows already
