from tests.customers.conftest import count_statements
from tests.support.field import field, slot_of

__all__ = ["count_statements", "field", "slot_of"]
