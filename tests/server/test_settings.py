"""Settings come from the environment, are described, and name every cap."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from server.settings import Settings


def test_settings_come_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("OQU_HOME", str(tmp_path / "a b"))
    monkeypatch.setenv("OQU_HOSTS", "oqu.school.kz, 10.0.0.7")
    monkeypatch.setenv("OQU_TOKEN", "secret")
    settings = Settings()
    assert settings.home == tmp_path / "a b"
    assert settings.hosts == ("oqu.school.kz", "10.0.0.7")
    assert "secret" not in repr(settings) and settings.token.get_secret_value() == "secret"
    assert settings.database == f"sqlite:///{tmp_path}/a b/oqu.sqlite"


def test_the_home_is_absolute_and_the_users_own_by_default(monkeypatch):
    monkeypatch.delenv("OQU_HOME", raising=False)
    assert Settings().home.is_absolute() and Settings().home.name == "oqu"
    assert Settings(home=Path("here")).home == Path.cwd() / "here"
    assert Settings(home=Path("~/here")).home == Path.home() / "here"


def test_postgresql_by_url(tmp_path):
    assert Settings(home=tmp_path, database_url="postgresql://x/y").database == "postgresql://x/y"


def test_every_setting_has_a_title():
    assert all(field.title for field in Settings.model_fields.values())


def test_the_limits_are_caps_and_tell_no_secret(tmp_path):
    limits = Settings(home=tmp_path, token="secret").limits()
    assert limits["upload_bytes"] == 500_000_000 and limits["json_bytes"] == 1_000_000
    assert not {"token", "home", "database_url"} & limits.keys()


@pytest.mark.parametrize("wrong", [{"port": 70_000}, {"check_seconds": "nan"}, {"max_runs": 0}])
def test_a_setting_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        Settings(**wrong)
