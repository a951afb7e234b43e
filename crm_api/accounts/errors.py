"""What may be refused to people and machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable


class Unauthenticated(DomainError):
    """Nobody known is asking: no token, or one that is forged, expired or revoked."""

    status = 401
    code = "unauthenticated"

    def __init__(self) -> None:
        super().__init__("Sign in, and send the access token as `Authorization: Bearer …`.")


class DeviceRevoked(DomainError):
    """The phone was lost, or went to somebody else: it gets nothing more, and brings nothing."""

    status = 403
    code = "device_revoked"

    def __init__(self) -> None:
        super().__init__("This device may not sync any more. Forget what it holds.")


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


class SignInFailed(DomainError):
    """Login, password or one-time code are wrong; which of them is not told."""

    status = 401
    code = "sign_in_failed"

    def __init__(self, *, remember: Callable[[], None]) -> None:
        super().__init__("Login and password do not belong together.", remember=remember)


class SignInLocked(DomainError):
    """Too many attempts failed in a row; waiting helps, trying does not."""

    status = 403
    code = "sign_in_locked"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__("Too many attempts failed. Wait, then try again.", retry_after=retry_after)


class RefreshRefused(DomainError):
    """The refresh token is unknown, expired, or its session has ended."""

    status = 401
    code = "refresh_refused"

    def __init__(self) -> None:
        super().__init__("The session has ended. Sign in again.")


class RefreshTokenMisused(DomainError):
    """The refresh token was used before, or came from another device: it may be stolen."""

    status = 401
    code = "refresh_token_misused"

    def __init__(self, *, remember: Callable[[], None]) -> None:
        super().__init__(
            "This refresh token was used before, or elsewhere. Its session has ended: sign in.",
            remember=remember,
        )


class WrongPassword(DomainError):
    """The current password is not the one that was given."""

    status = 403
    code = "wrong_password"

    def __init__(self, *, remember: Callable[[], None]) -> None:
        super().__init__("The current password is another one.", remember=remember)


class ResetRefused(DomainError):
    """The one-time code is wrong, used or expired."""

    status = 401
    code = "reset_refused"

    def __init__(self, *, remember: Callable[[], None]) -> None:
        super().__init__("The code does not fit. Ask for a new one.", remember=remember)


class WeakPassword(DomainError):
    """The password would be guessed."""

    status = 422
    code = "weak_password"

    def __init__(self, fault: str) -> None:
        super().__init__(fault, errors=[{"pointer": "/new_password", "message": fault}])


class Outranked(DomainError):
    """Who signs in with more rights than the caller is helped by an administrator."""

    status = 403
    code = "outranked"

    def __init__(self) -> None:
        super().__init__("Only an administrator looks after this person's sign-in.")


class LoginTaken(DomainError):
    """Somebody else signs in under this name."""

    code = "login_taken"

    def __init__(self) -> None:
        super().__init__("This login belongs to somebody else. Choose another.")


class LastAdmin(DomainError):
    """Without this administrator there would be none."""

    code = "last_admin"

    def __init__(self) -> None:
        super().__init__("This is the last active administrator. Name another one first.")


class StillOwnsCustomers(DomainError):
    """A leaver's customers need a new account manager first."""

    code = "still_owns_customers"

    def __init__(self, *, customers: int) -> None:
        super().__init__("Hand the portfolio over first.", customers=customers)


class TeamCycle(DomainError):
    """A team cannot lie beneath itself."""

    code = "team_cycle"

    def __init__(self) -> None:
        super().__init__("The new parent lies within the team that is to move.")


class TeamTooDeep(DomainError):
    """The tree would grow deeper than it may."""

    code = "team_too_deep"

    def __init__(self, *, deepest: int) -> None:
        super().__init__("The tree would become too deep.", deepest=deepest)


class ClientNameTaken(DomainError):
    """Another machine client has this name."""

    code = "client_name_taken"

    def __init__(self) -> None:
        super().__init__("Another machine client has this name. Choose another.")
