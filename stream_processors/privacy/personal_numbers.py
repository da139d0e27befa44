"""Recognises numbers with check digits: payment cards (Luhn, ISO/IEC 7812-1) and bank accounts (IBAN, ISO 13616).

Each function takes the match of a pattern, which may be longer than the number. It returns the length in bytes of the
number at the start of the match, 0 when there is none.
"""

import re
from itertools import accumulate
from typing import Final

# The lengths of card numbers by the first digits of the issuer, the most common length first.
_CARDS: Final = (
    (re.compile(rb"4"), (16, 19, 13)),
    (re.compile(rb"5[1-5]|2[2-7]|35|9792|220[0-4]"), (16,)),
    (re.compile(rb"3[47]"), (15,)),
    (re.compile(rb"3[0689]"), (14, 16, 19)),
    (re.compile(rb"6|5[06-8]"), (16, 19, 18, 17, 15, 14, 13)),
)
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
# The lengths of the IBANs of each country, from the registry of ISO 13616.
_REGISTRY: Final = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29"
    " ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28"
    " LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25"
    " QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
)
_IBANS: Final = {entry[:2]: int(entry[2:]) for entry in _REGISTRY.split()}


def card_length(match: bytes) -> int:
    """Return how many bytes at the start of digits and separators are a payment card number."""
    digits = bytes(byte for byte in match if 48 <= byte <= 57)
    lengths = next((lengths for issuer, lengths in _CARDS if issuer.match(digits)), ())
    fitting = next((n for n in lengths if n <= len(digits) and _passes_luhn(digits[:n])), 0)
    return _end_of(match, fitting)


def _passes_luhn(digits: bytes) -> bool:
    values = [byte - 48 for byte in reversed(digits)]
    return (sum(values[::2]) + sum(_DOUBLED[value] for value in values[1::2])) % 10 == 0


def iban_length(match: bytes) -> int:
    """Return how many bytes at the start of letters, digits and separators are an IBAN."""
    compact = bytes(byte for byte in match if _is_alphanumeric(byte)).decode().upper()
    length = _IBANS.get(compact[:2], 0)
    number = compact[4:length] + compact[:4]
    if not length or len(compact) < length or int("".join(str(int(character, 36)) for character in number)) % 97 != 1:
        return 0
    return _end_of(match, length)


def _is_alphanumeric(byte: int) -> bool:
    return 48 <= byte <= 57 or 65 <= byte & 0xDF <= 90


def _end_of(match: bytes, count: int) -> int:
    """Return the number of bytes up to the end of that many letters and digits."""
    counted = accumulate(_is_alphanumeric(byte) for byte in match)
    return next((end for end, n in enumerate(counted, 1) if n == count), 0) if count else 0
