"""How far a check-in can be believed: by place, accuracy and time. It is never refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt

from crm_api.visits.terms import Verdict

EARTH_RADIUS_M = 6_371_000
NEAR_M = 300
COARSE_M = 200
FASTEST_M_PER_S = 70  # 250 km/h, the express train
GPS_JITTER_M = 1_000
OUT_OF_TIME = timedelta(hours=1)
TOLD_LATE = timedelta(minutes=15)


class Reason(StrEnum):
    """Why a check-in got its verdict."""

    NEAR_THE_PLACE = "near_the_place"
    NO_POSITION = "no_position"
    PLACE_UNKNOWN = "place_unknown"
    POSITION_TOO_COARSE = "position_too_coarse"
    FAR_FROM_THE_PLACE = "far_from_the_place"
    OUT_OF_TIME = "out_of_time"
    TOLD_AFTERWARDS = "told_afterwards"
    MOCKED_POSITION = "mocked_position"
    ACCURACY_IMPOSSIBLE = "accuracy_impossible"
    TRAVEL_IMPOSSIBLE = "travel_impossible"


@dataclass(frozen=True, slots=True)
class Position:
    """A point on the map."""

    latitude: float
    longitude: float

    def distance_to(self, other: Position) -> float:
        """Return the metres between two points, along the ground."""
        lat1, lat2 = radians(self.latitude), radians(other.latitude)
        half_lat = (lat2 - lat1) / 2
        half_lon = radians(other.longitude - self.longitude) / 2
        chord = sin(half_lat) ** 2 + cos(lat1) * cos(lat2) * sin(half_lon) ** 2
        return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What is known when somebody checks in."""

    at: datetime
    told_at: datetime
    starts_at: datetime
    ends_at: datetime
    position: Position | None = None
    accuracy_m: float | None = None
    is_mocked: bool = False
    place: Position | None = None
    previous: tuple[Position, datetime] | None = None

    @property
    def distance_m(self) -> float | None:
        """How far from the agreed place, where both are known."""
        if self.position is None or self.place is None:
            return None
        return self.position.distance_to(self.place)


def grade(arrival: Arrival) -> tuple[Verdict, list[Reason]]:
    """Return how far the check-in can be believed, and every reason."""
    suspicious = _suspicions(arrival)
    where, reason = _by_place(arrival)
    doubts = _doubts_of_time(arrival)
    if reason is not Reason.NEAR_THE_PLACE:
        doubts = [reason, *doubts]
    if suspicious:
        return Verdict.SUSPICIOUS, [*suspicious, *doubts]
    if where is Verdict.OUTSIDE:
        return Verdict.OUTSIDE, doubts
    return (Verdict.UNVERIFIED, doubts) if doubts else (where, [reason])


def _suspicions(arrival: Arrival) -> list[Reason]:
    found = []
    if arrival.is_mocked:
        found.append(Reason.MOCKED_POSITION)
    if arrival.accuracy_m is not None and arrival.accuracy_m <= 0:
        found.append(Reason.ACCURACY_IMPOSSIBLE)
    if _came_too_fast(arrival):
        found.append(Reason.TRAVEL_IMPOSSIBLE)
    return found


def _came_too_fast(arrival: Arrival) -> bool:
    if arrival.position is None or arrival.previous is None:
        return False
    there, then = arrival.previous
    seconds = abs((arrival.at - then).total_seconds())
    reach = GPS_JITTER_M + (arrival.accuracy_m or 0) + seconds * FASTEST_M_PER_S
    return arrival.position.distance_to(there) > reach


def _by_place(arrival: Arrival) -> tuple[Verdict, Reason]:
    distance, accuracy = arrival.distance_m, arrival.accuracy_m
    if distance is None:
        unknown = Reason.PLACE_UNKNOWN if arrival.position else Reason.NO_POSITION
        return Verdict.UNVERIFIED, unknown
    if distance - (accuracy or 0) > NEAR_M:
        return Verdict.OUTSIDE, Reason.FAR_FROM_THE_PLACE
    if accuracy is None or accuracy > COARSE_M:
        return Verdict.UNVERIFIED, Reason.POSITION_TOO_COARSE
    return Verdict.VERIFIED, Reason.NEAR_THE_PLACE


def _doubts_of_time(arrival: Arrival) -> list[Reason]:
    doubts = []
    if not arrival.starts_at - OUT_OF_TIME <= arrival.at <= arrival.ends_at + OUT_OF_TIME:
        doubts.append(Reason.OUT_OF_TIME)
    if arrival.told_at - arrival.at > TOLD_LATE:
        doubts.append(Reason.TOLD_AFTERWARDS)
    return doubts
