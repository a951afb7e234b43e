from tests.support.field import field

__all__ = ["field"]
