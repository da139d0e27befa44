"""The writer and the reader of `deploy/clickhouse/users.d`, as the front enforces them.

chDB knows one user, `default`. The front therefore gives that user one role for each user of the file, with the same
grants, and every request takes its role, its profile's constraints and its profile's values before its query runs: the
engine itself refuses what the server would refuse.
"""

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from deploy.embedded.errors import ClickHouseError

USERS_FILE = Path(__file__).parents[1] / "clickhouse" / "users.d" / "convostream.xml"
_REFUSAL = (
    "Code: 516. DB::Exception: {name}: Authentication failed: password is incorrect, or there is no user with such name. "
    "(AUTHENTICATION_FAILED)"
)


@dataclass(frozen=True, slots=True)
class User:
    """One user: name and password, and the settings of its profile in the order in which they are applied."""

    name: str
    password: str
    settings: Mapping[str, str]


class Users:
    """The users of the file with their passwords from the environment."""

    def __init__(self, path: Path = USERS_FILE, environment: Mapping[str, str] = os.environ) -> None:
        self._root = ElementTree.parse(path).getroot()  # noqa: S314  (our own file)
        self._users = {user.tag: self._read(user, environment) for user in self._section("users")}

    def authenticate(self, name: str, password: str) -> User:
        """The user, if name and password are right; else ClickHouse's refusal."""
        user = self._users.get(name)
        if user is None or not hmac.compare_digest(user.password.encode(), password.encode()):
            raise ClickHouseError(_REFUSAL.format(name=name))
        return user

    def engine_configuration(self) -> str:
        """The users.xml of the engine: a role for each user, all given to `default`, and the file's profiles."""
        roles = "".join(_role(user) for user in self._section("users"))
        grants = "".join(f"<query>GRANT {name} TO default</query>" for name in self._users)
        profiles = "".join(ElementTree.tostring(profile, encoding="unicode") for profile in self._section("profiles"))
        return _ENGINE_USERS.format(profiles=profiles, roles=roles, grants=grants.replace(" TO default", ""))

    def _section(self, name: str) -> list[ElementTree.Element]:
        found = self._root.find(name)
        return list(found) if found is not None else []

    def _read(self, user: ElementTree.Element, environment: Mapping[str, str]) -> User:
        password = user.find("password")
        variable = password.get("from_env", "") if password is not None else ""
        return User(user.tag, environment.get(variable, ""), self._settings(user.findtext("profile", "")))

    def _settings(self, profile: str) -> dict[str, str]:
        found = next((p for p in self._section("profiles") if p.tag == profile), None)
        values = {s.tag: (s.text or "").strip() for s in (found if found is not None else []) if s.tag != "constraints"}
        readonly = values.pop("readonly", None)
        return values | ({"readonly": readonly} if readonly else {})


def _role(user: ElementTree.Element) -> str:
    grants = user.find("grants")
    text = ElementTree.tostring(grants, encoding="unicode") if grants is not None else ""
    return f"<{user.tag}>{text}</{user.tag}>"


_ENGINE_USERS = """<clickhouse>
<profiles><default/>{profiles}</profiles>
<quotas><default/></quotas>
<roles>{roles}</roles>
<users><default><password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
<grants>{grants}</grants></default></users>
</clickhouse>
"""
