"""Run migrations on the database that the settings name."""

from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app, has_app_context

from crm_api.app import create_app
from crm_api.app.rooms import load_models
from crm_api.kit.db import Base, db
from crm_api.kit.types import Json, UTCDateTime

OWN_TYPES = {
    UTCDateTime: "sa.DateTime(timezone=True)",
    Json: 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")',
}


def render_item(kind: str, item: Any, _autogen: Any) -> Any:
    """Keep our own types out of migrations, which must outlive them."""
    if kind != "type":
        return False
    if isinstance(item, sa.Enum):
        return f"sa.String(length={item.length})"
    return OWN_TYPES.get(type(item), False)


def run() -> None:
    """Migrate in one transaction, on both engines."""
    load_models()
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_item=render_item,
            render_as_batch=False,
            compare_type=True,
            compare_server_default=False,
            transaction_per_migration=False,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


if has_app_context() and current_app.name == "crm_api":
    run()
else:
    with create_app().app_context():
        run()
