"""Real proxies on loopback, with the examples of `deploy/`."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.commands import ROOT
from tests.support.nginx import program
from tests.support.provided import free_port, server

NGINX = ROOT / "deploy" / "nginx" / "relais.conf"
CADDYFILE = ROOT / "deploy" / "caddy" / "Caddyfile"
# Around the example: everything in the test's folder, and no user but the test's own.
AROUND = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/relais.conf;
}}
"""


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself; its key is beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "fullchain.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def nginx(folder: Path, *, upstream: int, plain: int, tls: int) -> Iterator[None]:
    """nginx with the example, its ports and its certificate put in."""
    text = NGINX.read_text()
    for given, ours in (
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{upstream};"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen [::]:80;", ""),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{tls} ssl http2;"),
        ("listen [::]:443 ssl http2;", ""),
        ("/etc/ssl/relais/", f"{folder}/"),
    ):
        assert given in text
        text = text.replace(given, ours)
    (folder / "relais.conf").write_text(text)
    around = AROUND.format(folder=folder, user="user root;" if os.geteuid() == 0 else "")
    (folder / "nginx.conf").write_text(around)
    binary = program()
    assert binary is not None
    command = [binary, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with server(command, answers=lambda: listens(tls), log=folder / "nginx.log"):
        yield


@contextmanager
def caddy(folder: Path, *, upstream: int, plain: int) -> Iterator[None]:
    """Caddy with the example, without TLS, for which it would ask a certificate authority."""
    text = CADDYFILE.read_text()
    (folder / "Caddyfile").write_text(
        f"{{\n\tadmin 127.0.0.1:{free_port()}\n\tauto_https off\n}}\n{text}"
    )
    binary = shutil.which("caddy")
    assert binary is not None
    variables = {
        **os.environ,
        "RELAIS_HOST": f"http://127.0.0.1:{plain}",
        "RELAIS_UPSTREAM": f"127.0.0.1:{upstream}",
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    command = [binary, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    with server(
        command, answers=lambda: listens(plain), log=folder / "caddy.log", environment=variables
    ):
        yield
