"""Who may sync with which phone, and who may end it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_api import config
from crm_api.accounts import service as accounts
from crm_api.accounts.errors import DeviceRevoked
from crm_api.accounts.models import DeviceSession, Role
from crm_api.audit.models import AuditEntry
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.sync.models import Epoch
from crm_api.sync.phones import service
from crm_api.sync.phones.errors import ServerRestored, UpgradeRequired
from crm_api.sync.phones.policies import is_older
from crm_api.sync.terms import EPOCH_LENGTH
from tests.factories.accounts import make_staff, make_team
from tests.factories.sync import make_phone
from tests.support import databases


def path(phone, action=""):
    return f"/v1/sync/phones/{phone.staff_id}/{phone.device_id}{action}"


def see(owner, phone, **said):
    told = {"app_version": "1.4.0", "schema_version": 1, **said}
    with transaction():
        return service.see_phone(owner, device_id=phone.device_id, **told)


def begin_epoch(number, at):
    with transaction():
        db.session.add(Epoch(number=number, began_at=at, restored_to=at))


def test_a_phone_tells_of_itself_with_each_call(app, moment):
    owner = make_staff()
    phone = make_phone(owner, now=moment)

    later = see(owner, phone, now=moment + timedelta(days=1), app_version="1.5.0")

    assert (later.first_seen_at, later.last_seen_at) == (moment, moment + timedelta(days=1))
    assert (later.app_version, later.schema_version) == ("1.5.0", 1)
    # A push does not name the schema: what the phone last said of it stands.
    assert see(owner, phone, now=moment, schema_version=None).schema_version == 1


def test_each_sees_the_phones_of_those_whom_they_look_after(app, sign_in):
    team = make_team()
    owner, colleague = make_staff(team=team), make_staff(team=team)
    mine, other = make_phone(owner), make_phone(colleague)
    make_phone(make_staff())

    def listed(role_holder, query=""):
        items = sign_in(role_holder).get(f"/v1/sync/phones{query}").json["items"]
        return {item["device_id"] for item in items}

    assert listed(owner) == {mine.device_id}
    assert listed(make_staff(Role.MANAGER, team)) == {mine.device_id, other.device_id}
    assert len(listed(make_staff(Role.AUDITOR))) == 3
    assert listed(make_staff(Role.ADMIN), f"?staff_id={owner.id}") == {mine.device_id}
    assert sign_in(colleague).get(path(mine)).status_code == 404


def test_the_list_finds_what_is_old_revoked_or_long_unseen(app, sign_in, moment):
    owner = make_staff()
    old = make_phone(owner, "old", now=moment, app_version="1.0.0")
    make_phone(owner, "new", now=moment + timedelta(days=9))
    caller = sign_in(owner)
    caller.put(path(old, "/revocation"), json={"reason": "Lost"})

    def found(query):
        items = caller.get(f"/v1/sync/phones?{query}").json["items"]
        return [item["device_id"] for item in items]

    assert found("is_revoked=true") == ["old"]
    assert found("app_version=1.4.0") == ["new"]
    assert found("not_seen_since=2026-03-05T00:00:00Z") == ["old"]


def test_only_its_owner_names_a_phone(app, sign_in):
    team = make_team()
    owner, manager = make_staff(team=team), make_staff(Role.MANAGER, team)
    phone = make_phone(owner)

    named = sign_in(owner).put(path(phone, "/name"), json={"name": "The blue one"})
    refused = sign_in(manager).put(path(phone, "/name"), json={"name": "Theirs"})

    assert named.json["name"] == "The blue one"
    assert refused.status_code == 404


def test_a_revoked_phone_is_signed_out_and_gets_nothing_more(app, sign_in, moment):
    team = make_team()
    owner, manager = make_staff(team=team), make_staff(Role.MANAGER, team)
    owners = sign_in(owner)
    session = db.session.query(DeviceSession).filter_by(staff_id=owner.id).one()
    phone = make_phone(owner, session.device_id)
    tablet = make_phone(owner, "tablet")
    leader = sign_in(manager)

    reply = leader.put(path(phone, "/revocation"), json={"reason": "Left in a taxi"})
    again = leader.put(path(phone, "/revocation"), json={"reason": "Left in a taxi"})

    assert reply.status_code == again.status_code == 200
    assert reply.json == again.json
    assert reply.json["revoked_by_id"] == manager.id
    assert owners.get("/v1/me").json["code"] == "device_revoked"
    with pytest.raises(DeviceRevoked):
        see(owner, phone, now=moment)
    assert see(owner, tablet, now=moment).revoked_at is None
    acts = db.session.query(AuditEntry).filter_by(action="phone_revoked").all()
    assert [act.details["reason"] for act in acts] == ["Left in a taxi"]


def test_a_manager_does_not_revoke_another_managers_phone(app, sign_in):
    team = make_team()
    phone = make_phone(make_staff(Role.MANAGER, team))

    reply = sign_in(make_staff(Role.MANAGER, team)).put(
        path(phone, "/revocation"), json={"reason": "x"}
    )

    assert (reply.status_code, reply.json["code"]) == (403, "outranked")


@pytest.mark.parametrize(
    ("version", "oldest", "is_too_old"),
    [
        ("1.9", "1.10", True),
        ("1.10.0", "1.10", False),
        ("2.0.0-beta.1", "2", False),
        ("", "0.1", True),
        ("1.4.0", "", False),
    ],
)
@pytest.mark.one_engine
def test_versions_are_compared_by_their_numbers(version, oldest, is_too_old):
    assert is_older(version, than=oldest) is is_too_old


def test_an_app_that_is_too_old_is_told_which_one_is_not(app, database_url, moment):
    owner = make_staff()
    phone = make_phone(owner)
    oldest = {"oldest_app_version": "1.5", "oldest_schema_version": 2}
    config.configure(databases.settings_for(database_url, **oldest))

    for said in ({"app_version": "1.4.9", "schema_version": 2}, {"app_version": "1.5"}):
        with pytest.raises(UpgradeRequired) as refused:
            see(owner, phone, now=moment, **said)
        assert refused.value.details == oldest
    assert see(owner, phone, now=moment, app_version="1.5", schema_version=2)


def test_after_a_restored_backup_each_phone_is_told_until_it_has_understood(app, moment):
    owner = make_staff()
    phone = make_phone(owner)
    begin_epoch(2, moment)

    with pytest.raises(ServerRestored) as told:
        see(owner, phone, now=moment, cursor=EPOCH_LENGTH + 7)
    with pytest.raises(ServerRestored):
        see(owner, phone, now=moment, restore_seen=1)

    assert told.value.details == {"epoch": 2, "restored_to": moment}
    assert see(owner, phone, now=moment, restore_seen=2).seen_epoch == 2
    assert see(owner, phone, now=moment).seen_epoch == 2


def test_a_phone_that_slept_through_two_restored_backups_sends_what_either_lost(app, moment):
    owner = make_staff()
    phone = make_phone(owner)
    begin_epoch(2, moment - timedelta(days=9))
    begin_epoch(3, moment)

    with pytest.raises(ServerRestored) as told:
        see(owner, phone, now=moment)

    assert told.value.details == {"epoch": 3, "restored_to": moment - timedelta(days=9)}


def test_a_backup_restored_twice_asks_anew(app, moment):
    """Both ages have one number: what a phone says of the first is no answer to the second."""
    owner = make_staff()
    phone = make_phone(owner)
    begin_epoch(2, moment)

    with pytest.raises(ServerRestored):
        see(owner, phone, now=moment, restore_seen=2)

    assert see(owner, phone, now=moment, restore_seen=2).seen_epoch == 2


def test_a_phone_that_the_backup_does_not_know_is_told_as_well(app, moment):
    """It came after the backup was made: its cursor gives it away, whatever its number."""
    owner = make_staff()
    begin_epoch(2, moment)

    for cursor in (EPOCH_LENGTH + 3, 2 * EPOCH_LENGTH + 3):
        with pytest.raises(ServerRestored):
            make_phone(owner, f"came-later-{cursor}", cursor=cursor)
    with pytest.raises(ServerRestored):
        make_phone(owner, f"came-later-{EPOCH_LENGTH + 3}")

    assert make_phone(owner, "fresh-install").seen_epoch == 2


def test_whoever_is_signed_out_of_one_device_keeps_the_others(app, sign_in, moment):
    owner = make_staff()
    first, second = sign_in(owner), sign_in(owner)
    ids = sorted(s.device_id for s in db.session.query(DeviceSession).filter_by(staff_id=owner.id))

    with transaction():
        ended = accounts.end_sessions_on(owner.id, ids[0], because="device_revoked", at=moment)

    assert ended == 1
    assert sorted([first.get("/v1/me").status_code, second.get("/v1/me").status_code]) == [200, 401]
