"""The users of `deploy/clickhouse/users.d`, as this server enforces them.

chDB knows one user, `default`. The server gives that user a role for each user of the file, with the same grants. Every
request takes its role and its profile, with constraints, before its query runs, so the engine refuses what a ClickHouse
server would refuse. `statement_policy.py` and `capacity.py` do what grants and profiles cannot do in chDB: grants on
tables of `system`, the number of concurrent queries, and quotas.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree as ET

from deploy.embedded.clickhouse.access.passwords import PasswordHash
from deploy.embedded.errors import ClickHouseError

USERS_FILE = Path(__file__).parents[3] / "clickhouse" / "users.d" / "convostream.xml"
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
_CHANGEABLE = "changeable_in_readonly"
_NOT_CONSTRAINED = {"readonly", "profile"}
_SYSTEM_GRANT = re.compile(r"\bSELECT ON system\.(\w+|\*)")


@dataclass(frozen=True)
class User:
    """A user: name, profile, settings of the profile, grants, and the limits of one interval of the quota."""

    name: str
    password: PasswordHash
    profile: str
    settings: Mapping[str, str]
    grants: tuple[str, ...]
    quota: Mapping[str, int]

    @property
    def is_read_only(self) -> bool:
        """Return whether the user may only read."""
        return self.settings.get("readonly", "0") != "0"

    @cached_property
    def system_tables(self) -> frozenset[str]:
        """Return the tables of `system` that the user may read; `*` means all."""
        return frozenset(name for grant in self.grants for name in _SYSTEM_GRANT.findall(grant))

    def limit(self, setting: str, default: int) -> int:
        """Return a limit of the profile, or the default if the profile has none (0)."""
        return int(self.settings.get(setting, "0")) or default


class Users:
    """The users of the file, with the hashes of their passwords."""

    def __init__(self, passwords: Mapping[str, PasswordHash], path: Path = USERS_FILE) -> None:
        self._root = ET.parse(path).getroot()  # noqa: S314  (our own file)
        self._users = {user.tag: self._read(user, passwords[user.tag]) for user in self._section("users")}

    def __iter__(self) -> Iterator[User]:
        return iter(self._users.values())

    def authenticate(self, name: str, password: str) -> User:
        """Return the user if name and password are right; raise ClickHouse's own error otherwise."""
        user = self._users.get(name)
        if user is None or not user.password.matches(password):
            raise ClickHouseError(_REFUSAL.format(name=name), 516)
        return user

    def engine_configuration(self, setting_names: Iterable[str]) -> str:
        """Return the engine's users.xml: a role for each user, all granted to `default`, and the profiles.

        chDB does not support `changeable_in_readonly`, which lists the settings that a read-only user may change.
        Therefore all other settings of the engine become constant for that user.
        """
        names = sorted(set(setting_names) - _NOT_CONSTRAINED)
        return _ENGINE_USERS.format(
            profiles="".join(_engine_profile(profile, names) for profile in self._section("profiles")),
            roles="".join(f"<{user.tag}>{_xml(user.find('grants'))}</{user.tag}>" for user in self._section("users")),
            grants="".join(f"<query>GRANT {name}</query>" for name in self._users),
        )

    def _section(self, name: str) -> list[ET.Element]:
        section = self._root.find(name)
        return [] if section is None else list(section)

    def _read(self, user: ET.Element, password: PasswordHash) -> User:
        profile = user.findtext("profile", "default")
        grants = tuple(query.text or "" for query in user.findall("grants/query"))
        interval = self._root.find(f"quotas/{user.findtext('quota', 'default')}/interval")
        quota = {} if interval is None else {limit.tag: int(limit.text or 0) for limit in interval}
        return User(user.tag, password, profile, self._settings(profile), grants, quota)

    def _settings(self, name: str) -> dict[str, str]:
        profile = next((profile for profile in self._section("profiles") if profile.tag == name), ET.Element(name))
        return {setting.tag: (setting.text or "").strip() for setting in profile if setting.tag != "constraints"}


def _engine_profile(profile: ET.Element, setting_names: Iterable[str]) -> str:
    given = profile.find("constraints")
    constraints = [] if given is None else list(given)
    kept = "".join(_constraint(setting) for setting in constraints)
    if profile.findtext("readonly", "0").strip() != "0":
        changeable = {setting.tag for setting in constraints}
        kept += "".join(f"<{name}><readonly/></{name}>" for name in setting_names if name not in changeable)
    return f"<{profile.tag}><constraints>{kept}</constraints></{profile.tag}>"


def _constraint(setting: ET.Element) -> str:
    limits = "".join(_xml(limit) for limit in setting if limit.tag != _CHANGEABLE)
    return f"<{setting.tag}>{limits}</{setting.tag}>" if limits else ""


def _xml(element: ET.Element | None) -> str:
    return "" if element is None else ET.tostring(element, encoding="unicode")
