"""Bundles that are signed, and machines that take no others."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typer.testing import CliRunner, Result

from assistant.cli.application import build
from assistant.core.errors import (
    AssistantError,
    BundleInvalid,
    BundleUntrusted,
    HashMismatch,
    InvalidInput,
    KeyInvalid,
)
from assistant.weights import WeightsStore
from assistant.weights.bundle import install_bundle, write_bundle
from assistant.weights.packages import install_package
from assistant.weights.pull import pull_models
from assistant.weights.signing import (
    TrustedKeys,
    make_key,
    read_private_key,
    read_trusted_keys,
)
from tests.weights.conftest import CONFIG, entry, sha256, url_source
from tests.weights.test_bundle import FILES, GOOD, Members, described, make_bundle

TOY_PACKAGE = Path(__file__).parents[1] / "fixtures" / "argos" / "translate-fr_en-toy.argosmodel"


@pytest.fixture
def offline(store_of: Callable[..., WeightsStore]) -> WeightsStore:
    """Give an empty store whose catalogue has `small` from a place that does not exist."""
    return store_of(entry("small", url_source("https://models.invalid")), directory="offline")


@pytest.fixture
def key() -> Ed25519PrivateKey:
    """Give a key that is trusted."""
    return Ed25519PrivateKey.generate()


@pytest.fixture
def trusted(key: Ed25519PrivateKey) -> TrustedKeys:
    """Give its public part."""
    return TrustedKeys((key.public_key(),))


@pytest.fixture
def signed(small: WeightsStore, key: Ed25519PrivateKey, tmp_path: Path) -> Path:
    """Give a signed bundle of `small`."""
    pull_models(small, ["small"])
    archive = tmp_path / "weights.tar"
    write_bundle(small, ["small"], archive, key=key)
    return archive


def members_of(archive: Path) -> Members:
    with tarfile.open(archive) as tar:
        return {member.name: (tar.extractfile(member) or io.BytesIO()).read() for member in tar}


def rewritten(archive: Path, members: Members) -> Path:
    """Return a bundle of other members in the same order."""
    index = members.pop("bundle.json")
    assert isinstance(index, bytes)
    return make_bundle(archive.with_name("rewritten.tar"), json.loads(index), members)


def pem_of(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_a_signed_bundle_is_installed_with_and_without_the_key(
    signed: Path, offline: WeightsStore, trusted: TrustedKeys, store_of: Callable[..., WeightsStore]
) -> None:
    """Machines without a key take signed bundles as well, as far as the catalogue knows what is in them."""
    assert install_bundle(offline, signed, trusted=trusted) == ("small",)
    careless = store_of(entry("small", url_source("https://models.invalid")), directory="careless")
    assert install_bundle(careless, signed) == ("small",)


def test_the_same_weights_and_key_make_the_same_bundle(
    signed: Path, small: WeightsStore, key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    """Ed25519 has no chance in it."""
    write_bundle(small, ["small"], tmp_path / "again.tar", key=key)
    assert (tmp_path / "again.tar").read_bytes() == signed.read_bytes()


def altered(archive: Path) -> dict[str, Callable[[], Path]]:
    """Return what makes altered bundles of a signed one, by what was done to it."""

    def with_members(**changes: bytes) -> Path:
        return rewritten(archive, {**members_of(archive), **changes})

    def index_changed() -> Path:
        members = members_of(archive)
        index = members["bundle.json"]
        assert isinstance(index, bytes)
        changed = index.replace(b'"licence": "MIT"', b'"licence": "BSD"')
        assert changed != index
        # Written as it was, byte by byte, but for the one word.
        path = archive.with_name("index.tar")
        with tarfile.open(path, "w") as tar:
            for name, content in (members | {"bundle.json": changed}).items():
                member = tarfile.TarInfo(name)
                assert isinstance(content, bytes)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return path

    def unsigned() -> Path:
        members = members_of(archive)
        del members["bundle.sig"]
        return rewritten(archive, members)

    def other_bundle_other_files() -> Path:
        other = FILES | {"model.bin": b"another"}
        members: Members = {"bundle.sig": members_of(archive)["bundle.sig"]}
        return make_bundle(
            archive.with_name("other.tar"), described(other), members | GOOD | {"small/model.bin": b"another"}
        )

    def file_swapped() -> Path:
        content = archive.read_bytes()
        path = archive.with_name("swapped.tar")
        path.write_bytes(content.replace(CONFIG, CONFIG.replace(b"2", b"3")))
        return path

    def truncated() -> Path:
        path = archive.with_name("short.tar")
        path.write_bytes(archive.read_bytes()[:200_000])
        return path

    return {
        "no signature": unsigned,
        "index changed": index_changed,
        "signature of another bundle": other_bundle_other_files,
        "signature of zeros": lambda: with_members(**{"bundle.sig": bytes(64)}),
        "signature cut short": lambda: with_members(**{"bundle.sig": bytes(63)}),
        "file swapped": file_swapped,
        "truncated": truncated,
    }


@pytest.mark.parametrize("allow", [False, True])
@pytest.mark.parametrize("case", list(altered(Path())))
def test_unsigned_and_altered_bundles_install_nothing(
    signed: Path,
    offline: WeightsStore,
    trusted: TrustedKeys,
    case: str,
    allow: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Whatever was done to a bundle, nothing of it is installed, and no flag helps it."""
    with pytest.raises(AssistantError) as refused:
        install_bundle(offline, altered(signed)[case](), trusted=trusted, allow_unknown_hash=allow)
    assert isinstance(refused.value, (BundleUntrusted, BundleInvalid, HashMismatch))
    assert offline.installed() == ()
    assert not list(offline.directory.glob(".staging-*"))


def test_another_key_is_not_enough_and_one_of_several_is(
    signed: Path, offline: WeightsStore, trusted: TrustedKeys
) -> None:
    """Keys can follow each other: both are trusted for a while."""
    other = Ed25519PrivateKey.generate().public_key()
    with pytest.raises(BundleUntrusted):
        install_bundle(offline, signed, trusted=TrustedKeys((other,)))
    assert install_bundle(offline, signed, trusted=TrustedKeys((other, *trusted.keys))) == ("small",)


def test_the_signature_is_checked_before_anything_is_read_out_of_the_index(
    offline: WeightsStore, trusted: TrustedKeys, tmp_path: Path
) -> None:
    """An index that cannot even be parsed is refused for its signature, so no parser saw it."""
    path = tmp_path / "bad.tar"
    with tarfile.open(path, "w") as tar:
        for name, content in {"bundle.json": b"[" * 100_000, "bundle.sig": bytes(64)}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    with pytest.raises(BundleUntrusted):
        install_bundle(offline, path, trusted=trusted)
    with pytest.raises(BundleInvalid):
        install_bundle(offline, path)


def test_a_signature_vouches_for_what_the_catalogue_lacks(
    offline: WeightsStore, key: Ed25519PrivateKey, trusted: TrustedKeys, tmp_path: Path
) -> None:
    """But never against what the catalogue knows otherwise."""

    def bundle(name: str, files: dict[str, bytes]) -> Path:
        index = described(files, name)
        signature = key.sign(json.dumps(index).encode())
        members: Members = {"bundle.sig": signature}
        members |= {f"{name}/{path}": content for path, content in files.items()}
        return make_bundle(tmp_path / f"{name}.tar", index, members)

    assert install_bundle(offline, bundle("own", FILES), trusted=trusted) == ("own",)
    with pytest.raises(HashMismatch):
        install_bundle(offline, bundle("small", FILES | {"model.bin": b"another"}), trusted=trusted)


def bombs(folder: Path) -> dict[str, Path]:
    """Return archives that would cost more than they are long."""
    huge = 1 << 42
    index = described({"model.bin": b""})
    index["models"][0]["files"][0]["size_bytes"] = huge
    content = json.dumps(index).encode()
    first = tarfile.TarInfo("bundle.json")
    first.size = len(content)
    head = first.tobuf() + content + bytes(-len(content) % 512)

    sparse = tarfile.TarInfo("small/model.bin")
    sparse.type, sparse.size = tarfile.GNUTYPE_SPARSE, 0
    block = bytearray(sparse.tobuf(tarfile.GNU_FORMAT))
    block[483:495] = b"\x80" + (huge).to_bytes(11, "big")  # the length that it claims once unpacked
    block[148:156] = b"        "
    block[148:156] = b"%06o\x00 " % sum(block)

    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, 1 << 32

    chain = tarfile.TarInfo("././@LongLink")
    chain.type, chain.size = tarfile.GNUTYPE_LONGNAME, 8
    link = chain.tobuf(tarfile.GNU_FORMAT) + b"name\x00".ljust(512, b"\x00")
    made = {
        "holes": head + bytes(block) + bytes(1024),
        "an endless header": head + header.tobuf(tarfile.USTAR_FORMAT) + bytes(1024),
        "headers upon headers": head + link * 3000 + bytes(1024),
    }
    paths = {}
    for name, archive in made.items():
        paths[name] = folder / f"{name.replace(' ', '-')}.tar"
        paths[name].write_bytes(archive)
    return paths


@pytest.mark.parametrize("case", ["holes", "an endless header", "headers upon headers"])
def test_an_archive_costs_no_more_than_it_is_long(offline: WeightsStore, tmp_path: Path, case: str) -> None:
    """Claims of terabytes are refused before a byte of them is written or held in memory."""
    with pytest.raises(BundleInvalid):
        install_bundle(offline, bombs(tmp_path)[case], allow_unknown_hash=True)
    assert offline.installed() == ()


def test_a_compressed_bundle_is_refused(signed: Path, offline: WeightsStore) -> None:
    """What a compressed archive unpacks to is known only afterwards."""
    packed = signed.with_name("weights.tar.gz")
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(signed, "bundle.json")
    with pytest.raises(BundleInvalid, match="weights"):
        install_bundle(offline, packed)


def test_single_packages_need_a_hash_of_the_catalogue(store_of: Callable[..., WeightsStore]) -> None:
    """Where only what is known is taken, a package that nobody vouches for is not even unpacked."""
    tried: list[Path] = []
    with pytest.raises(BundleUntrusted, match="signed bundle"):
        install_package(store_of(), TOY_PACKAGE, try_out=tried.append, only_known=True)
    assert tried == []
    known = f"""
[[models]]
name = "translate-fr-en"
title = "Toy"
kind = "translation"
languages = ["fr", "en"]
memory_bytes = 1000
licence = "MIT"
attribution = "Made up for a test."
homepage = "https://models.example"

[[models.sources]]
kind = "archive"
url = "https://models.invalid/toy.argosmodel"
size_bytes = {TOY_PACKAGE.stat().st_size}
sha256 = "{sha256(TOY_PACKAGE.read_bytes())}"
"""
    store = store_of(known, directory="known")
    assert install_package(store, TOY_PACKAGE, only_known=True) == ("translate-fr-en", True)


def test_a_directory_needs_hashes_of_the_catalogue_too(
    store_of: Callable[..., WeightsStore], tmp_path: Path
) -> None:
    """A Firefox model that nobody vouches for is copied, hashed and thrown away, but not tried out."""
    model = tmp_path / "enfr"
    model.mkdir()
    for name in ("model.enfr.bin", "vocab.enfr.spm"):
        (model / name).write_bytes(b"whatever")
    tried: list[Path] = []
    store = store_of()
    with pytest.raises(BundleUntrusted):
        install_package(store, model, pair="en-fr", try_out=tried.append, only_known=True)
    assert (tried, store.installed()) == ([], ())


# --- keys ----------------------------------------------------------------------------------------


def test_a_private_key_is_for_its_owner(tmp_path: Path) -> None:
    """It is made so, is never overwritten, and is refused where others could read it."""
    path = tmp_path / "bundles.key"
    public = make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert pem_of(read_private_key(path).public_key()) == public
    with pytest.raises(KeyInvalid, match="already"):
        make_key(path)
    path.chmod(0o640)
    with pytest.raises(KeyInvalid, match="chmod 600"):
        read_private_key(path)


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n"])
def test_a_bad_private_key_is_refused_without_its_content(tmp_path: Path, content: bytes) -> None:
    """The sentence names the file and nothing that was in it."""
    path = tmp_path / "bad.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyInvalid) as refused:
        read_private_key(path)
    assert "c2VjcmV0" not in refused.value.message
    with pytest.raises(KeyInvalid):
        read_private_key(tmp_path / "absent.key")


def test_public_keys_are_text_base64_or_files(key: Ed25519PrivateKey, tmp_path: Path) -> None:
    """Each way of writing them leads to the same key; a file may have several."""
    public = key.public_key()
    pem = pem_of(public)
    raw = base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    other = pem_of(Ed25519PrivateKey.generate().public_key())
    (tmp_path / "keys.pub").write_text(other + pem)
    for setting in (pem, pem.replace("\n", "\r\n"), raw, str(tmp_path / "keys.pub")):
        keys = read_trusted_keys(setting)
        assert keys is not None
        keys.check(b"content", key.sign(b"content"))
        with pytest.raises(BundleUntrusted):
            keys.check(b"contents", key.sign(b"content"))
    assert read_trusted_keys(" ") is None


@pytest.mark.parametrize("setting", ["nonsense", "/no/such/file", "-----BEGIN PUBLIC KEY-----", "a" * 5000])
def test_a_bad_public_key_is_refused(setting: str) -> None:
    """A setting that is no key closes the door; it is not taken for none."""
    with pytest.raises(KeyInvalid, match="ASSISTANT_BUNDLE_PUBLIC_KEY"):
        read_trusted_keys(setting)


# --- the command line ----------------------------------------------------------------------------


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(build(), [str(argument) for argument in arguments])


def test_bundles_are_signed_and_asked_for_by_the_commands(
    small: WeightsStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way that the documentation tells, from the key to the refusal of what is not signed."""
    pull_models(small, ["small"])
    catalog = tmp_path / "catalog.toml"
    catalog.write_text("format = 1\ndefault = []\n" + entry("small", url_source("https://models.invalid")))
    here = ("--catalog", catalog, "--models-dir", small.directory)
    there = ("--catalog", catalog, "--models-dir", tmp_path / "there")
    made = invoke("models", "keygen", tmp_path / "bundles.key")
    private = (tmp_path / "bundles.key").read_text().splitlines()[1]
    assert "BEGIN PUBLIC KEY" in made.output
    assert private not in made.output
    assert invoke("models", "bundle", tmp_path / "plain.tar", *here).exit_code == 0
    signing = invoke("models", "bundle", tmp_path / "signed.tar", "--sign", tmp_path / "bundles.key", *here)
    assert signing.exit_code == 0
    monkeypatch.setenv("ASSISTANT_BUNDLE_PUBLIC_KEY", str(tmp_path / "bundles.key.pub"))
    refused = invoke("models", "install", tmp_path / "plain.tar", *there)
    assert isinstance(refused.exception, BundleUntrusted)
    assert isinstance(invoke("models", "install", TOY_PACKAGE, *there).exception, BundleUntrusted)
    pulled = invoke("models", "pull", "small", "--allow-unknown-hash", *there)
    assert isinstance(pulled.exception, InvalidInput)
    assert "small is installed" in invoke("models", "install", tmp_path / "signed.tar", *there).output


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")
def test_other_programs_can_check_a_signature(signed: Path, key: Ed25519PrivateKey, tmp_path: Path) -> None:
    """The commands of the documentation accept what we sign."""
    with tarfile.open(signed) as tar:
        tar.extractall(tmp_path / "out", members=list(tar)[:2], filter="data")
    (tmp_path / "key.pub").write_text(pem_of(key.public_key()))
    command = (
        "openssl pkeyutl -verify -pubin -inkey key.pub -rawin -in out/bundle.json -sigfile out/bundle.sig"
    )
    done = subprocess.run(
        command.split(), cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ
    )
    assert "Verified Successfully" in done.stdout + done.stderr
