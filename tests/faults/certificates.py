"""TLS as portals break it: one small authority of our own, and a server context for each way to be wrong."""

import datetime
import ipaddress
import ssl
import warnings
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_NOW = datetime.datetime.now(datetime.UTC)


class Authority:
    """An authority whose root is trusted where SSL_CERT_FILE names `bundle`, and one below it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key, self._root = _signed("Gốc thử nghiệm", ca=True)
        self._middle_key, self._middle = _signed("Trung gian", ca=True, issuer=(self._key, self._root))
        self.bundle = folder / "root.pem"
        self.bundle.write_bytes(_pem(self._root))

    def good(self) -> ssl.SSLContext:
        """A certificate of the root, for 127.0.0.1, valid now."""
        return self._context("good", *_signed("127.0.0.1", issuer=(self._key, self._root)))

    def expired(self) -> ssl.SSLContext:
        """Ended yesterday."""
        return self._context(
            "expired", *_signed("127.0.0.1", issuer=(self._key, self._root), days=(-400, -1))
        )

    def self_signed(self) -> ssl.SSLContext:
        """Signed by itself."""
        return self._context("self_signed", *_signed("127.0.0.1"))

    def wrong_name(self) -> ssl.SSLContext:
        """For another host."""
        return self._context("wrong_name", *_signed("khac.example", issuer=(self._key, self._root)))

    def no_intermediate(self) -> ssl.SSLContext:
        """Of the authority below the root, whose own certificate is not sent along."""
        return self._context("lost", *_signed("127.0.0.1", issuer=(self._middle_key, self._middle)))

    def old_protocol(self, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1) -> ssl.SSLContext:
        """Speaks TLS 1.0 (or 1.1) and nothing newer."""
        context = self._context("old", *_signed("127.0.0.1", issuer=(self._key, self._root)))
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        return context

    def _context(
        self, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> ssl.SSLContext:
        path = self.folder / f"{name}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + _pem(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _signed(
    name: str,
    *,
    ca: bool = False,
    issuer: tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None = None,
    days: Sequence[int] = (-1, 30),
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer, issued_by = (issuer[0], issuer[1].subject) if issuer else (key, subject)
    try:
        alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        alternative = x509.DNSName("authority.example" if ca else name)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issued_by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOW + datetime.timedelta(days=days[0]))
        .not_valid_after(_NOW + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return key, made


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
