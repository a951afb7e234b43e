"""What loading data may refuse."""

from crm_api.kit.errors import DomainError


class NoDemoInProduction(DomainError):
    """Demo customers and known passwords have no place among real ones."""

    code = "no_demo_in_production"

    def __init__(self) -> None:
        super().__init__("Demo data is never loaded into production.")
