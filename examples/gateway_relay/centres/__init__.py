"""Message centres: what takes messages from us, and tells us of their delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gateway_relay.values import Message, Outcome


class CentreAway(Exception):
    """The centre cannot be reached. Nothing of the message has left this host."""


class CentreRefusesUs(Exception):
    """The centre does not take messages from us at all: its account or password is wrong."""


class Centre(Protocol):
    """What the relay asks of a message centre."""

    def start(self) -> None:
        """Begin to listen to it."""

    def stop(self) -> None:
        """Stop listening."""

    def submit(self, message: Message) -> Outcome:
        """Submit a message once, and return what is known of it: `unknown`, where in doubt.

        :raises CentreAway: if nothing was submitted, and the next one will not be either
        :raises CentreRefusesUs: the same, until somebody mends our account
        """
