"""Flags in prompts: none reaches the video service in any disguise, and prompts without any stay as they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.prompt_flags import take_out_flags
from bot.video import PROMPT_MAX_CHARS, Preset

LOOK_ALIKES = {
    "a": "aａаɑᴀ𝐚Ⓐ🅰",
    "c": "cｃсᴄ𝗰ⓒС",
    "e": "eｅеᴇ𝒆ⓔ3Е",
    "d": "dｄԁᴅ𝐝ⓓ🅳",
    "i": "iｉіɪ𝓲ⓘІ",
    "m": "mｍᴍ𝔪ⓜ🅼М",
    "o": "oｏоᴏ𝕠ⓞ0О",
    "p": "pｐрᴘ𝖕ⓟР",
    "r": "rｒʀ𝙧ⓡг",
    "s": "sｓѕꜱ𝚜ⓢЅ",
    "t": "tｔтᴛ𝐭ⓣТ",
    "y": "yｙуʏ𝗒ⓨУ",
}
DASHES = "-－‐‑‒–—―−﹣⸺﹘"
SIGNS = ["=", ":", "＝", "：", "﹦", "∶", "==", ":=", " = ", "： ", "\u00a0=\u3000"]
HIDDEN = ["", "", "", "\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u0336", "\u202e", "\ufe0f"]
PLAIN = "a cat walks on the grass"
READS_A_FLAG = re.compile(
    r"[-‐-―−﹣－][\W_]*(?:m\W*o\W*d\W*e|p\W*r\W*e\W*s\W*e\W*t)\W*[=:＝：]?\W*(?:spicy|fun|normal|custom|extremely)",
    re.IGNORECASE,
)
"""More than any service would take for a flag."""


@st.composite
def disguised(draw: st.DrawFn, word: str) -> str:
    letters = [
        draw(st.sampled_from(LOOK_ALIKES.get(letter, letter) + letter.upper()))
        + draw(st.sampled_from(HIDDEN))
        for letter in word
    ]
    return "".join(letters)


@st.composite
def flags(draw: st.DrawFn) -> str:
    dashes = draw(st.text(DASHES, max_size=4)) or draw(
        st.sampled_from(["", "/", "- - ", "\\-\\-", "--\u200b"])
    )
    key = draw(disguised(draw(st.sampled_from(["mode", "preset"]))))
    sign = draw(st.sampled_from(SIGNS))
    value = draw(disguised(draw(st.sampled_from(["spicy", "extremely-spicy-or-crazy"]))))
    gap = draw(st.sampled_from(["", " ", "\t", "\u2003"])) if dashes else ""
    return f"{dashes}{gap}{key}{sign}{value}"


@given(
    flags(), st.sampled_from(["", "a cat ", "猫", "(", "a cat,\n"]), st.sampled_from(["", " walks", "\n猫"])
)
def test_no_disguise_of_a_flag_is_left(flag: str, before: str, behind: str) -> None:
    clean = take_out_flags(before + flag + behind)
    assert clean.had_flags
    assert not READS_A_FLAG.search(clean.text)
    assert take_out_flags(clean.text).text == clean.text


@given(
    st.sampled_from(["--", "-", "—", "/", "－－"]),
    st.sampled_from(["mode", "preset", "MODE", "ｍｏｄｅ"]),
    st.sampled_from([" ", "  ", "\n", "=", ": "]),
    st.sampled_from([*Preset, "extremely-crazy"]),
)
def test_a_flag_behind_a_prompt_leaves_the_prompt(dashes: str, key: str, between: str, value: str) -> None:
    assert take_out_flags(f"{PLAIN} {dashes}{key}{between}{value}").text == PLAIN
    assert take_out_flags(f"{dashes}{key}{between}{value} {PLAIN}").text == PLAIN


@pytest.mark.parametrize(
    "flag",
    [
        "&dash;&dash;mode&equals;spicy",
        "&amp;dash;&#45;mode&#x3d;spicy",
        "%2D%2Dmode%3Dspicy",
        "%252D%252Dmode%253Dspicy",
        "%EF%BC%8D%EF%BC%8Dmode%EF%BC%9Dspicy",
        "\\x2d\\x2dmode\\x3dspicy",
        "--m.o.d.e=spicy",
        "--m_o_d_e=s.p.i.c.y",
        "--モード=spicy",
        "--模式=spicy",
        "--模式=辣",
        "--style=spicy",
        "—style: spicy",
    ],
)
def test_flags_in_other_writing_and_with_other_keys(flag: str) -> None:
    assert take_out_flags(f"{PLAIN} {flag}").text == PLAIN
    assert take_out_flags(f"{flag} {PLAIN}").text == PLAIN
    assert take_out_flags(flag).text == ""


@pytest.mark.parametrize("rest", [".", " \u200b", "…!", " -- "])
def test_what_says_nothing_beside_a_flag_is_no_prompt(rest: str) -> None:
    assert take_out_flags(f"/mode fun{rest}").text == ""


@given(
    st.lists(st.sampled_from(["--", "mode", "--mo", "de", "=", "spicy", "--mode=spicy", " ", "preset", "-"]))
)
def test_flags_within_flags_leave_none(pieces: list[str]) -> None:
    text = "".join(pieces)[:PROMPT_MAX_CHARS]
    clean = take_out_flags(text)
    assert not take_out_flags(clean.text).had_flags
    assert clean.had_flags or clean.text == text


@pytest.mark.parametrize(
    "text", ["--mode=spicy " * 100, "--mo" * 40 + "--mode=fun" + "de=fun" * 40, "--spicy"]
)
def test_of_flags_alone_nothing_is_left_that_is_one(text: str) -> None:
    clean = take_out_flags(text)
    assert clean.had_flags
    assert not READS_A_FLAG.search(clean.text)


@pytest.mark.parametrize(
    "prompt",
    [
        "  spaces stay ",
        "pie à-la-mode fun fair",
        "a la mode, normal light",
        "beast mode — fun for all",
        "sport mode: fun drive",
        "camera mode: normal lens",
        "by tram -- mode of choice",
        "by tram—mode of transport of the future",
        "set the oven to preset 3: bread",
        "dark mode/light mode",
        "two--spicy noodles, spicy mode",
        "commode=antique, a model=plane",
        "modern—fun and/or modest",
        "le mode d’emploi : normal",
        "10 - 5 = 5, model train --fast",
        "夜间模式：正常 -- 猫",
        "ファンモード：ノーマル",
        "line\n- one\n- two\r\n\tthree",
        "\u200bzero width\u200b",
        "dog—style: fun and games",
        "a dog --style=raw --ar=16:9 --seed=5",
        "50% of 20%af & more &dash; mode",
    ],
)
def test_a_prompt_without_flags_stays_byte_for_byte(prompt: str) -> None:
    clean = take_out_flags(prompt)
    assert (clean.text, clean.had_flags) == (prompt, False)


@given(st.text())
def test_any_text_is_read_and_read_again_the_same(text: str) -> None:
    clean = take_out_flags(text)
    assert clean.had_flags or clean.text == text
    assert take_out_flags(clean.text).text == clean.text
