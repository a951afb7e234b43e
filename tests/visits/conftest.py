from tests.support.field import field, slot_of

__all__ = ["field", "slot_of"]
