"""The locks of an erasure: all subjects in one call, before anything is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.care.queries.together import find_speakers
from crm_api.customers import locks
from crm_api.customers import queries as customers
from crm_api.kit.db import db
from crm_api.kit.errors import Busy
from crm_api.privacy.queries import erasures as queries

if TYPE_CHECKING:
    from collections.abc import Sequence


def lock_whom_it_touches(customer_id: str) -> None:
    """Lock a customer, who is one person with them or follows them, and whom messages touch.

    :raises Busy: if there was somebody more once the locks were held
    """
    wanted = _touched(customers.ids_of(customer_id))
    locks.lock_subjects(customer_ids=wanted[0], endpoints=wanted[1])
    db.session.expire_all()
    now_wanted = _touched(customers.ids_of(customer_id))
    if not (now_wanted[0] <= wanted[0] and now_wanted[1] <= wanted[1]):
        raise Busy


def _touched(customer_ids: Sequence[str]) -> tuple[set[str], set[str]]:
    messages = queries.messages_to_stop(customer_ids)
    touching = [*messages, *find_speakers([message.id for message in messages])]
    followers = {f for one in customer_ids for f in customers.great_key_person_ids(one)}
    whom = {*customer_ids, *followers, *(row.customer_id for row in touching)}
    persons = customers.same_person_ids(whom)
    phones = {phone.number for one in customer_ids for phone in customers.phones_of(one)}
    numbers = {row.number for row in touching} | phones
    return {one for ids in persons.values() for one in ids} | whom, numbers
