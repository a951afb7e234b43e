"""What may be refused to people and machines."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class Unauthenticated(DomainError):
    """Nobody known is asking: no token, or one that is forged, expired or revoked."""

    status = 401
    code = "unauthenticated"

    def __init__(self) -> None:
        super().__init__("Sign in, and send the access token as `Authorization: Bearer …`.")


class ForbiddenRole(DomainError):
    """The route is not for people of this role."""

    status = 403
    code = "forbidden_role"

    def __init__(self, role: str) -> None:
        super().__init__("Your role does not allow this.", role=role)


class ForbiddenScope(DomainError):
    """The machine's key is good, but not for this surface."""

    status = 403
    code = "forbidden_scope"

    def __init__(self, scope: str) -> None:
        super().__init__("This key does not have the scope that the route needs.", scope=scope)
