"""The language rule: tags by their primary subtag, English names of ISO 639-1 languages, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.conversations.values import Language
from stream_processors.enrichment.languages import CODES_BY_NAME, parse_language

any_text = st.text(st.characters())
tag_like = st.text(st.sampled_from("ae\u212a\u017fnUS14_-"), max_size=20)


@pytest.mark.parametrize("text", ["en", "EN", "english", "English", "ENGLISH", " en\t", "\u2003English\u00a0"])
def test_english_is_en_however_it_is_written(text: str) -> None:
    assert parse_language(text) == Language("en", "")


@pytest.mark.parametrize(
    ("text", "code", "region"),
    [
        pytest.param("en-US", "en", "US", id="a hyphen"),
        pytest.param("en_US", "en", "US", id="an underscore"),
        pytest.param("EN-us", "en", "US", id="any case"),
        pytest.param("pt-BR", "pt", "BR", id="another region"),
        pytest.param("zh-Hans-CN", "zh", "CN", id="a script before the region"),
        pytest.param("zh_hant_tw", "zh", "TW", id="a script with underscores"),
        pytest.param("zh-Hans", "zh", "", id="a script alone"),
        pytest.param("es-419", "es", "419", id="a region in numbers"),
        pytest.param("zh-yue-HK", "zh", "HK", id="an extended language"),
        pytest.param("zh-cmn-Hans-CN", "zh", "CN", id="an extended language and a script"),
        pytest.param("de-CH-1996", "de", "CH", id="a variant behind the region"),
        pytest.param("sl-rozaj-biske", "sl", "", id="variants alone"),
        pytest.param("de-1996", "de", "", id="a variant in numbers"),
        pytest.param("en-US-u-ca-gregory", "en", "US", id="an extension behind the region"),
        pytest.param("en-u-ca-gregory", "en", "", id="an extension alone"),
        pytest.param("en-x-us", "en", "", id="a private subtag is no region"),
        pytest.param("haw-US", "haw", "US", id="three letters"),
        pytest.param("eng", "eng", "", id="three letters stay three"),
        pytest.param("qq-ZZ", "qq", "ZZ", id="an unassigned language"),
        pytest.param("iw", "iw", "", id="an outdated code stays"),
        pytest.param("lao", "lao", "", id="a tag that is a name as well"),
    ],
)
def test_a_tag_gives_its_primary_subtag_and_its_region(text: str, code: str, region: str) -> None:
    assert parse_language(text) == Language(code, region)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Spanish", "es"),
        ("castilian", "es"),
        ("Spanish; Castilian", "es"),
        ("German", "de"),
        ("Croatian", "hr"),
        ("Greek", "el"),
        ("Modern Greek", "el"),
        ("Greek, Modern (1453-)", "el"),
        ("Chinese", "zh"),
        ("Dutch", "nl"),
        ("FLEMISH", "nl"),
        ("Norwegian", "no"),
        ("norwegian bokmål", "nb"),
        ("Punjabi", "pa"),
        ("Haitian Creole", "ht"),
        ("Scottish Gaelic", "gd"),
        ("Persian", "fa"),
        ("Bangla", "bn"),
        ("Moldovan", "ro"),
        ("Northern Sami", "se"),
        ("Occitan", "oc"),
        ("VOLAPÜK", "vo"),
        ("Swahili", "sw"),
        ("Interlingua", "ia"),
    ],
)
def test_an_english_name_gives_the_code(name: str, code: str) -> None:
    assert parse_language(name) == Language(code, "")


def test_every_language_of_iso_639_1_has_a_name() -> None:
    codes = set(CODES_BY_NAME.values())
    assert len(codes) == 185
    assert all(len(code) == 2 for code in codes)


def test_every_name_but_four_that_are_tags_gives_its_code() -> None:
    read = {name: parse_language(name) for name in CODES_BY_NAME}
    others = {name for name, language in read.items() if language != Language(CODES_BY_NAME[name], "")}
    assert others == {"ewe", "ido", "lao", "twi"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "unknown",
        " Unknown ",
        "e",
        "x-private",
        "i-klingon",
        "klingon",
        "none",
        "français",
        "deutsch",
        "en-US,en;q=0.9",
        "en, de",
        "en US",
        "en-",
        "-en",
        "en--US",
        "en-US.UTF-8",
        "en-toolongsubtag",
        "e1",
        "1en",
        "\u0435\u043d",
        "\u212ar",
        "\u017fv",
        "English (US)",
        "English-US",
        "*",
    ],
)
def test_anything_else_is_not_known(text: str) -> None:
    assert parse_language(text) is None


@given(any_text | tag_like)
def test_any_text_can_be_asked_and_a_code_is_itself(text: str) -> None:
    language = parse_language(text)
    if language is not None:
        assert 2 <= len(language.code) <= 3
        assert language.code.isascii()
        assert language.code.islower()
        assert parse_language(f"{language.code}_{language.region}" if language.region else language.code) == language


def test_a_text_as_long_as_a_record_is_read_in_time() -> None:
    assert parse_language("en" + "-abcdefgh" * 100_000) == Language("en", "")
    assert parse_language("en" + "-abcdefgh" * 100_000 + "!") is None
