# SPDX-License-Identifier: Apache-2.0
"""What stands before every Jira Cloud site adds to each answer: header names of recorded answers, in their forms."""

import uuid

_REPORT = '{"endpoints": [{"url": "https://edge.example"}], "group": "endpoint-1", "max_age": 600}'
_CONSTANT = {
    "Server": "AtlassianEdge",
    "Timing-Allow-Origin": "*",
    "Cache-Control": "no-cache, no-store, no-transform",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "X-Xss-Protection": "1; mode=block",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
    "Report-To": _REPORT,
    "Nel": '{"failure_fraction": 0.001, "include_subdomains": true, "max_age": 600, "report_to": "endpoint-1"}',
    "Server-Timing": 'atl-edge;dur=14,atl-edge-internal;dur=3,atl-edge-upstream;dur=11,atl-edge-pop;desc="local"',
}


def headers() -> dict[str, str]:
    """Make the headers of one answer; its ids are new each time."""
    trace = uuid.uuid4()
    return _CONSTANT | {
        "X-Arequestid": uuid.uuid4().hex,
        "Atl-Traceid": trace.hex,
        "Atl-Request-Id": str(trace),
        "Set-Cookie": f"atlassian.xsrf.token={uuid.uuid4().hex}_lin; Path=/; SameSite=None; Secure",
    }
