from __future__ import annotations

import datetime as dt
import ipaddress
import socketserver
import ssl
import threading
from dataclasses import dataclass, field

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crossdock.clock import ManualClock
from crossdock.store.open import open_store


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
async def store(tmp_path, clock):
    async with open_store(f"sqlite:{tmp_path}/x.db", clock=clock) as opened:
        yield opened


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that signs itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("mail") / "server.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@dataclass
class MailServer:
    """A small SMTP server on loopback: EHLO, STARTTLS, AUTH, and what a mail takes."""

    port: int = 0
    mails: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    """What was said, with "tls" before what came over a protected way."""
    refuse: bool = False


@pytest.fixture
def mail_server(certificate):
    state = MailServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Handler(socketserver.StreamRequestHandler):
        protected, opened = False, None

        def finish(self):
            super().finish()
            if self.opened is not None:
                self.opened.close()

        def say(self, line):
            self.wfile.write(line.encode() + b"\r\n")
            self.wfile.flush()

        def handle(self):
            self.say("220 mail.example.test")
            while line := self.rfile.readline().decode().rstrip("\r\n"):
                state.log.append(f"{'tls ' if self.protected else ''}{line}")
                if self.answer(line.split()[0].upper()):
                    return

        def answer(self, verb):
            if verb == "EHLO":
                more = "" if self.protected else "250-STARTTLS\r\n"
                self.say(f"250-mail.example.test\r\n{more}250 AUTH PLAIN")
            elif verb == "STARTTLS":
                self.say("220 go ahead")
                self.request = context.wrap_socket(self.request, server_side=True)
                self.opened = self.request
                self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")
                self.protected = True
            elif verb == "AUTH":
                self.say("235 welcome")
            elif verb == "DATA":
                self.say("354 end with a dot")
                body = []
                while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                    body.append(line)
                state.mails.append("\n".join(body))
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return True
            else:
                self.say("550 no" if state.refuse and verb == "RCPT" else "250 fine")
            return False

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()
