"""The door of every route: who may come in."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import structlog
from flask import Response, after_this_request, g, request
from sqlalchemy.exc import DBAPIError

from crm_api.accounts import queries, service
from crm_api.accounts.errors import DeviceRevoked, ForbiddenRole, ForbiddenScope, Unauthenticated
from crm_api.accounts.tokens import digest_of, keyring
from crm_api.kit import clock
from crm_api.kit.idempotency import KeyReused, once
from crm_api.kit.routing import note_refusals
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crm_api.accounts.actors import Actor, Client
    from crm_api.accounts.models import Role, Scope
    from crm_api.accounts.queries import Callers

log = structlog.get_logger()
V = TypeVar("V", bound="Callable[..., Any]")
_noted_uses: dict[str, datetime] = {}


def requires(*roles: Role, callers: Callers = queries.CALLERS) -> Callable[[V], V]:
    """Let in people of these roles, and run a POST that carries an Idempotency-Key once.

    What `callers` reads of them besides is `known_of_caller()`.
    """

    def decorate(view: V) -> V:
        note_refusals(view, (Unauthenticated, DeviceRevoked, ForbiddenRole, KeyReused))

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            actor = _authenticate(callers)
            if actor.role not in roles:
                raise ForbiddenRole(actor.role)
            if hasattr(view, "answers_repeats"):
                return view(*args, **kwargs)
            return once(lambda: view(*args, **kwargs), actor_id=actor.id)

        return cast("V", _mark(guarded, security=[{"bearer": []}], guard=tuple(roles)))

    return decorate


def requires_client(scope: Scope) -> Callable[[V], V]:
    """Let in machines with this scope. Others get a bare 401: machines read no prose."""
    return _requires_key(scope, key=bearer, security=[{"client_key": []}])


def requires_client_in_path(scope: Scope) -> Callable[[V], V]:
    """Let in machines that can send no header: their key is the path's `token`.

    Logs and metrics name rules and never paths, and so never learn it.
    """
    return _requires_key(scope, key=lambda: (request.view_args or {}).get("token"), security=[])


def _requires_key(
    scope: Scope, *, key: Callable[[], str | None], security: list[dict[str, list[str]]]
) -> Callable[[V], V]:

    def decorate(view: V) -> V:
        note_refusals(view, (ForbiddenScope,))

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            client = queries.find_client(digest=digest_of(key() or ""), at=clock.now())
            if client is None:
                return _turn_away()
            g.actor_id, g.client = client.id, client
            if scope not in client.scopes:
                raise ForbiddenScope(scope)
            _note_use_later(client)
            return view(*args, **kwargs)

        bare = {"401": {"description": "The key is unknown, expired or revoked. No body."}}
        return cast(
            "V",
            _mark(guarded, security=security, guard=(scope,), responses=bare),
        )

    return decorate


def anyone(view: V) -> V:
    """Say that a route is public on purpose."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return cast("V", _mark(guarded, security=[], guard=("anyone",)))


def current_actor() -> Actor:
    """Return the member of staff whom the guard let in."""
    return cast("Actor", g.actor)


def known_of_caller() -> list[Sequence[Any]]:
    """Return the rows that the route's `callers` read of whom the guard let in."""
    return cast("list[Sequence[Any]]", g.known_of_caller)


def current_client() -> Client:
    """Return the machine that the guard let in."""
    return cast("Client", g.client)


def bearer() -> str | None:
    """Return the token that the caller sent, if any."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token else None


def _authenticate(callers: Callers) -> Actor:
    token = bearer()
    if token is None:
        raise Unauthenticated
    now = clock.now()
    claims = keyring().verify(token, at=now)
    g.actor_id = claims.staff_id
    found = callers.find(staff_id=claims.staff_id, session_id=claims.session_id, at=now)
    if found is None:
        service.refuse_revoked(queries.device_of_session(claims.session_id))
        raise Unauthenticated
    g.actor, g.known_of_caller = found
    return found[0]


def _turn_away() -> Response:
    answer = Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    del answer.headers["Content-Type"]
    return answer


def _mark(view: Any, *, guard: tuple[str, ...], **document: Any) -> Any:
    """Note the guard where the API document finds it, and the test of all routes."""
    known = getattr(view, "_apidoc", {})
    manual = {**known.get("manual_doc", {}), **document}
    view._apidoc = {**known, "manual_doc": manual}  # noqa: SLF001 - flask-smorest keeps it there
    view.guard = guard
    return view


def _note_use_later(client: Client) -> None:
    """Keep the key's last use after the answer's own transaction, about once a minute.

    Each process asks the database only when its own memory of the last use has aged.
    """
    now = clock.now()
    last = _noted_uses.get(client.key_id)
    if last is not None and timedelta() <= now - last < service.USE_IS_NOTED_EVERY:
        return
    _noted_uses[client.key_id] = now

    @after_this_request
    def note_use(answer: Response) -> Response:
        try:
            with transaction():
                service.note_key_use(client.key_id, now=now)
        except DBAPIError:
            log.warning("key_use_not_noted")
        return answer
