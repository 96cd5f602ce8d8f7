# SPDX-License-Identifier: Apache-2.0
"""A text that comes from a side which does not show all of what it has at the other: what is not shown there stays.

That may be a look which its markup does not have, or the rest of a text of which its field holds only a part.

That a field took only a part is kept as an event of the ticket that has the whole: it counts for good, for by and by
the whole may become so short that its length does not tell.
"""

from __future__ import annotations

from tandem.connectors.base import Record
from tandem.core.doc import Doc
from tandem.core.mapping import to_native
from tandem.core.model import FieldState
from tandem.core.plain import from_plain, to_plain
from tandem.core.plan import Intent
from tandem.core.rules import Which
from tandem.core.values import Json, same
from tandem.errors import MappingError, TooLargeError
from tandem.markup.rejoin import MORE, rejoin, rejoin_line
from tandem.markup.relay import relay
from tandem.pipeline.environment import End
from tandem.pipeline.scene import Scene
from tandem.state import records
from tandem.state.records import Happened
from tandem.state.store import Tx

IN_PART = "the other side's field shows only a part of it"
_WHAT = "The other side shows only a part of this text, and where its change belongs in the whole cannot be told."


def note(tx: Tx, scene: Scene) -> None:
    """Keep which texts the other side shows only in part."""
    for target, hub in sorted(scene.in_part):
        source = scene.run.end(target.other)
        rule = source.rule(hub)
        if rule is not None and not rule.of_twin:
            at = scene.run.env.now()
            one = Happened(_key(hub), "field", "", at, {}, rule.native, False, "noted", IN_PART)
            records.add_event(tx, scene.run.name, source.which, scene.records[source.which].id, one)


def _key(hub: str) -> str:
    return f"in_part:{hub}"


def as_meant(tx: Tx, scene: Scene, intent: Intent, hub: str, value: Json) -> Json:
    """Give what a side is to show after the other, which may show only a part of a text, changed its part.

    Raises:
        TooLargeError: it shows a part, and where its change belongs in the whole cannot be told.
    """
    theirs, whole = (scene.hubs[which].fields.get(hub) for which in (intent.target.other, intent.target))
    if theirs is None or whole is None or not theirs.has_base or not same(value, theirs.value):
        return value
    if isinstance(theirs.base, dict) or isinstance(value, dict):
        return _text(tx, scene, intent, hub, theirs, whole)
    if isinstance(theirs.base, str) and isinstance(value, str):
        return _line(theirs.base, value, whole)
    return value


def _line(part: str, changed: str, whole: FieldState) -> Json:
    for known in (whole.value, whole.base):
        plain = to_plain(known) if isinstance(known, dict) else known
        joined = rejoin_line(plain, part, changed) if isinstance(plain, str) else None
        if joined is not None:
            part, changed = str(plain), joined
            break
    return relay(whole.base, from_plain(part), from_plain(changed)) if isinstance(whole.base, dict) else changed


def _text(tx: Tx, scene: Scene, intent: Intent, hub: str, theirs: FieldState, whole: FieldState) -> Json:
    part, changed, known = _doc(theirs.base), _doc(theirs.value), _doc(whole.base)
    joined = next((one for text in (whole.value, whole.base) if (one := rejoin(_doc(text), part, changed))), None)
    if joined is None or not same(joined, changed):
        there = intent.target.other
        sure = MORE in to_plain(part) or is_longer(scene.run.end(there), scene.records[there], hub, whole.base)
        if joined is None and sure:
            raise TooLargeError(_WHAT, fields=[hub])
        if joined is not None and (sure or _key(hub) in _keys(tx, scene, intent.target)):
            part, changed = rejoin(known, part, part) or part, joined
    value: Json = theirs.value
    new = relay(known, part, changed)
    return value if same(new, _doc(value)) else new


def _doc(value: Json) -> Doc:
    return value if isinstance(value, dict) else from_plain(str(value or ""))


def _keys(tx: Tx, scene: Scene, which: Which) -> set[str]:
    return records.known_event_keys(tx, scene.run.name, which, scene.records[which].id)


def is_longer(end: End, record: Record, hub: str, whole: Json) -> bool:
    """Tell whether a side's field cannot hold a text."""
    try:
        rule = end.rule_for(hub, record)
        to_native(rule, whole, end.terms(rule.native, record))
    except TooLargeError:
        return True
    except (MappingError, LookupError):
        pass
    return False
