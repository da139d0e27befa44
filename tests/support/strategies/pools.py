"""The values of generated events: clear, unknown and hostile ones that must be stored unchanged."""

from tests.oracle.user_agents import USER_AGENTS

HOSTILE = (
    "'; DROP TABLE events; --",
    '"quoted" \\ back\\slash',
    "{agent_id:String}",
    "\\N",
    "NULL",
    "tab\tline\nreturn\r",
    "nul\x00inside",
    "\u202eright to left",
    "\U0001f469\u200d\U0001f680 e\u0301\u00e9",
    "<script>alert(1)</script>",
    "\x1c",
    "\ufeff\u200b",
    "%s %d {0} ${HOME} `id`",
    "0",
    "-1",
    "x" * 250,
)
CUSTOMERS = ("ann", " ann ", "Ann", "bob", "carol", "dave", "", " ", "none", "NULL", "anonymous", "Unknown", *HOSTILE)
DEVICES = ("desktop", "Desktop ", "MOBILE", "tablet", "", "unknown", " Unknown", "fridge", "smart tv", *USER_AGENTS)
SOURCES = ("web", "Web ", "WhatsApp", "sms", "", "unknown", "UNKNOWN ", "\u00c9cran", *HOSTILE[:6])
LANGUAGES = (
    "en",
    "en-US",
    "EN_gb",
    "English",
    "german",
    "hr",
    "zh-Hans-CN",
    "es-419",
    "fil",
    "",
    "unknown",
    "?",
    "Elvish",
)
ADDRESSES = (
    "81.2.69.142",
    "2.125.160.216",
    "89.160.20.112:8080",
    "[2001:218::1]:443",
    "::ffff:216.160.83.56",
    "10.0.0.1, 175.16.199.1, 81.2.69.142",
    "8.8.8.8",
    "8.8.8.8, 81.2.69.142",
    "192.168.1.1",
    "127.0.0.1",
    "::1",
    "fe80::1",
    "224.0.0.1",
    "nonsense",
    "",
    "unknown",
)
ACTIONS = (
    "search",
    "Search",
    " search",
    "open_ticket",
    " Ticket ",
    "contact_human",
    "FALLBACK_TO_HUMAN",
    "get_ticket",
    *HOSTILE[:9],
)
RATINGS: tuple[object, ...] = (
    "positive", "up", " GOOD ", 5, "4", 5.0, True, "neutral", 3, "3.0", "down", "Bad", 1, "2", False,
    "great", "", 0, 7, 4.5, {}, {"sentiment": "up"}, {"rating": None, "score": 2}, {"value": {"rating": 5}},
    {"stars": 5},
)  # fmt: skip
DURATIONS: tuple[object, ...] = (0, 0.001, 1, 5, 12.5, 999.999, 1000, 61_000, 3_600_000, 10**12, 10**12 + 1, -1, -0.5)
ERRORS = ("", " \n", "boom", "timed out", HOSTILE[0])
OCCURRED_OUT_OF_RANGE = (
    "1999-12-31T23:59:59.999Z",
    "1970-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999-23:59",
    "2299-12-31T23:59:59Z",
    "2000-01-01T00:00:00+00:01",
)
CONVERSATION_IDS = ("chat", "Chat", " chat", *HOSTILE)
# Time zones with settled rules: the engine and this machine may have different versions of the tz database.
ZONES = (
    "UTC",
    "Europe/Zagreb",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Kiritimati",
    "Pacific/Apia",
    "America/Caracas",
    "Antarctica/Troll",
)
