"""What an operator may set, and what is refused before anything is leased."""

import logging

import pytest

from gateway_relay import logs, settings
from gateway_relay.__main__ import main

NEEDED = {"RELAY_CRM_URL": "https://crm.example", "RELAY_CRM_KEY": "fictional-key"}


def test_the_environment_wins_over_the_file(tmp_path):
    file = tmp_path / "relay.toml"
    file.write_text('crm_url = "https://crm.example"\nworkers = 2\nbatch = 7\n')

    given = settings.load(file, {"RELAY_CRM_KEY": "fictional-key", "RELAY_WORKERS": "3"})

    assert (given.workers, given.batch, given.crm_key) == (3, 7, "fictional-key")


def test_keys_and_passwords_are_not_shown():
    shown = repr(settings.load(None, {**NEEDED, "RELAY_KANNEL_PASSWORD": "fictional-word"}))

    assert "fictional-key" not in shown
    assert "fictional-word" not in shown


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"RELAY_CRM_KEY": None}, "missing: crm_key"),
        ({"RELAY_WORKERS": "0"}, "workers"),
        ({"RELAY_WORKERS": "many"}, "workers"),
        ({"RELAY_BATCH": "101"}, "batch"),
        ({"RELAY_KEEP_DAYS": "1"}, "keep_days"),
        ({"RELAY_CENTRE": "pigeon"}, "centre"),
        ({"RELAY_SMPP_PASSWORD": "too-long-for-smpp"}, "smpp_password"),
        ({"RELAY_LOG_LEVEL": "CHATTY"}, "log_level"),
        ({"RELAY_CRM_URL": "crm.example"}, "crm_url"),
        ({"RELAY_LEASE_SECONDS": "5", "RELAY_WAIT_SECONDS": "5"}, "lease_seconds"),
        ({"RELAY_LISTEN": "0.0.0.0:13080"}, "callback_secret"),
        ({"RELAY_CALLBACK_SECRET": "a/b"}, "callback_secret"),
    ],
)
def test_it_refuses_what_would_not_work(wrong, why):
    given = {k: v for k, v in {**NEEDED, **wrong}.items() if v is not None}

    with pytest.raises(settings.Wrong, match=why):
        settings.load(None, given)


def test_a_file_with_an_unknown_setting_is_refused(tmp_path, capsys):
    file = tmp_path / "relay.toml"
    file.write_text('crm_ulr = "https://crm.example"\n')

    assert main(["--config", str(file)]) == 2
    assert "unknown: crm_ulr" in capsys.readouterr().err


def test_help_names_every_setting(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])

    assert "kannel_password" in capsys.readouterr().out


def test_a_line_of_the_log_is_one_json_object(capsys, monkeypatch):
    ours = logging.getLogger("gateway_relay")
    for name in ("handlers", "propagate", "level"):
        monkeypatch.setattr(ours, name, getattr(ours, name))
    logs.configure("INFO")
    logs.note("submitted", reference="m1-1", result="submitted")
    logs.note("quiet", level=logging.DEBUG)

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert '"event": "submitted"' in lines[0]
