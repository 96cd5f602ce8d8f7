# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.errors import ConfigurationError, StateError
from tandem.state.vault import Vault, keys_from_environment, new_keys, origin_of

CONTENT, HASH = new_keys()
VAULT = Vault([CONTENT], HASH)
ORIGIN = "0123456789abcdef0123456789abcdef"
any_text = st.text(st.characters())  # lone surrogates and NUL too
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_what_was_sealed_opens_as_it_was(value):
    assert VAULT.open(VAULT.seal(value)) == value


def test_sealed_text_shows_nothing_of_the_value():
    sealed = VAULT.seal({"name": "Elaine Marley"})
    assert "Elaine" not in sealed
    assert sealed != VAULT.seal({"name": "Elaine Marley"})


def test_another_key_is_refused_with_the_way_out_and_without_the_value():
    other = Vault([new_keys()[0]], HASH)
    with pytest.raises(StateError) as refused:
        other.open(VAULT.seal("secret"))
    assert refused.value.code == "TDM-307"
    assert "TANDEM_CONTENT_KEYS" in refused.value.fix
    assert "secret" not in str(refused.value)


def test_a_tampered_text_is_refused():
    sealed = VAULT.seal("value")
    middle = len(sealed) // 2
    with pytest.raises(StateError):
        VAULT.open(sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :])


def test_the_first_key_writes_and_all_read():
    newer = new_keys()[0]
    both = Vault([newer, CONTENT], HASH)
    assert both.open(VAULT.seal("old")) == "old"
    assert Vault([newer], HASH).open(both.seal("new")) == "new"


def test_renewing_puts_a_text_under_the_first_key_once():
    newer = new_keys()[0]
    both, alone = Vault([newer, CONTENT], HASH), Vault([newer], HASH)
    renewed = both.renewed(VAULT.seal("old"))
    assert renewed is not None
    assert alone.open(renewed) == "old"
    assert both.renewed(renewed) is None
    with pytest.raises(StateError):
        alone.renewed(VAULT.seal("old"))


def test_digests_and_marks_outlive_the_content_key():
    rotated = Vault([new_keys()[0]], HASH)
    assert rotated.digest("a") == VAULT.digest("a")
    assert rotated.mark(ORIGIN, "jira", "1") == VAULT.mark(ORIGIN, "jira", "1")
    assert Vault([CONTENT], new_keys()[1]).digest("a") != VAULT.digest("a")


@given(any_text, any_text, any_text, any_text)
def test_a_mark_is_valid_for_its_source_alone(system, native, other_system, other_native):
    mark = VAULT.mark(ORIGIN, system, native)
    assert VAULT.verify(mark, other_system, other_native) == ((system, native) == (other_system, other_native))
    assert origin_of(mark) == ORIGIN


def test_a_foreign_mark_is_told_from_ours():
    foreign = Vault([CONTENT], new_keys()[1]).mark(ORIGIN, "jira", "1")
    assert origin_of(foreign) == ORIGIN
    assert not VAULT.verify(foreign, "jira", "1")


@pytest.mark.parametrize("text", [None, "", "ERP-1234", ORIGIN, f"{ORIGIN}:", f"{ORIGIN}:{'g' * 64}", "x" * 97])
def test_a_text_of_people_is_no_mark(text):
    assert origin_of(text) is None


def test_keys_come_from_the_environment():
    older = new_keys()[0]
    found = keys_from_environment({"TANDEM_CONTENT_KEYS": f" {CONTENT} , {older},", "TANDEM_HASH_KEY": HASH})
    assert found.open(Vault([older], HASH).seal(1)) == 1
    assert VAULT.open(found.seal(2)) == 2


def test_missing_and_broken_keys_are_named_all_at_once_and_never_shown():
    environment = {"TANDEM_CONTENT_KEYS": f"{CONTENT},much-too-short"}
    with pytest.raises(ConfigurationError) as refused:
        keys_from_environment(environment)
    assert [problem.key for problem in refused.value.problems] == ["TANDEM_CONTENT_KEYS", "TANDEM_HASH_KEY"]
    assert "Key 2" in refused.value.problems[0].what
    assert "`tandem keys new`" in refused.value.problems[0].fix
    assert "much-too-short" not in str(refused.value)
    with pytest.raises(ConfigurationError):
        keys_from_environment({})


def test_a_vault_does_not_show_its_keys():
    assert CONTENT not in repr(VAULT)
    assert HASH not in repr(VAULT)
