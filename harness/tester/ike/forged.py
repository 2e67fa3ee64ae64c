"""forged - certificates that no authority of the subject's has issued.

Source: RFC 5280 sections 4.1 and 4.2.
"""

from __future__ import annotations

import datetime
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from harness.tester.ike.creds import Creds

YEARS = datetime.datetime(2020, 1, 1), datetime.datetime(2040, 1, 1)


def _name(word: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, word)])


def _issue(subject: str, key: rsa.RSAPrivateKey, issuer: str, by: rsa.RSAPrivateKey,
           mail: str = "") -> bytes:
    """An authority's certificate, or with `mail` that of an end."""
    builder = x509.CertificateBuilder(
        _name(issuer), _name(subject), key.public_key(), x509.random_serial_number(), *YEARS
    ).add_extension(x509.BasicConstraints(not mail, None), critical=True)
    if mail:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.RFC822Name(mail)]), critical=False)
    return builder.sign(by, hashes.SHA256()).public_bytes(Encoding.DER)


def circle(who: Creds) -> tuple[Creds, list[bytes]]:
    """An end with the identity of `who`, and two authorities that have issued each other."""
    end, one, other = (rsa.generate_private_key(65537, 2048) for _ in range(3))
    cert = _issue("end", end, "one", one, who.ident.data.decode())
    chain = [_issue("one", one, "other", other), _issue("other", other, "one", one)]
    return replace(who, cert=cert, key=end), chain
