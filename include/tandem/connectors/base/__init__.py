# SPDX-License-Identifier: Apache-2.0
"""The connector protocol: all that the engine asks of a tracker, in the tracker's own terms.

Glossary: a *record* is a ticket as its tracker shows it, fields under their native names, each value in the
connector's one flat form (choices, people and places as ids; rich text as the tracker's native value; sets as sorted
lists; days and times as ISO 8601, times in UTC; empty as ``None``; a field that was not asked for is absent). A
*version* is an opaque text; the versions of one ticket sort as texts in the order of its changes. A *mark* is an
opaque text that we give to a write and that the tracker gives back when the thing written is read: the engine
recognises its own work by it.

A connector holds no mapping, no state that outlives it and no Airflow object. One item's failure is an
``Outcome.error``; an exception means that the call as a whole failed. Nothing that ``Needs`` does not name leaves a
connector: what a tracker answers beyond it is dropped on the answer itself.
"""

from tandem.connectors.base.about import (
    Author,
    Capabilities,
    Condition,
    Cursor,
    Edge,
    FieldInfo,
    Needs,
    Preflight,
    SystemTraits,
    Way,
)
from tandem.connectors.base.protocol import NOTHING, Connector, Facts, Recalls, Remembers
from tandem.connectors.base.reading import (
    Away,
    Comment,
    Delta,
    Entry,
    File,
    History,
    Known,
    Page,
    Record,
    Seen,
    nothing_known,
)
from tandem.connectors.base.writing import Draft, Edit, Move, Note, Outcome, Patch, Redaction, Upload, settled

__all__ = [
    "NOTHING",
    "Author",
    "Away",
    "Capabilities",
    "Comment",
    "Condition",
    "Connector",
    "Cursor",
    "Delta",
    "Draft",
    "Edge",
    "Edit",
    "Entry",
    "Facts",
    "FieldInfo",
    "File",
    "History",
    "Known",
    "Move",
    "Needs",
    "Note",
    "Outcome",
    "Page",
    "Patch",
    "Preflight",
    "Recalls",
    "Record",
    "Redaction",
    "Remembers",
    "Seen",
    "SystemTraits",
    "Upload",
    "Way",
    "nothing_known",
    "settled",
]
