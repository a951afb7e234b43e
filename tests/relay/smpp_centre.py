"""A tiny SMPP centre, out of smpplib's own PDUs."""

from __future__ import annotations

import contextlib
import itertools
import queue
import socket
import struct
import threading

from smpplib import consts, smpp


class _Peer:
    """What smpplib's PDUs ask of the side that makes them."""

    def __init__(self):
        self._numbers = itertools.count(1)
        self.sequence = 0

    def next_sequence(self):
        self.sequence = next(self._numbers)
        return self.sequence


class SmppCentre:
    """Takes one session at a time. `statuses` are what the next submit_sm are answered."""

    def __init__(self, *, password="fiction8"):
        self.taken, self.statuses, self.answered = [], [], queue.Queue()
        self.is_mute = False
        self._password, self._peer = password, _Peer()
        self._numbers = itertools.count(1)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._session = None
        self._thread = threading.Thread(target=self._serve)

    @property
    def port(self):
        return self._listener.getsockname()[1]

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        self._thread.join()

    def hang_up(self):
        """Drop the session."""
        session = self._session
        if session is not None:
            with contextlib.suppress(OSError):  # it may be leaving by itself just now
                session.shutdown(socket.SHUT_RDWR)

    def deliver(self, **facts):
        """Send a deliver_sm and wait until it is answered."""
        given = {"source_addr": "8613900000001", "destination_addr": "10690000", **facts}
        given.setdefault("source_addr_ton", consts.SMPP_TON_INTL)
        self._send(smpp.make_pdu("deliver_sm", client=self._peer, **given))
        return self.answered.get(timeout=10)

    def receipt(self, provider_id, stat, **facts):
        text = f"id:{provider_id} sub:001 dlvrd:001 stat:{stat} err:000 Text:hello".encode()
        return self.deliver(esm_class=4, short_message=text, **facts)

    def _serve(self):
        while True:
            try:
                self._session, _ = self._listener.accept()
            except OSError:
                return
            try:
                self._attend()
            except OSError:
                continue
            finally:
                self._session.close()
                self._session = None

    def _attend(self):
        while (head := self._session.recv(4)) and len(head) == 4:
            body = self._session.recv(struct.unpack(">L", head)[0] - 4, socket.MSG_WAITALL)
            asked = smpp.parse_pdu(head + body, client=self._peer, allow_unknown_opt_params=True)
            if asked.command == "unbind":
                self._answer(asked, "unbind_resp")
                return
            self._take(asked)

    def _take(self, asked):
        if asked.command == "bind_transceiver":
            is_known = asked.password == self._password.encode()
            status = consts.SMPP_ESME_ROK if is_known else consts.SMPP_ESME_RINVPASWD
            self._answer(asked, "bind_transceiver_resp", status=status, system_id="centre")
        elif asked.command == "submit_sm":
            self._take_message(asked)
        elif asked.command == "enquire_link":
            self._answer(asked, "enquire_link_resp")
        elif asked.command == "deliver_sm_resp":
            self.answered.put(asked.status)

    def _take_message(self, asked):
        if self.is_mute:
            self.taken.append(asked)
            return
        status = self.statuses.pop(0) if self.statuses else consts.SMPP_ESME_ROK
        if status == consts.SMPP_ESME_ROK:
            self.taken.append(asked)
        message_id = f"c{next(self._numbers)}"
        self._answer(asked, "submit_sm_resp", status=status, message_id=message_id)

    def _answer(self, asked, command, *, status=consts.SMPP_ESME_ROK, **facts):
        pdu = smpp.make_pdu(command, client=self._peer, status=status, **facts)
        pdu.status = status
        pdu.sequence = asked.sequence
        self._send(pdu)

    def _send(self, pdu):
        self._session.sendall(pdu.generate())
