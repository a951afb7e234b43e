"""An SMPP centre: one session, bound as transceiver, for messages, receipts and inbound."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from smpplib import client, consts, exceptions, smpp

from gateway_relay.centres import CentreAway, CentreRefusesUs
from gateway_relay.centres.receipts import take_deliver_sm
from gateway_relay.centres.texts import Parts, split
from gateway_relay.crm import Backoff
from gateway_relay.logs import note, warn
from gateway_relay.values import Outcome, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway_relay.journal import Journal
    from gateway_relay.settings import Settings
    from gateway_relay.values import Message

BUSY: Final = {
    *(consts.SMPP_ESME_RMSGQFUL, consts.SMPP_ESME_RTHROTTLED, consts.SMPP_ESME_RSYSERR),
}
BAD_ACCOUNT: Final = {consts.SMPP_ESME_RINVPASWD, consts.SMPP_ESME_RINVSYSID}
LINK_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that waits for the centre's answer."""

    reference: str
    part: int
    parts: int
    status: Future[tuple[int, str]]


class _Session(client.Client):
    """A session whose threads take turns in sending: a PDU is never broken by another."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            host,
            port,
            timeout=LINK_SECONDS,
            logger_name="gateway_relay.smpplib",
            allow_unknown_opt_params=True,
        )
        self.turn = threading.RLock()

    def send_pdu(self, p: Any) -> Any:
        with self.turn:
            return super().send_pdu(p)

    def next_sequence(self) -> Any:
        with self.turn:
            return super().next_sequence()


class Smpp:
    """A centre that is reached by SMPP. The session's own thread reads; workers send."""

    def __init__(self, settings: Settings, journal: Journal, *, heard: Callable[[], None]) -> None:
        self._settings, self._journal, self._heard = settings, journal, heard
        self._waiting: dict[int, _Part] = {}
        self._session: _Session | None = None
        self._refusal = ""
        self._stopping = threading.Event()
        self._tried = threading.Event()
        self._thread = threading.Thread(target=self._stay_bound, name="smpp")

    def start(self) -> None:
        """Bind, and wait for how that went."""
        self._thread.start()
        self._tried.wait(self._settings.submit_timeout)

    def stop(self) -> None:
        """Unbind."""
        self._stopping.set()
        session = self._session
        if session is not None:
            with suppress(exceptions.ConnectionError, exceptions.PDUError):
                session.send_pdu(smpp.make_pdu("unbind", client=session))
        self._thread.join()

    def submit(self, message: Message) -> Outcome:
        """Submit the parts of a message, one after the other."""
        session = self._session
        if self._refusal:
            raise CentreRefusesUs(self._refusal)
        if session is None:
            raise CentreAway("not bound")
        try:
            parts = split(message.text, encoding=message.encoding)
        except ValueError as error:
            return Outcome(state=State.REJECTED, error=type(error).__name__)
        first = ""
        for number in range(1, len(parts.bodies) + 1):
            status, provider_id = self._send(session, message, parts, number)
            if status != consts.SMPP_ESME_ROK:
                return _refused(status, is_first=number == 1)
            first = first or provider_id
        return Outcome(state=State.SUBMITTED, provider_id=first)

    def _send(
        self, session: _Session, message: Message, parts: Parts, number: int
    ) -> tuple[int, str]:
        pdu = smpp.make_pdu(
            "submit_sm",
            client=session,
            **_addresses(message),
            esm_class=parts.esm_class,
            data_coding=parts.data_coding,
            short_message=parts.bodies[number - 1],
            registered_delivery=1,
            validity_period=_validity(message.seconds_to_live),
        )
        answer: Future[tuple[int, str]] = Future()
        self._waiting[pdu.sequence] = _Part(message.reference, number, len(parts.bodies), answer)
        try:
            session.send_pdu(pdu)
            return answer.result(self._settings.submit_timeout)
        except (exceptions.ConnectionError, exceptions.PDUError, TookTooLong):
            return _NO_ANSWER
        finally:
            self._waiting.pop(pdu.sequence, None)

    def _stay_bound(self) -> None:
        backoff = Backoff()
        while not self._stopping.is_set() and not self._refusal:
            session = _Session(self._settings.smpp_host, self._settings.smpp_port)
            try:
                self._bind(session)
                backoff.reset()
                self._listen(session)
            except (OSError, exceptions.ConnectionError, exceptions.PDUError) as error:
                warn("smpp_session_lost", error=type(error).__name__)
                if len(error.args) > 1 and error.args[1] in BAD_ACCOUNT:
                    self._refusal = str(error.args[0])
            finally:
                self._leave(session)
            self._stopping.wait(backoff.next_delay())

    def _bind(self, session: _Session) -> None:
        session.connect()
        session.set_message_sent_handler(self._take_answer)
        session.set_message_received_handler(self._take_deliver_sm)
        session.set_error_pdu_handler(_leave_to_its_handler)
        session.bind_transceiver(
            system_id=self._settings.smpp_system_id,
            password=self._settings.smpp_password,
            interface_version=0x34,
        )
        self._session = session
        self._tried.set()
        note("smpp_bound")

    def _listen(self, session: _Session) -> None:
        is_asked = False
        while session.state != consts.SMPP_CLIENT_STATE_OPEN:
            try:
                session.read_once(auto_send_enquire_link=False)
                is_asked = False
            except TimeoutError:
                if is_asked:
                    raise
                session.send_pdu(smpp.make_pdu("enquire_link", client=session))
                is_asked = True

    def _leave(self, session: _Session) -> None:
        self._session = None
        self._tried.set()
        session.state = consts.SMPP_CLIENT_STATE_OPEN
        session.disconnect()
        for part in list(self._waiting.values()):
            if not part.status.done():
                part.status.set_result(_NO_ANSWER)

    def _take_answer(self, pdu: Any) -> None:
        part = self._waiting.get(pdu.sequence)
        if part is None:
            return  # too late: it counts as unknown, and its receipt may settle it
        provider_id = (pdu.message_id or b"").decode("latin-1")
        if pdu.status == consts.SMPP_ESME_ROK:
            # Before the next PDU is read: that may be its receipt.
            self._journal.note_part(
                provider_id, reference=part.reference, part=part.part, parts=part.parts
            )
        part.status.set_result((pdu.status, provider_id))

    def _take_deliver_sm(self, pdu: Any) -> None:
        take_deliver_sm(pdu, self._journal)
        self._heard()


_NO_ANSWER: Final = (-1, "")


def _leave_to_its_handler(_pdu: Any) -> None:
    """Let an answer that refuses reach whoever waits for it."""


def _refused(status: int, *, is_first: bool) -> Outcome:
    """Tell what a refused part makes of its message: once one part is out, a doubt."""
    if status == _NO_ANSWER[0] or not is_first:
        return Outcome(state=State.UNKNOWN, error=f"smpp {status}")
    state = State.RETRY if status in BUSY else State.REJECTED
    return Outcome(state=state, error=f"smpp {status:#x}")


def _addresses(message: Message) -> dict[str, Any]:
    is_number = message.sender.isdigit()
    return {
        "source_addr_ton": consts.SMPP_TON_UNK if is_number else consts.SMPP_TON_ALNUM,
        "source_addr_npi": consts.SMPP_NPI_ISDN if is_number else consts.SMPP_NPI_UNK,
        "source_addr": message.sender,
        "dest_addr_ton": consts.SMPP_TON_INTL,
        "dest_addr_npi": consts.SMPP_NPI_ISDN,
        "destination_addr": message.to.lstrip("+"),
    }


def _validity(seconds: int) -> str:
    """Return a validity period as SMPP writes it: relative, to the second."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"0000{min(days, 30):02}{hour:02}{minute:02}{second:02}000R"
