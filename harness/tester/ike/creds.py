"""creds - who an end is, and how it proves it: identity, certificate, signature.

Source: RFC 7296 sections 2.15, 3.5 and 3.8; RFC 7427 section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from harness.tester.ike.numbers import Auth, Ident
from harness.tester.ike.payloads import AUTH, ID, Cert, CertReq, Malformed
from harness.tester.ike.suites import Check

HASHES = {b"\x05": hashes.SHA1, b"\x0b": hashes.SHA256, b"\x0c": hashes.SHA384,
          b"\x0d": hashes.SHA512}


@dataclass(frozen=True)
class Creds:
    """The identity is as IDi and IDr have it, without their generic header."""

    ident: ID
    cert: bytes
    key: rsa.RSAPrivateKey
    ca: bytes

    def certs(self) -> Cert:
        return Cert(self.cert)

    def request(self) -> CertReq:
        """SHA-1 of the CA's public key (section 3.7)."""
        key = x509.load_der_x509_certificate(self.ca).public_key()
        digest = hashes.Hash(hashes.SHA1())
        digest.update(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
        return CertReq(digest.finalize())

    def sign(self, text: bytes) -> AUTH:
        return AUTH(self.key.sign(text, padding.PKCS1v15(), hashes.SHA1()))


def load(folder: Path, name: str, ident: ID, ca: str = "strongswan") -> Creds:
    cert = x509.load_pem_x509_certificate((folder / f"{name}Cert.pem").read_bytes())
    root = x509.load_pem_x509_certificate((folder / f"{ca}Cert.pem").read_bytes())
    key = serialization.load_pem_private_key((folder / f"{name}Key.pem").read_bytes(), None)
    return Creds(ident, cert.public_bytes(Encoding.DER), key, root.public_bytes(Encoding.DER))


def fqdn(name: str) -> ID:
    return ID(Ident.FQDN, name.encode())


def mail(name: str) -> ID:
    return ID(Ident.RFC822_ADDR, name.encode())


def octets(init: bytes, nonce: bytes, prf: Check, key: bytes, ident: ID) -> bytes:
    """What is signed: one's first message, the other's nonce, one's identity under SK_p."""
    return init + nonce + prf(key, ident.body())


def verify(cert: bytes, auth: AUTH, text: bytes) -> None:
    """Whether the owner of the certificate has signed it; Malformed where he has not."""
    key = x509.load_der_x509_certificate(cert).public_key()
    signature, kind = auth.data, hashes.SHA1()
    if auth.method == Auth.SIGNATURE:
        size = signature[0]
        names = [one for one in HASHES if signature[1:1 + size].endswith(one + b"\x05\x00")]
        kind = HASHES[names[0] if names else b"\x05"]()
        signature = signature[1 + size:]
    elif auth.method != Auth.RSA:
        raise Malformed(f"AUTH has method {auth.method}, which no certificate was asked for")
    try:
        key.verify(signature, text, padding.PKCS1v15(), kind)
    except InvalidSignature:
        raise Malformed("AUTH does not verify with the certificate that came") from None
