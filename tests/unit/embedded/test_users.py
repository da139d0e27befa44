"""The users file of the server is also the embedded engine's: the same names, grants, limits."""

from xml.etree import ElementTree as ET

import pytest

from deploy.embedded.errors import ClickHouseError
from deploy.embedded.users import USERS_FILE, Users

USERS = Users({"writer": "w", "reader": "ü"})
SERVER = ET.parse(USERS_FILE).getroot()  # noqa: S314  (our own file)
ENGINE = ET.fromstring(USERS.engine_configuration())  # noqa: S314  (made from our own file)


def _texts(root: ET.Element, path: str) -> list[str | None]:
    return [found.text for found in root.findall(path)]


@pytest.mark.parametrize("user", ["writer", "reader"])
def test_a_role_has_the_grants_of_its_user(user: str) -> None:
    granted = _texts(SERVER, f"users/{user}/grants/query")
    assert granted == _texts(ENGINE, f"roles/{user}/grants/query")
    assert len(granted) > 1


@pytest.mark.parametrize("user", ["writer", "reader"])
def test_the_password_comes_from_the_environment(user: str) -> None:
    password = SERVER.find(f"users/{user}/password")
    assert password is not None
    assert password.attrib == {"from_env": f"CONVOSTREAM_{user.upper()}_PASSWORD"}


def test_the_engines_own_user_has_nothing_but_the_roles() -> None:
    assert _texts(ENGINE, "users/default/grants/query") == ["GRANT writer", "GRANT reader"]


def test_the_reader_is_limited() -> None:
    reader = USERS.authenticate("reader", "ü")
    assert reader.settings["readonly"] == "2"
    for limit in ("max_execution_time", "max_memory_usage"):
        highest = ENGINE.findtext(f"profiles/reader/constraints/{limit}/max")
        assert int(reader.settings[limit]) <= int(highest or 0)


@pytest.mark.parametrize(("name", "password"), [("reader", "w"), ("reader", ""), ("default", ""), ("", ""), ("x", "w")])
def test_who_is_unknown_is_refused_as_by_the_server(name: str, password: str) -> None:
    with pytest.raises(ClickHouseError, match="Authentication failed") as refused:
        USERS.authenticate(name, password)
    assert (refused.value.code, refused.value.status) == (516, 403)
