"""Classifies devices: a word, or a user-agent string, which contains a `/` (docs/metrics.md, device_usage).

ua-parser names the device and the operating system of a user agent, in about 20 us, but not the kind of device. This
module derives the kind from the conventions of browsers. Phones send `Mobile`; Android without it is a tablet; iPads
name themselves, or request desktop pages and then look like a Mac. Everything that is not a personal computer, tablet
or phone is `other`, whatever system it runs: bots, programs, televisions, consoles, watches, headsets and cars.
"""

import re
from functools import lru_cache
from typing import Final, Literal

from ua_parser import Parser
from ua_parser.loaders import load_builtins
from ua_parser.regex import Resolver

from convostream.contract.whitespace import trim
from stream_processors.caching import cached_by_text

Device = Literal["desktop", "tablet", "mobile", "other"]

# In characters. The rest of a longer string is ignored, because parsing it would take long.
MAX_USER_AGENT: Final = 2_048

_WORDS: Final[dict[str, Device | None]] = {
    "": None,
    "unknown": None,
    "desktop": "desktop",
    "tablet": "tablet",
    "mobile": "mobile",
}
_PROGRAM: Final = re.compile(
    r"\+https?:|spider|crawl|lighthouse|powershell"
    r"|^(?:curl|wget|libwww|lwp|git|httpie|debian apt|python|go-http|java|okhttp|axios|node|postman|apache|ruby|php)\b",
    re.IGNORECASE,
)
_APPLIANCE: Final = re.compile(
    r"(?i:playstation|\bxbox\b|nintendo|smart-?tv|hbbtv|netcast|bravia|mibox|crkey|\btesla/)"
    r"|\bTV\b|\bAFT[A-Z0-9]+\b|\bAEO[A-Z]+\b|\bWatch\b|\bSM-R[0-9]{3}|\bVR Safari\b"
)
_TABLET: Final = re.compile(r"iPad|Kindle|Playbook|Generic Tablet", re.IGNORECASE)
_PHONE: Final = re.compile(r"iPhone|iPod|iOS-Device|Generic Smartphone|Generic Feature Phone")
_PHONE_SYSTEM: Final = re.compile(r"Windows Phone|Windows Mobile|BlackBerry|KaiOS|Firefox OS|Symbian|Nokia|Maemo|MeeGo")
_TABLET_TOKEN: Final = re.compile(r"\(Tablet;")
_PHONE_TOKEN: Final = re.compile(r"\bMobile\b|\(Phone;|^Dalvik/")
_TOUCH_SYSTEMS: Final = frozenset({"Android", "HarmonyOS"})
_DESKTOP_SYSTEM: Final = re.compile(
    r"Windows|Mac OS(?: X)?|Chrome OS|(?:\w+)?BSD|Solaris|Linux(?: Mint)?|\w*[Uu]buntu|Debian|Fedora|Red Hat|CentOS"
    r"|(?:open)?SUSE|Arch Linux|Gentoo|Mageia|Mandriva|Slackware|PCLinuxOS|Puppy|BackTrack"
)


@cached_by_text(maxsize=16_384)
def classify_device(text: str) -> Device | None:
    """Return the kind of device in the text, or None when the text is blank or `unknown`."""
    stated = trim(text)
    if "/" in stated:
        return _kind(stated[:MAX_USER_AGENT])
    return _WORDS.get(stated.casefold(), "other")


@lru_cache(maxsize=1)
def load_parser() -> Parser:
    """Return the user-agent parser; the first call compiles its expressions."""
    return Parser(Resolver(load_builtins()))


def _kind(user_agent: str) -> Device:
    """Return the kind of device of a user-agent string; the most reliable evidence comes first."""
    well_formed = user_agent.encode("utf-8", "replace").decode()  # the parser rejects lone surrogates
    result = load_parser().parse(well_formed)
    family = result.device.family if result.device else ""
    system = result.os.family if result.os else ""
    if family == "Spider" or _PROGRAM.search(user_agent) or _APPLIANCE.search(user_agent):
        return "other"
    if _TABLET.search(family):
        return "tablet"
    if _PHONE.search(family) or _PHONE_SYSTEM.search(system):
        return "mobile"
    if family == "Mac" or _DESKTOP_SYSTEM.fullmatch(system):
        return "desktop"
    return _kind_by_tokens(user_agent, system)


def _kind_by_tokens(user_agent: str, system: str) -> Device:
    if _TABLET_TOKEN.search(user_agent):
        return "tablet"
    if _PHONE_TOKEN.search(user_agent):
        return "mobile"
    return "tablet" if system in _TOUCH_SYSTEMS else "other"
