"""How far a check-in or check-out can be believed: place, accuracy, time. Never a refusal."""

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
BRIEF = timedelta(minutes=5)


class Reason(StrEnum):
    """Why a check-in or check-out got its verdict."""

    NEAR_THE_PLACE = "near_the_place"
    NO_POSITION = "no_position"
    PLACE_UNKNOWN = "place_unknown"
    POSITION_TOO_COARSE = "position_too_coarse"
    FAR_FROM_THE_PLACE = "far_from_the_place"
    OUT_OF_TIME = "out_of_time"
    TOLD_AFTERWARDS = "told_afterwards"
    STAYED_BRIEFLY = "stayed_briefly"
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
class Presence:
    """What is known when somebody checks in, or out: then `came_at` says since when they were."""

    at: datetime
    told_at: datetime
    starts_at: datetime
    ends_at: datetime
    position: Position | None = None
    accuracy_m: float | None = None
    is_mocked: bool = False
    place: Position | None = None
    previous: tuple[Position, datetime] | None = None
    came_at: datetime | None = None

    @property
    def distance_m(self) -> float | None:
        """How far from the agreed place, where both are known."""
        if self.position is None or self.place is None:
            return None
        return self.position.distance_to(self.place)


def grade(presence: Presence) -> tuple[Verdict, list[Reason]]:
    """Return how far somebody's word of being there can be believed, and every reason."""
    suspicious = _suspicions(presence)
    where, reason = _by_place(presence)
    doubts = _doubts_of_time(presence)
    if reason is not Reason.NEAR_THE_PLACE:
        doubts = [reason, *doubts]
    if suspicious:
        return Verdict.SUSPICIOUS, [*suspicious, *doubts]
    if where is Verdict.OUTSIDE:
        return Verdict.OUTSIDE, doubts
    return (Verdict.UNVERIFIED, doubts) if doubts else (where, [reason])


def _suspicions(presence: Presence) -> list[Reason]:
    found = []
    if presence.is_mocked:
        found.append(Reason.MOCKED_POSITION)
    if presence.accuracy_m is not None and presence.accuracy_m <= 0:
        found.append(Reason.ACCURACY_IMPOSSIBLE)
    if _came_too_fast(presence):
        found.append(Reason.TRAVEL_IMPOSSIBLE)
    return found


def _came_too_fast(presence: Presence) -> bool:
    if presence.position is None or presence.previous is None:
        return False
    there, then = presence.previous
    seconds = abs((presence.at - then).total_seconds())
    reach = GPS_JITTER_M + (presence.accuracy_m or 0) + seconds * FASTEST_M_PER_S
    return presence.position.distance_to(there) > reach


def _by_place(presence: Presence) -> tuple[Verdict, Reason]:
    distance, accuracy = presence.distance_m, presence.accuracy_m
    if distance is None:
        unknown = Reason.PLACE_UNKNOWN if presence.position else Reason.NO_POSITION
        return Verdict.UNVERIFIED, unknown
    if distance - (accuracy or 0) > NEAR_M:
        return Verdict.OUTSIDE, Reason.FAR_FROM_THE_PLACE
    if accuracy is None or accuracy > COARSE_M:
        return Verdict.UNVERIFIED, Reason.POSITION_TOO_COARSE
    return Verdict.VERIFIED, Reason.NEAR_THE_PLACE


def _doubts_of_time(presence: Presence) -> list[Reason]:
    doubts = []
    if not presence.starts_at - OUT_OF_TIME <= presence.at <= presence.ends_at + OUT_OF_TIME:
        doubts.append(Reason.OUT_OF_TIME)
    if presence.told_at - presence.at > TOLD_LATE:
        doubts.append(Reason.TOLD_AFTERWARDS)
    if presence.came_at is not None and presence.at - presence.came_at < BRIEF:
        doubts.append(Reason.STAYED_BRIEFLY)
    return doubts
