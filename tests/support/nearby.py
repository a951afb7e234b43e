"""Calls over HTTP to a server on this machine.

To make ready for TLS, which none of them needs, takes httpx twenty times as long as the call.
"""

from __future__ import annotations

from functools import partial

import httpx

get = partial(httpx.get, verify=False)
post = partial(httpx.post, verify=False)
put = partial(httpx.put, verify=False)
request = partial(httpx.request, verify=False)
Client = partial(httpx.Client, verify=False)
