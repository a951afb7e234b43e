"""A POST repeated with its key gives the first answer, not a second effect."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import sqlalchemy as sa
from flask import Response, current_app, g, request
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit import clock
from crm_api.kit.db import Model, db
from crm_api.kit.errors import DomainError, Invalid
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Callable

V = TypeVar("V", bound="Callable[..., Any]")

HEADER = "Idempotency-Key"
LONGEST_KEY = 200
KEPT = timedelta(hours=48)


class IdempotencyKey(Model):
    """One answered POST, kept for two days."""

    __tablename__ = "idempotency_keys"

    actor_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    route: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(LONGEST_KEY), primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


class KeyReused(DomainError):
    """The key was used for another request."""

    status = 422
    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was sent with other content. Use a new key.")


def once(view: Callable[[], Response], *, actor_id: str) -> Response:
    """Run a POST once for its key, or repeat the stored answer.

    The key's row is the first lock of the request, so a repeat that arrives early waits for the
    first to finish. A refusal is rolled back with its row, hence judged afresh.

    :raises KeyReused: if the key came with other content before
    """
    key = sent_key() if request.method == "POST" else None
    if key is None:
        return view()
    where = {"actor_id": actor_id, "route": _route(), "key": key}
    digest, now = _digest(), clock.now()
    if not _claim(where, digest=digest, now=now):
        return _replay(where, digest=digest)
    answer = current_app.make_response(view())
    if g.pop("is_answer_secret", False):
        db.session.execute(sa.delete(IdempotencyKey).filter_by(**where))
    elif answer.status_code < 300:  # noqa: PLR2004 - the first 2xx is what is kept
        _keep(where, answer)
    return answer


def never_kept(view: V) -> V:
    """Keep no answer of this route: it shows what is encrypted at rest. Stands below the guard."""

    @wraps(view)
    def secret(*args: Any, **kwargs: Any) -> Any:
        g.is_answer_secret = True
        return view(*args, **kwargs)

    return cast("V", secret)


def answers_repeats(view: V) -> V:
    """Say that a route knows its repeats by itself. Stands below the guard."""
    view.answers_repeats = True  # type: ignore[attr-defined]
    return view


def sent_key() -> str | None:
    """Return the request's key, if it brings one.

    :raises Invalid: if it is none that can be kept
    """
    key = request.headers.get(HEADER)
    if key is not None and not (
        0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()
    ):
        raise Invalid("/headers/Idempotency-Key", "Use 1 to 200 printable ASCII characters.")
    return key


def _route() -> str:
    return str(request.url_rule)


def _digest() -> str:
    sent = request.full_path.encode() + b"\n" + request.get_data(cache=True)
    return hashlib.sha256(sent).hexdigest()


def _claim(where: dict[str, str], *, digest: str, now: datetime) -> bool:
    stale = sa.delete(IdempotencyKey).filter_by(**where)
    db.session.execute(stale.where(IdempotencyKey.created_at < now - KEPT))
    row = insert(IdempotencyKey).values(**where, digest=digest, created_at=now)
    row = row.on_conflict_do_nothing().returning(IdempotencyKey.key)
    return db.session.execute(row).first() is not None


def _replay(where: dict[str, str], *, digest: str) -> Response:
    stored = db.session.execute(sa.select(IdempotencyKey).filter_by(**where)).scalar_one()
    if stored.digest != digest:
        raise KeyReused
    answer = current_app.response_class(stored.body, stored.status, stored.headers)
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _keep(where: dict[str, str], answer: Response) -> None:
    kept = {n: v for n, v in answer.headers.items() if n in ("Content-Type", "ETag", "Location")}
    change = sa.update(IdempotencyKey).filter_by(**where)
    db.session.execute(
        change.values(status=answer.status_code, headers=kept, body=answer.get_data())
    )


def purge_keys(*, now: datetime) -> int:
    """Forget the keys that have served their time; return how many."""
    gone = sa.delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEPT)
    return len(db.session.execute(gone.returning(IdempotencyKey.key)).all())


def forget_answers_about(record_id: str) -> None:
    """Drop the stored answers that name a record, before their time.

    Repeated, their requests are judged afresh, and find the record no more.
    """
    body, told = IdempotencyKey.body, record_id.encode()
    if db.engine.dialect.name == "sqlite":
        names_it = sa.func.instr(body, told) > 0
    else:
        names_it = sa.func.position(sa.literal(told).op("in")(body)) > 0
    db.session.execute(sa.delete(IdempotencyKey).where(names_it))
