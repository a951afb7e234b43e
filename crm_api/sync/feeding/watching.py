"""What feeds are told of: the tables that make what phones have, and who has a feed at all."""

from __future__ import annotations

from typing import Final

from crm_api.kit.touches import Watched
from crm_api.sync.tables import TABLES

WATCHED: Final[dict[str, Watched]] = {
    name: Watched(key) for table in TABLES.values() for name, key in table.watches.items()
} | {"customers": Watched("id", owner="owner_id"), "staff": Watched("id")}
