# SPDX-License-Identifier: Apache-2.0
"""The codes of everything that can be wrong in what people write, and what each means.

A code is never given to something else; ``docs/reference/problems.md`` is made from this table. TDM-220 to TDM-229 are
the connectors': what a tracker says when it is asked.
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    UNREADABLE = "TDM-210"
    TWICE = "TDM-211"
    NOT_PLAIN = "TDM-212"
    UNKNOWN_KEY = "TDM-213"
    MISSING = "TDM-214"
    WRONG_VALUE = "TDM-215"
    UNIT = "TDM-216"
    SCHEDULE = "TDM-217"
    NO_SUCH_FILE = "TDM-218"
    FILE_NAME = "TDM-219"
    HUB_FIELD = "TDM-230"
    NOT_FOR_KIND = "TDM-231"
    HUB_VALUE = "TDM-232"
    AMBIGUOUS = "TDM-233"
    NO_MAP = "TDM-234"
    NOT_TAKEN = "TDM-235"
    ON_CHANGE = "TDM-236"
    CLOSED = "TDM-237"
    COMMENTS_AS = "TDM-238"
    UNREFERENCED = "TDM-239"
    CREATE = "TDM-240"
    SCOPE = "TDM-241"
    EVERYTHING = "TDM-242"
    INTERNAL_OUT = "TDM-243"
    NO_CONFLICT = "TDM-244"
    NEWEST = "TDM-245"
    PEOPLE_FILE = "TDM-246"
    ALIAS = "TDM-247"
    TEMPLATE = "TDM-248"
    NOT_REVEALED = "TDM-249"
    SYSTEM = "TDM-250"
    TRANSITION = "TDM-251"
    PAIR_TWICE = "TDM-252"
    FIELD_TWICE = "TDM-253"
    PLACEHOLDER = "TDM-254"
    NEVER = "TDM-255"
    RING = "TDM-256"
    RENAMED = "TDM-257"
    FILES = "TDM-258"
    ACCOUNTS = "TDM-259"
    COMPOSED = "TDM-265"
    NOT_READ_BACK = "TDM-266"
    OUTSIDE = "TDM-267"


MEANING: dict[Code, str] = {
    Code.UNREADABLE: "The file cannot be read, or is not YAML.",
    Code.TWICE: "A key is given twice; which one is meant cannot be told.",
    Code.NOT_PLAIN: "The file uses a tag, an anchor, an alias or a key that is no word; files are plain values only.",
    Code.UNKNOWN_KEY: "There is no such key here; mostly it is misspelt.",
    Code.MISSING: "A key that must be there is missing.",
    Code.WRONG_VALUE: "The value is not one of those allowed, or of another kind.",
    Code.UNIT: "A duration (`10 min`), a size (`20 MB`) or a share (`30 %`) cannot be read.",
    Code.SCHEDULE: "The schedule is not a cron expression, or never comes.",
    Code.NO_SUCH_FILE: "A pair names a contract or an offer that does not exist.",
    Code.FILE_NAME: "A pair's file is not named after its sides, so its DAG would not be either.",
    Code.HUB_FIELD: "There is no such hub field.",
    Code.NOT_FOR_KIND: "A key of a field has no meaning for this kind of field or this tracker.",
    Code.HUB_VALUE: "A map names a hub value that does not exist.",
    Code.AMBIGUOUS: "One native value stands for two hub values, so it cannot be read.",
    Code.NO_MAP: "A field of choices has no map.",
    Code.NOT_TAKEN: "The other side can send a hub value for which this side has no native value.",
    Code.ON_CHANGE: "The tracker sets this field at creation only; the contract does not say what a later change does.",
    Code.CLOSED: "The tracker cannot do with closed tickets what the contract asks for.",
    Code.COMMENTS_AS: "The tracker has public and internal comments, and the contract does not say which it writes.",
    Code.UNREFERENCED: "Files travel, and the contract does not say what becomes of those that no text shows.",
    Code.CREATE: "The other side's new tickets cannot be created here.",
    Code.SCOPE: "An offer does not say which tickets it offers.",
    Code.EVERYTHING: "A scope takes in every ticket that the account can see (a warning).",
    Code.INTERNAL_OUT: "Internal comments would leave the company.",
    Code.NO_CONFLICT: "A conflict rule can never apply.",
    Code.NEWEST: "The newest change, or what a tracker did by itself, cannot be told: it has no readable history.",
    Code.PEOPLE_FILE: "A company's map of people is missing, or is another company's.",
    Code.ALIAS: "A person is named who is not in the map of people, or two stand for one account.",
    Code.TEMPLATE: "A heading over comments uses a name that does not exist.",
    Code.NOT_REVEALED: "A field shows something of the other side's ticket that it does not reveal (in a heading: a "
    "warning).",
    Code.SYSTEM: "There is no connector for this system.",
    Code.TRANSITION: "A transition leads to a status that the map does not name, or the tracker has no workflow.",
    Code.PAIR_TWICE: "Two pair files join the same two offers, or a pair joins an offer with itself.",
    Code.FIELD_TWICE: "Two hub fields are written into one native field.",
    Code.PLACEHOLDER: "A value of the starting file has not been filled in.",
    Code.NEVER: "A map for some places and types can never be in force.",
    Code.RING: "Pairs that form a ring have conflict rules for one field that do not go together.",
    Code.RENAMED: "What the contract calls by name has another name in the tracker by now (a warning).",
    Code.ACCOUNTS: "The people file names accounts that were deactivated, or are none there (a warning).",
    Code.FILES: "Files are offered that nobody will send, or that nobody takes (a warning).",
    Code.COMPOSED: "A template holds what may not stand in one, or names a field that is not shared that way.",
    Code.NOT_READ_BACK: "A native value is written that the map cannot read.",
    Code.OUTSIDE: "What is created here would not be in the offer's own scope (a warning).",
}
