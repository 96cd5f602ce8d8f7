# SPDX-License-Identifier: Apache-2.0
"""HTTP as every connector needs it: what may be repeated is, what may not never is, and nothing private is told.

Reads are repeated after a failure. Writes never are: an answer that was lost is an ``UnknownOutcomeError``, and its
writer looks the thing up. Only "too many requests" says that nothing was done, so after it a write is sent again.
Messages and logs name method, path and status; never a query's values, a body or a header.
"""

from tandem.http.addresses import REDIRECTS, origin
from tandem.http.bodies import Body, parsed
from tandem.http.client import Http
from tandem.http.sending import READ_WAITS, TRIES

__all__ = ["READ_WAITS", "REDIRECTS", "TRIES", "Body", "Http", "origin", "parsed"]
