"""The writer and the reader of `deploy/clickhouse/users.d`, as the front enforces them.

chDB knows one user, `default`. The front therefore gives that user one role for each user of the file, with the same
grants; every request takes its role and its profile, with constraints, before its query runs. So the engine itself
refuses what the server would refuse.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from deploy.embedded.errors import ClickHouseError

USERS_FILE = Path(__file__).parents[1] / "clickhouse" / "users.d" / "convostream.xml"
_REFUSAL = (
    "{name}: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)"
)
_ENGINE_USERS = """<clickhouse>
<profiles><default><implicit_select>0</implicit_select></default>{profiles}</profiles>
<quotas><default/></quotas>
<roles>{roles}</roles>
<users><default><password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
<grants>{grants}</grants></default></users>
</clickhouse>
"""


@dataclass(frozen=True, slots=True)
class User:
    """One user: name, password, profile, and the settings of that profile."""

    name: str
    password: str
    profile: str
    settings: Mapping[str, str]


class Users:
    """The users of the file, with their passwords."""

    def __init__(self, passwords: Mapping[str, str], path: Path = USERS_FILE) -> None:
        self._root = ET.parse(path).getroot()  # noqa: S314  (our own file)
        self._users = {user.tag: self._read(user, passwords[user.tag]) for user in self._section("users")}

    def authenticate(self, name: str, password: str) -> User:
        """The user, if name and password are right; else ClickHouse's refusal."""
        user = self._users.get(name)
        if user is None or not hmac.compare_digest(user.password.encode(), password.encode()):
            raise ClickHouseError(_REFUSAL.format(name=name), 516)
        return user

    def engine_configuration(self) -> str:
        """The users.xml of the engine: a role for each user, all of them given to `default`, and the profiles."""
        return _ENGINE_USERS.format(
            profiles="".join(_xml(profile) for profile in self._section("profiles")),
            roles="".join(f"<{user.tag}>{_xml(user.find('grants'))}</{user.tag}>" for user in self._section("users")),
            grants="".join(f"<query>GRANT {name}</query>" for name in self._users),
        )

    def _section(self, name: str) -> list[ET.Element]:
        found = self._root.find(name)
        return list(found) if found is not None else []

    def _read(self, user: ET.Element, password: str) -> User:
        profile = user.findtext("profile", "default")
        return User(user.tag, password, profile, self._settings(profile))

    def _settings(self, name: str) -> dict[str, str]:
        profile = next((found for found in self._section("profiles") if found.tag == name), ET.Element(name))
        return {setting.tag: (setting.text or "").strip() for setting in profile if setting.tag != "constraints"}


def _xml(element: ET.Element | None) -> str:
    return "" if element is None else ET.tostring(element, encoding="unicode")
