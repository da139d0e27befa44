"""White space as the contract defines it: the characters with the Unicode property White_Space.

`str.strip()` and `str.isspace()` use another list, which includes the separators U+001C to U+001F.
"""

from typing import Final

# The 25 characters of Unicode's White_Space, as one string.
WHITE_SPACE: Final[str] = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def trim(text: str) -> str:
    """Return the text without white space at both ends."""
    return text.strip(WHITE_SPACE)


def is_blank(text: str) -> bool:
    """Tell whether the text is empty or only white space."""
    return not text.strip(WHITE_SPACE)
