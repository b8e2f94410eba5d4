# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, stackops.aggregates contributors
"""A server whose certificate nobody signed gets no credentials, unless somebody says plainly that it may."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stackops.aggregates.plugins.module_utils._errors import CloudConfigError, CloudError
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.chosen_cloud import resolve
from ansible_collections.stackops.aggregates.plugins.module_utils._openstack.client import Client
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

AUTH = {"username": "ops", "user_domain_id": "default", "password": "hunter2", "system_scope": "all"}


@dataclass
class Stranger:
    """A TLS server on this machine. ``heard`` is all that was said to it after its certificate was accepted."""

    url: str
    certificate: Path
    heard: bytearray = field(default_factory=bytearray)


def certify(folder: Path) -> tuple[Path, Path]:
    """Make a key and a certificate of 127.0.0.1 that it signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stranger")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=1)).add_extension(address, critical=False)
    certificate, private = folder / "stranger.pem", folder / "stranger.key"
    certificate.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stranger]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("keystoneauth1.session.time.sleep", lambda _seconds: None)
    certificate, private = certify(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Stranger(f"https://127.0.0.1:{listening.getsockname()[1]}/v3", certificate)

        def serve() -> None:
            while True:
                try:
                    connection, _address = listening.accept()
                except OSError:
                    return
                with contextlib.suppress(OSError), connection:
                    connection.settimeout(5)
                    with context.wrap_socket(connection, server_side=True) as talk:
                        while b"hunter2" not in server.heard and (words := talk.recv(65536)):
                            server.heard += words
                        talk.sendall(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def ask(stranger: Stranger, environ: dict[str, str] | None = None, **options: Any) -> Client:
    """Connect with these options, and make a request."""
    cloud = {"auth": {"auth_url": stranger.url, **AUTH}, **options.pop("cloud", {})}
    client = Client(resolve({"cloud": cloud, **options} if environ is None else options, environ or {}))
    with contextlib.suppress(CloudError):
        client.request("compute", "GET", "/", doing="look")
    return client


UNKNOWN: list[object] = [None, "", "ture", "2", "enabled", "nein", " ", "ca.pem", [], {"x": "y"}]


@pytest.mark.parametrize("key", ["verify", "validate_certs", "insecure"])
@pytest.mark.parametrize("value", UNKNOWN, ids=repr)
def test_what_is_no_known_yes_or_no_is_refused(stranger: Stranger, key: str, value: object) -> None:
    with pytest.raises(CloudConfigError, match=r"'(verify|insecure)' in the option 'cloud' is .*must be true or false"):
        ask(stranger, cloud={key: value})
    assert not stranger.heard


@pytest.mark.parametrize(("name", "value"), [("OS_VERIFY", "ture"), ("OS_INSECURE", "ture"), ("OS_VERIFY", "ca.pem")])
def test_a_variable_that_is_no_known_yes_or_no_is_refused(stranger: Stranger, name: str, value: str) -> None:
    environ = {f"OS_{key.upper()}": text for key, text in {"auth_url": stranger.url, **AUTH}.items()}
    with pytest.raises(CloudConfigError, match="in the OS_"):
        ask(stranger, environ | {name: value})
    ask(stranger, environ | {name: ""})
    assert not stranger.heard


VERIFYING: list[dict[str, Any]] = [
    {},
    {"cloud": {"verify": True}},
    {"cloud": {"verify": "yes"}},
    {"cloud": {"insecure": False}},
    {"cloud": {"insecure": True}, "validate_certs": True},
    {"cloud": {"verify": False}, "validate_certs": True},
    {"cloud": {"insecure": True, "validate_certs": True}},
    {"cloud": {"insecure": True, "verify": True}},
    {"cloud": {"verify": "{other}"}},
    {"ca_cert": "{other}"},
]


@pytest.mark.parametrize("options", VERIFYING, ids=repr)
def test_it_gets_nothing(stranger: Stranger, tmp_path: Path, options: dict[str, Any]) -> None:
    (tmp_path / "other").mkdir()
    other = str(certify(tmp_path / "other")[0])
    filled = json.loads(json.dumps(options).replace("{other}", other))
    client = ask(stranger, **filled)
    assert not stranger.heard and not client.warnings


@pytest.mark.parametrize("options", [{"ca_cert": "./stranger.pem"}, {"cloud": {"verify": "./stranger.pem"}}], ids=repr)
def test_one_that_is_known_gets_them(stranger: Stranger, options: dict[str, Any]) -> None:
    client = ask(stranger, **options)
    assert b"hunter2" in stranger.heard and not client.warnings


SWITCHED_OFF: list[dict[str, Any]] = [
    {"cloud": {"verify": False}},
    {"cloud": {"verify": "no"}},
    {"cloud": {"insecure": "true"}},
    {"validate_certs": False},
    {"cloud": {"verify": True}, "validate_certs": False},
]


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
@pytest.mark.parametrize("options", SWITCHED_OFF, ids=repr)
def test_a_known_no_gives_them_with_a_warning(stranger: Stranger, options: dict[str, Any]) -> None:
    client = ask(stranger, **options)
    assert b"hunter2" in stranger.heard
    assert len(client.warnings) == 1 and "not verified" in client.warnings[0]


def test_a_file_that_holds_no_certificate_gives_nothing_and_is_one_sentence(stranger: Stranger, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    client = Client(resolve({"auth": {"auth_url": stranger.url, **AUTH}, "ca_cert": "empty.pem"}, {}))
    with pytest.raises(CloudError, match=r"Could not look: .*\.$"):
        client.request("compute", "GET", "/", doing="look")
    assert not stranger.heard
