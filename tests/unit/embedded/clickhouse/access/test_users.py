"""The server's users file is also the embedded engine's: the same names, grants and limits."""

import re
from xml.etree import ElementTree as ET

import pytest

from deploy.embedded.clickhouse.access.passwords import PasswordHash
from deploy.embedded.clickhouse.access.users import USERS_FILE, Users
from deploy.embedded.errors import ClickHouseError
from sql.objects import NAMES, Kind

USERS = Users({"writer": PasswordHash.of("w"), "reader": PasswordHash.of("ü")})
SERVER = ET.parse(USERS_FILE).getroot()  # noqa: S314  (our own file)
ENGINE = ET.fromstring(USERS.engine_configuration(["max_threads", "priority", "readonly", "profile"]))  # noqa: S314  (made from our own file)


def _texts(root: ET.Element, path: str) -> list[str | None]:
    return [element.text for element in root.findall(path)]


@pytest.mark.parametrize("user", ["writer", "reader"])
def test_a_role_has_the_grants_of_its_user(user: str) -> None:
    granted = _texts(SERVER, f"users/{user}/grants/query")
    assert granted == _texts(ENGINE, f"roles/{user}/grants/query")
    assert len(granted) > 1


@pytest.mark.parametrize("user", ["writer", "reader"])
def test_a_hash_of_the_password_comes_from_the_environment(user: str) -> None:
    password = SERVER.find(f"users/{user}/password_sha256_hex")
    assert password is not None
    assert password.attrib == {"from_env": f"CONVOSTREAM_{user.upper()}_PASSWORD_SHA256"}
    assert SERVER.find(f"users/{user}/password") is None
    assert "::/0" not in _texts(SERVER, f"users/{user}/networks/ip")


def test_the_engines_own_user_has_only_the_roles() -> None:
    assert _texts(ENGINE, "users/default/grants/query") == ["GRANT writer", "GRANT reader"]


def test_the_reader_is_limited() -> None:
    reader = USERS.authenticate("reader", "ü")
    assert reader.is_read_only
    for limit in ("max_memory_usage", "max_result_rows", "max_result_bytes"):
        highest = ENGINE.findtext(f"profiles/reader/constraints/{limit}/max")
        assert int(reader.settings[limit]) <= int(highest or 0)


@pytest.mark.parametrize(("name", "password"), [("reader", "w"), ("reader", ""), ("default", ""), ("", ""), ("x", "w")])
def test_an_unknown_user_is_refused_as_by_a_server(name: str, password: str) -> None:
    with pytest.raises(ClickHouseError, match="Authentication failed") as refused:
        USERS.authenticate(name, password)
    assert (refused.value.code, refused.value.status) == (516, 403)


def test_settings_without_a_limit_are_constant_for_the_reader() -> None:
    constraints = ENGINE.find("profiles/reader/constraints")
    assert constraints is not None
    assert constraints.find("priority/readonly") is not None
    assert constraints.findtext("max_threads/max") == "8"
    assert constraints.find("readonly") is None
    assert not ENGINE.findall(".//changeable_in_readonly")


def test_the_reader_has_a_grant_for_every_metric_and_none_for_internal_tables() -> None:
    granted = {grant.rpartition(".")[2] for grant in USERS.authenticate("reader", "ü").grants}
    assert granted >= {*NAMES[Kind.METRIC], *NAMES[Kind.VIEW]} - {"current_owners"}
    assert not granted & {"owners", "range_inbox", "inbox", "inbox_accepted", "current_owners", "*"}
    by_column = [
        grant for grant in USERS.authenticate("reader", "ü").grants if "dead_letter" in grant or "audits" in grant
    ]
    named = {name for grant in by_column for name in re.findall(r"[\w.]+", grant)}
    assert not named & {"raw", "key", "headers", "examples", "auditor_id"}
    assert len(by_column) == 4


def test_a_hash_does_not_reveal_its_password() -> None:
    first, second = PasswordHash.of("same"), PasswordHash.of("same")
    assert first.digest != second.digest
    assert first.matches("same")
    assert not first.matches("other")
