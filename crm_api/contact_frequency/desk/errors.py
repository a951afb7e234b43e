"""What the policy desk refuses."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class DraftSettled(DomainError):
    """The draft was approved or discarded: what it says stays as it is."""

    code = "draft_settled"

    def __init__(self, *, state: str) -> None:
        super().__init__(f"This draft is {state}. Draft a new change.", state=state)


class NotYourDraft(DomainError):
    """A draft is its author's to change."""

    status = 403
    code = "not_your_draft"

    def __init__(self, *, author_id: str) -> None:
        super().__init__("Only its author changes or discards a draft.", author_id=author_id)


class OwnDraft(DomainError):
    """Who drafted a change cannot be the second person."""

    status = 403
    code = "own_draft"

    def __init__(self) -> None:
        super().__init__("A second person must approve what you drafted.")


class PolicyOutOfReach(DomainError):
    """A policy for more people than one's own, or a legal one, is an administrator's."""

    status = 403
    code = "policy_out_of_reach"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, needs="admin")


class LegalPolicyLoosened(DomainError):
    """What the law asks for can be tightened and never loosened."""

    status = 422
    code = "legal_policy_loosened"

    def __init__(self, fields: list[str]) -> None:
        super().__init__(
            "This allows more than the law does; see `errors`.",
            errors=[
                {"pointer": f"/{name}" if name == "is_retired" else f"/rule/{name}", "message": m}
                for name, m in ((name, "Keep to what the law allows.") for name in fields)
            ],
        )


class DraftOutdated(DomainError):
    """The policy got another version after this change was drafted."""

    code = "draft_outdated"

    def __init__(self, *, base_number: int, newest_number: int) -> None:
        super().__init__(
            "The policy changed since this was drafted. Its author must save it anew upon that.",
            base_number=base_number,
            newest_number=newest_number,
        )


class SimulationMissing(DomainError):
    """Nobody has looked at what this change would do."""

    code = "simulation_missing"

    def __init__(self) -> None:
        super().__init__("Simulate the draft before it is approved.")


class SimulationOutdated(DomainError):
    """The draft says something else than what was simulated."""

    code = "simulation_outdated"

    def __init__(self, *, simulated: str, drafted: str) -> None:
        super().__init__(
            "The draft was changed since it was simulated. Simulate it again.",
            simulated_digest=simulated,
            content_digest=drafted,
        )
