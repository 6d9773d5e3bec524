"""Proxies and certificate authorities, over both wires."""

import contextlib
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from httpx import URL

from crossdock.errors import AnswerLostError, ConfigError, TransientError
from crossdock.http.environment import proxy_for

HOST = "vendor.example.test"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate of HOST: (file with certificate and key, file with the certificate)."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST), x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "both.pem").write_bytes(made + secret)
    (folder / "ca.pem").write_bytes(made)
    return folder / "both.pem", folder / "ca.pem"


@pytest.fixture
def tls_server(certificate, make_server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[0])
    return make_server(context)


class Proxy:
    """Leads every host to one server, and remembers what it was asked."""

    def __init__(self, target_port: int, refuses: bool = False) -> None:
        self.heads: list[bytes] = []
        self._target, self._refuses = target_port, refuses
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._lead, args=(client,), daemon=True).start()

    def _lead(self, client: socket.socket) -> None:
        with client:
            data = b""
            while b"\r\n\r\n" not in data:
                data += client.recv(65536)
            self.heads.append(data)
            if self._refuses:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", self._target)) as server:
                if data.startswith(b"CONNECT "):
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    server.sendall(data)
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def make_proxy():
    made = []

    def make(*args, **kwargs):
        made.append(Proxy(*args, **kwargs))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.anyio
async def test_the_file_of_authorities_in_the_environment_is_trusted(certificate, tls_server, connect, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))

    async with connect(f"https://localhost:{tls_server.port}") as client:
        response = await client.get("/things")

    assert response.json() == {"ok": True}


@pytest.mark.anyio
async def test_the_folder_of_authorities_in_the_environment_is_trusted(
    certificate, tls_server, connect, monkeypatch, tmp_path
):
    # A folder of authorities names each file by the hash of its subject.
    context = ssl.create_default_context(cafile=certificate[1])
    assert context.cert_store_stats()["x509_ca"] == 1
    (tmp_path / f"{_subject_hash(certificate[1])}.0").write_bytes(certificate[1].read_bytes())
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))

    async with connect(f"https://localhost:{tls_server.port}") as client:
        response = await client.get("/things")

    assert response.status_code == 200


def _subject_hash(path) -> str:
    """OpenSSL's name hash of our one-attribute subject: SHA-1 over its canonical encoding."""
    import hashlib

    subject = x509.load_pem_x509_certificate(path.read_bytes()).subject
    value = subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value.lower().encode()
    attribute = b"\x06\x03\x55\x04\x03" + b"\x0c" + bytes([len(value)]) + value
    sequence = b"\x30" + bytes([len(attribute)]) + attribute
    canonical = b"\x31" + bytes([len(sequence)]) + sequence
    return f"{int.from_bytes(hashlib.sha1(canonical).digest()[:4], 'little'):08x}"


@pytest.mark.anyio
async def test_an_authority_that_is_not_trusted_lets_nothing_leave(tls_server, connect, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)

    async with connect(f"https://localhost:{tls_server.port}") as client:
        with pytest.raises(TransientError, match="its certificate is not trusted: self-signed") as caught:
            await client.perform(client.build("POST", "/things"), correlation_id="1")

    assert not isinstance(caught.value, AnswerLostError)
    assert not tls_server.requests


@pytest.mark.anyio
async def test_open_client_refuses_authorities_that_cannot_be_read(connect, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")

    with pytest.raises(ConfigError, match=r"SSL_CERT_FILE=/nowhere/ca\.pem cannot be used: No such file"):
        async with connect("https://localhost"):
            pass


@pytest.mark.anyio
async def test_https_goes_through_the_proxy_of_the_environment(
    certificate, tls_server, make_proxy, connect, monkeypatch
):
    proxy = make_proxy(tls_server.port)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    async with _proxied(connect, monkeypatch, "HTTPS_PROXY", proxy, f"https://{HOST}") as client:
        for _ in range(2):
            response = await client.perform(client.build("POST", "/things", json={}), correlation_id="1")

    assert response.json() == {"ok": True}
    assert proxy.heads[0].startswith(f"CONNECT {HOST}:443 HTTP/1.1\r\n".encode())
    assert b"proxy-authorization: basic dXNlcjpwQHNz".lower() in proxy.heads[0].lower()
    assert len(proxy.heads) == 1
    assert b"proxy-authorization" not in tls_server.requests[0].lower()


@pytest.mark.anyio
async def test_plain_http_goes_through_the_proxy_of_the_environment(server, make_proxy, connect, monkeypatch):
    proxy = make_proxy(server.port)
    facts = {"plain_http_hosts": (HOST,)}
    async with _proxied(connect, monkeypatch, "HTTP_PROXY", proxy, f"http://{HOST}", **facts) as client:
        response = await client.get("/things?a=%7E")

    assert response.json() == {"ok": True}
    assert proxy.heads[0].startswith(f"GET http://{HOST}/things?a=%7E HTTP/1.1\r\n".encode())
    assert b"proxy-authorization: basic dXNlcjpwQHNz".lower() in proxy.heads[0].lower()


@pytest.mark.anyio
async def test_nothing_left_when_the_proxy_refuses(tls_server, make_proxy, connect, monkeypatch):
    proxy, asked = make_proxy(tls_server.port, refuses=True), []

    async def guard():
        asked.append(1)

    async with _proxied(connect, monkeypatch, "HTTPS_PROXY", proxy, f"https://{HOST}") as client:
        with pytest.raises(TransientError, match="could not be sent") as caught:
            await client.perform(client.build("POST", "/"), correlation_id="1", guard=guard)

    assert not isinstance(caught.value, AnswerLostError)
    assert not asked
    assert "p@ss" not in f"{caught.value}{caught.value.facts}"


@contextlib.asynccontextmanager
async def _proxied(connect, monkeypatch, name, proxy, base_url, **facts):
    monkeypatch.setenv(name, f"http://user:p%40ss@{proxy.address}")
    async with connect(base_url, **facts) as client:
        yield client


@pytest.mark.parametrize(
    ("settings", "url", "proxy"),
    [
        ({}, f"https://{HOST}", None),
        ({"HTTPS_PROXY": "proxy.test:3128"}, f"https://{HOST}", "http://proxy.test:3128"),
        ({"https_proxy": "http://proxy.test:3128"}, f"https://{HOST}", "http://proxy.test:3128"),
        ({"HTTPS_PROXY": "http://proxy.test"}, f"http://{HOST}", None),
        ({"ALL_PROXY": "http://proxy.test"}, f"http://{HOST}", "http://proxy.test"),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "example.test"}, f"https://{HOST}", None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": ".example.test, other"}, f"https://{HOST}", None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "*"}, f"https://{HOST}", None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "r.example.test"}, f"https://{HOST}", "http://proxy.test"),
        ({"HTTPS_PROXY": "http://proxy.test", "HTTP_PROXY": "http://proxy.test"}, "http://127.0.0.1:8080", None),
    ],
)
def test_proxy_is_the_one_that_the_environment_asks_for(settings, url, proxy, no_proxies, monkeypatch):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    found = proxy_for(URL(url))

    assert (None if found is None else str(found)) == proxy


def test_proxy_of_another_kind_is_refused(no_proxies, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:secret@proxy.test")

    with pytest.raises(ConfigError, match="a proxy of the kind 'socks5'") as caught:
        proxy_for(URL(f"https://{HOST}"))

    assert "secret" not in str(caught.value)
