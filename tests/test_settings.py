"""The configuration: what is read from where, and what a wrong one is answered with."""

from pathlib import Path

import pytest

from bot.settings import BadConfigurationError, ImageCheck, LogFormat, LogLevel, Settings, load

SECRET = "a-value-that-nobody-may-see"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def env_file(folder: Path, text: str) -> Path:
    path = folder / ".env"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_set_the_defaults_hold() -> None:
    settings = load(env_file=None)
    assert settings.discord_api_url == "https://discord.com/api/v10"
    assert settings.discord_cdn_hosts == (
        "cdn.discordapp.com",
        "media.discordapp.net",
        "images-ext-1.discordapp.net",
        "images-ext-2.discordapp.net",
    )
    assert settings.dimilinks_base_url == "https://dimilinks.com/v1"
    assert settings.data_dir == Path("data")
    assert settings.log_level is LogLevel.INFO
    assert settings.discord_token is None


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = env_file(tmp_path, "LOG_LEVEL=debug\nDATA_DIR=from-file\nDIMILINKS_GROUP=\n")
    monkeypatch.setenv("DATA_DIR", "from-environment")
    settings = load(env_file=path)
    assert settings.data_dir == Path("from-environment")
    assert settings.log_level is LogLevel.DEBUG
    assert settings.dimilinks_group is None


def test_hosts_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_CDN_HOSTS", " 127.0.0.1:8080, CDN.example ,")
    assert load(env_file=None).discord_cdn_hosts == ("127.0.0.1:8080", "cdn.example")


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadConfigurationError, match=r"may read \(Is a directory\)"):
        load(env_file=tmp_path)


def test_a_tilde_is_the_home_of_who_runs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load(env_file=env_file(tmp_path, "DATA_DIR=~/bot\n")).data_dir == tmp_path / "bot"
    monkeypatch.setenv("DATA_DIR", "~nobody-has-this-name/bot")
    with pytest.raises(BadConfigurationError, match="DATA_DIR: expected a folder"):
        load(env_file=None)


def test_an_unknown_name_in_the_file_is_told_by_name(tmp_path: Path) -> None:
    path = env_file(tmp_path, f"DISCORD_TOKN={SECRET}\n")
    with pytest.raises(BadConfigurationError, match="DISCORD_TOKN") as caught:
        load(env_file=path)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DISCORD_API_URL", f"ftp://{SECRET}"),
        ("DISCORD_API_URL", f"https://user:{SECRET}@example.com"),
        ("DISCORD_CDN_HOSTS", f"https://{SECRET}/x"),
        ("DISCORD_CDN_HOSTS", ","),
        ("DIMILINKS_BASE_URL", "not an address"),
        ("DATABASE_URL", f"mysql://u:{SECRET}@h/d"),
        ("LOG_FORMAT", SECRET),
        ("LOG_LEVEL", SECRET),
        ("IMAGE_CHECK", SECRET),
    ],
)
def test_a_malformed_value_is_told_by_name_and_expectation_without_the_value(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadConfigurationError) as caught:
        load(env_file=None)
    told = str(caught.value)
    assert told.startswith(f"{name}: expected ")
    assert "\n" not in told
    assert SECRET not in told
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("value", "choice"),
    [
        ("", ImageCheck.AUTO),
        ("auto", ImageCheck.AUTO),
        ("Off", ImageCheck.OFF),
        ("OpenNSFW", ImageCheck.OPENNSFW),
        ("nudenet", ImageCheck.NUDENET),
        ("true", ImageCheck.AUTO),
        ("1", ImageCheck.AUTO),
        ("False", ImageCheck.OFF),
        ("0", ImageCheck.OFF),
    ],
)
def test_the_image_check_is_named_or_switched_as_it_was(
    value: str, choice: ImageCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE_CHECK", value)
    assert load(env_file=None).image_check is choice


def test_a_file_that_is_no_text_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadConfigurationError, match="UTF-8"):
        load(env_file=path)


def test_secrets_show_neither_in_repr_nor_in_str(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISCORD_TOKEN", "DIMILINKS_API_KEY"):
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:{SECRET}@h/d")
    settings = load(env_file=None)
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)
    assert len(settings.secrets) == 3


def test_away_from_a_terminal_logs_are_json() -> None:
    assert load(env_file=None).log_format is LogFormat.JSON


def test_the_example_file_is_itself_a_working_configuration() -> None:
    load(env_file=Path(__file__).parents[1] / ".env.example")


def test_links_have_an_address_outside_and_one_here() -> None:
    both = load({"media_url": "https://videos.example/x/", "media_address": "127.0.0.1:8787"}, env_file=None)
    assert (both.media_url, both.media_address) == ("https://videos.example/x", "127.0.0.1:8787")
    neither = load(env_file=None)
    assert (neither.media_url, neither.media_address) == (None, None)


@pytest.mark.parametrize(
    "half", [{"media_url": "https://videos.example"}, {"media_address": "127.0.0.1:8787"}], ids=str
)
def test_half_of_the_settings_of_links_is_an_error(half: dict[str, str]) -> None:
    with pytest.raises(
        BadConfigurationError, match="set both MEDIA_URL and MEDIA_ADDRESS, or neither"
    ) as caught:
        load(half, env_file=None)
    assert [problem.name for problem in caught.value.problems] == ["MEDIA_ADDRESS"]


def test_a_wrong_address_of_links_is_told_alone() -> None:
    with pytest.raises(BadConfigurationError) as caught:
        load({"media_url": "videos.example", "media_address": "127.0.0.1:8787"}, env_file=None)
    assert [problem.name for problem in caught.value.problems] == ["MEDIA_URL"]
