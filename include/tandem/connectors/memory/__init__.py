# SPDX-License-Identifier: Apache-2.0
"""A tracker in memory and its connector: whole and strict, to try contracts and to prove the engine on.

It behaves like Jira or like Zendesk in all that the connector protocol can tell apart (:mod:`.kinds`).
"""

from tandem.connectors.memory.connector import Memory
from tandem.connectors.memory.kinds import JIRA_LIKE, ZENDESK_LIKE, Kind
from tandem.connectors.memory.tickets import Clock
from tandem.connectors.memory.tracker import Tracker

__all__ = ["JIRA_LIKE", "ZENDESK_LIKE", "Clock", "Kind", "Memory", "Tracker"]
