"""Feeds as phones read them, and whether they are true."""

from __future__ import annotations

import sqlalchemy as sa

from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.sync.feeding import queries, service
from crm_api.sync.models import Feed, FeedRow


def follow(actor, covers=()):
    """Let somebody's first phone begin to read."""
    with transaction():
        service.activate(actor.id, covers=covers, now=clock.now())


def feed_of(actor):
    """Return a feed as it stands, by seq: table, record, op."""
    rows = sa.select(FeedRow.table_name, FeedRow.record_id, FeedRow.op)
    rows = rows.where(FeedRow.subscriber_id == actor.id).order_by(FeedRow.seq)
    with transaction(read_only=True):
        return [(table, record_id, str(op)) for table, record_id, op in db.session.execute(rows)]


def news_of(actor, since):
    """Return what came into a feed after a number."""
    rows = sa.select(FeedRow.table_name, FeedRow.record_id, FeedRow.op)
    rows = rows.where(FeedRow.subscriber_id == actor.id, FeedRow.seq > since).order_by(FeedRow.seq)
    with transaction(read_only=True):
        return [(table, record_id, str(op)) for table, record_id, op in db.session.execute(rows)]


def seq_of(actor):
    """Return where somebody's feed stands."""
    with transaction(read_only=True):
        return db.session.scalars(sa.select(Feed.seq).where(Feed.subscriber_id == actor.id)).one()


def assert_feeds_true(app):
    """See that every feed has what its subscriber should have, and nothing else."""
    del app  # its context is the test's
    with transaction(read_only=True):
        subscribers = db.session.scalars(sa.select(Feed.subscriber_id).where(Feed.is_active)).all()
        wrong, today = {}, queries.today_at(clock.now())
        for subscriber_id in sorted(subscribers):
            wanted, held = queries.compare_feed(subscriber_id, today=today)
            if wanted != held:
                wrong[subscriber_id] = {"lacks": wanted - held, "has too much": held - wanted}
    assert wrong == {}


def holds(actor):
    """Return the records that a phone has by now."""
    return {(table, record_id) for table, record_id, op in feed_of(actor) if op == "put"}


def run(app, *arguments):
    """Run a command, and return what it said."""
    result = app.test_cli_runner().invoke(args=list(arguments))
    assert result.exit_code == 0, result.output
    return result.output
