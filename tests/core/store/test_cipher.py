from __future__ import annotations

import base64
from pathlib import Path

import pytest

from crossdock.errors import ConfigError
from crossdock.store.cipher import Key, need_key, open_sealed

BYTES = bytes(range(32))
TEXT = base64.b64encode(BYTES).decode()


def test_key_opens_what_it_sealed(key):
    sealed = key.seal(b"hush", table="secrets", name="a")

    assert key.open(sealed, table="secrets", name="a") == b"hush"
    assert b"hush" not in sealed


def test_key_seals_the_same_differently_each_time(key):
    assert key.seal(b"hush", table="secrets", name="a") != key.seal(b"hush", table="secrets", name="a")


@pytest.mark.parametrize(("table", "name"), [("secrets", "b"), ("tokens", "a")])
def test_sealed_value_does_not_open_in_another_row(key, table, name):
    sealed = key.seal(b"hush", table="secrets", name="a")

    with pytest.raises(ConfigError, match="changed or moved"):
        key.open(sealed, table=table, name=name)


@pytest.mark.parametrize("position", [0, 12, -1])
def test_sealed_value_does_not_open_when_a_byte_flips(key, position):
    sealed = bytearray(key.seal(b"hush", table="secrets", name="a"))
    sealed[position] ^= 1

    with pytest.raises(ConfigError, match="changed or moved"):
        key.open(bytes(sealed), table="secrets", name="a")


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 12])
def test_sealed_value_does_not_open_when_it_is_cut(key, sealed):
    with pytest.raises(ConfigError, match="changed or moved"):
        key.open(sealed, table="secrets", name="a")


def test_key_shows_nothing_of_itself(key):
    assert repr(key) == f"Key(id='{key.id}')"
    assert key.to_text() not in repr(key)
    assert key.id not in BYTES.hex()


def test_generated_keys_differ():
    assert Key.generate().id != Key.generate().id


@pytest.mark.parametrize(
    "text",
    [TEXT, TEXT.rstrip("="), BYTES.hex(), BYTES.hex().upper(), f"  {TEXT}\n", base64.urlsafe_b64encode(BYTES).decode()],
)
def test_key_reads_base64_and_hex(key, text):
    assert Key.parse(text, where="here").id == key.id


@pytest.mark.parametrize(
    "text", ["", "correct horse battery staple", "00" * 31, "zz" * 32, TEXT[:-4], TEXT + "AAAA", "ü"]
)
def test_key_refuses_what_is_no_key_and_does_not_repeat_it(text):
    with pytest.raises(ConfigError) as caught:
        Key.parse(text, where="CROSSDOCK_KEY")

    assert "CROSSDOCK_KEY" in caught.value.message
    assert not text or text not in caught.value.message + str(caught.value.fix)


def test_key_is_none_when_nothing_is_given(tmp_path):
    assert Key.load({}, None) is None
    assert Key.load({}, tmp_path) is None


def test_key_comes_from_the_credential_before_the_file_before_the_variable(tmp_path):
    credential, file, variable = Key.generate(), Key.generate(), Key.generate()
    directory = tmp_path / "credentials"
    directory.mkdir()
    (directory / "crossdock.key").write_text(credential.to_text())
    env = {"CROSSDOCK_KEY_FILE": str(strict(tmp_path / "key", file.to_text())), "CROSSDOCK_KEY": variable.to_text()}

    found = [
        Key.load(env, directory),
        Key.load(env, None),
        Key.load({"CROSSDOCK_KEY": variable.to_text()}, tmp_path),
    ]

    assert [one.id for one in found if one] == [credential.id, file.id, variable.id]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_key_file_that_others_may_touch_is_refused(tmp_path, mode):
    file = strict(tmp_path / "key", TEXT)
    file.chmod(mode)

    with pytest.raises(ConfigError, match="others than its owner") as caught:
        Key.load({"CROSSDOCK_KEY_FILE": str(file)}, None)

    assert caught.value.fix == f"`chmod 600 {file}`"


def test_key_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere cannot be read: No such file"):
        Key.load({"CROSSDOCK_KEY_FILE": str(tmp_path / "nowhere")}, None)


def test_key_file_of_other_bytes_is_refused(tmp_path):
    file = strict(tmp_path / "key", "")
    file.write_bytes(bytes(range(128, 160)))

    with pytest.raises(ConfigError, match="holds no key"):
        Key.load({"CROSSDOCK_KEY_FILE": str(file)}, None)


def test_empty_variable_is_an_error_and_not_no_key():
    with pytest.raises(ConfigError, match="CROSSDOCK_KEY holds no key"):
        Key.load({"CROSSDOCK_KEY": ""}, None)


def test_wrong_key_names_the_needed_and_the_given_one(key):
    sealed, other = key.seal(b"hush", table="secrets", name="a"), Key.generate()

    with pytest.raises(ConfigError, match=f"secret a needs key {key.id}, but key {other.id} was given"):
        open_sealed(other, sealed, key_id=key.id, table="secrets", name="a")


def test_missing_key_names_the_needed_one_and_how_to_give_it(key):
    sealed = key.seal(b"hush", table="tokens", name="shop")

    with pytest.raises(ConfigError, match=f"token of shop needs key {key.id}, and no key") as caught:
        open_sealed(None, sealed, key_id=key.id, table="tokens", name="shop")

    assert "CROSSDOCK_KEY_FILE" in str(caught.value.fix)


def test_need_key_says_what_for():
    with pytest.raises(ConfigError, match="storing secret a needs a key"):
        need_key(None, "storing secret a")


def strict(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path
