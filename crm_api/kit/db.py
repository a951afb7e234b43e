"""The database handle and the base of every table."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

from crm_api.kit.engine import APART
from crm_api.kit.ids import new_id
from crm_api.kit.types import Json, RecordId, UTCDateTime

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The root of every table: text ids, moments in UTC, STRICT on SQLite."""

    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMES),
        type_annotation_map={
            datetime: UTCDateTime,
            dict[str, Any]: Json,
            list[Any]: Json,
            list[str]: Json,
            str: sa.Text,
        },
    )
    __abstract__ = True


class _Apart:
    """The connection of a request that only reads, taken when it is first asked for."""

    _taken: sa.Connection | None = None

    def connection(self, engine: sa.Engine) -> sa.Connection:
        if self._taken is None:
            self._taken = autocommitting(engine).connect()
        return self._taken

    def give_back(self) -> None:
        if self._taken is not None:
            self._taken.close()
            self._taken = None


_apart: ContextVar[_Apart | None] = ContextVar("apart", default=None)


@cache
def autocommitting(engine: sa.Engine) -> sa.Engine:
    """Return the engine for statements each of which is a transaction of its own."""
    return engine.execution_options(**{APART: True})


@contextmanager
def statements_apart() -> Iterator[None]:
    """Spare PostgreSQL the BEGIN and the COMMIT of what only reads.

    Under READ COMMITTED each statement sees its own snapshot anyhow. SQLite's do not.
    """
    with _reading(_Apart()):
        yield


@contextmanager
def statements_together() -> Iterator[None]:
    """Let a request that read so far write after all, in transactions as others do."""
    with _reading(None):
        yield


@contextmanager
def _reading(apart: _Apart | None) -> Iterator[None]:
    give_back()  # nobody holds two connections: others might wait for the second
    token = _apart.set(apart)
    try:
        yield
    finally:
        give_back()
        _apart.reset(token)


def give_back() -> None:
    """Leave the connection of a request that only reads to others, until it reads again."""
    apart = _apart.get()
    if apart is not None:
        apart.give_back()


def connection() -> sa.Connection:
    """Return this request's connection. One that only reads makes no session for it."""
    apart = _apart.get()
    if apart is not None and db.engine.dialect.name != "sqlite":
        return apart.connection(db.engine)
    session = db.session()
    if session.autoflush:
        session.flush()  # as any statement of the session would
    return session.connection()


class RequestSession(Session):
    """The session of a request: one that only reads shares its connection."""

    def get_bind(self, *args: Any, **kwargs: Any) -> sa.Engine | sa.Connection:
        """Choose the engine, or the connection that begins no transaction."""
        bind = super().get_bind(*args, **kwargs)
        apart = _apart.get()
        if apart is None or not isinstance(bind, sa.Engine) or bind.dialect.name == "sqlite":
            return bind
        return apart.connection(bind)


db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    session_options={"class_": RequestSession, "expire_on_commit": False, "autoflush": True},
)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


@sa.event.listens_for(sa.Table, "after_parent_attach")
def _make_strict(table: sa.Table, _parent: Any) -> None:
    table.dialect_options["sqlite"]["strict"] = True


class Record:
    """A row with an id of its own and the moment it was made."""

    id: Mapped[RecordId] = mapped_column(primary_key=True, default=new_id)
    created_at: Mapped[datetime]


class Versioned(Record):
    """A row that several people may change: each change counts its version up."""

    version: Mapped[int] = mapped_column(default=1)

    @sa.orm.declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - a class, says SQLAlchemy
        """Have every UPDATE compare the version it read."""
        return {"version_id_col": cls.version}
