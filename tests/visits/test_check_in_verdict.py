"""How far a check-in can be believed."""

from datetime import UTC, datetime, timedelta

import pytest

from crm_api.visits.policies.check_in import Position, Presence, Reason, grade
from crm_api.visits.terms import Verdict

TEN = datetime(2026, 3, 3, 2, tzinfo=UTC)
DOOR = Position(31.2304, 121.4737)
METRE = 1 / 111_195  # degrees of latitude


def north(metres: float) -> Position:
    return Position(DOOR.latitude + metres * METRE, DOOR.longitude)


def arrival(**changes) -> Presence:
    return Presence(
        **{
            "at": TEN,
            "told_at": TEN,
            "starts_at": TEN,
            "ends_at": TEN + timedelta(hours=1),
            "position": DOOR,
            "accuracy_m": 10.0,
            "place": DOOR,
            **changes,
        }
    )


def test_at_the_door_in_time_it_is_verified():
    assert grade(arrival()) == (Verdict.VERIFIED, [Reason.NEAR_THE_PLACE])


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({"position": None, "accuracy_m": None}, Verdict.UNVERIFIED, Reason.NO_POSITION),
        ({"place": None}, Verdict.UNVERIFIED, Reason.PLACE_UNKNOWN),
        ({"accuracy_m": 201.0}, Verdict.UNVERIFIED, Reason.POSITION_TOO_COARSE),
        ({"accuracy_m": None}, Verdict.UNVERIFIED, Reason.POSITION_TOO_COARSE),
        ({"position": north(311)}, Verdict.OUTSIDE, Reason.FAR_FROM_THE_PLACE),
        ({"is_mocked": True}, Verdict.SUSPICIOUS, Reason.MOCKED_POSITION),
        ({"accuracy_m": 0.0}, Verdict.SUSPICIOUS, Reason.ACCURACY_IMPOSSIBLE),
    ],
)
def test_what_speaks_against_it(changes, verdict, reason):
    found, reasons = grade(arrival(**changes))

    assert (found, reasons) == (verdict, [reason])


@pytest.mark.parametrize(
    ("metres", "accuracy", "verdict"),
    [(309, 10.0, Verdict.VERIFIED), (490, 195.0, Verdict.VERIFIED), (510, 195.0, Verdict.OUTSIDE)],
)
def test_the_doubt_of_the_receiver_counts_for_the_visitor(metres, accuracy, verdict):
    assert grade(arrival(position=north(metres), accuracy_m=accuracy))[0] is verdict


@pytest.mark.parametrize(
    ("minutes", "is_in_time"), [(-60, True), (-61, False), (120, True), (121, False)]
)
def test_an_hour_around_the_appointment_is_in_time(minutes, is_in_time):
    at = TEN + timedelta(minutes=minutes)

    verdict, reasons = grade(arrival(at=at, told_at=at))

    assert (verdict is Verdict.VERIFIED) is is_in_time
    assert (Reason.OUT_OF_TIME in reasons) is not is_in_time


def test_what_is_told_later_cannot_be_verified():
    verdict, reasons = grade(arrival(told_at=TEN + timedelta(minutes=16)))

    assert (verdict, reasons) == (Verdict.UNVERIFIED, [Reason.TOLD_AFTERWARDS])


@pytest.mark.parametrize(("kilometres", "is_possible"), [(120, True), (130, False)])
def test_nobody_travels_faster_than_the_train(kilometres, is_possible):
    half_an_hour_ago = (north(kilometres * 1000), TEN - timedelta(minutes=30))

    verdict, reasons = grade(arrival(previous=half_an_hour_ago))

    assert (verdict is Verdict.VERIFIED) is is_possible
    assert (Reason.TRAVEL_IMPOSSIBLE in reasons) is not is_possible


def test_all_reasons_are_told_and_the_worst_decides():
    verdict, reasons = grade(
        arrival(is_mocked=True, position=north(5000), told_at=TEN + timedelta(hours=3))
    )

    assert verdict is Verdict.SUSPICIOUS
    assert set(reasons) == {
        Reason.MOCKED_POSITION,
        Reason.FAR_FROM_THE_PLACE,
        Reason.TOLD_AFTERWARDS,
    }
