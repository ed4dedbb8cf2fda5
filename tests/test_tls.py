"""What is served to others is served under TLS, or not at all."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ledger.config import ConfigProblem, read_config, require_safe
from ledger.db.keys import insert_key
from tests.api.serving import listening
from tests.village import Village

PUBLIC = {"LEDGER_HOST": "0.0.0.0"}


@pytest.mark.parametrize(
    ("environ", "has_ready_keys", "said"),
    [
        (PUBLIC, False, "in the clear"),
        ({**PUBLIC, "LEDGER_HOST": "::"}, False, "in the clear"),
        ({**PUBLIC, "LEDGER_TLS_CERT": "/c"}, False, "belong together"),
        ({"LEDGER_TLS_KEY": "/k"}, False, "belong together"),
        ({**PUBLIC, "LEDGER_BEHIND_PROXY": "10.0.0.5"}, True, "demonstration"),
        ({**PUBLIC, "LEDGER_TLS_CERT": "/c", "LEDGER_TLS_KEY": "/k"}, True, "demonstration"),
    ],
)
def test_an_unsafe_start_is_refused_with_its_reason(environ: dict[str, str], has_ready_keys: bool, said: str) -> None:
    with pytest.raises(ConfigProblem) as problem:
        require_safe(read_config(environ), has_ready_keys=has_ready_keys)
    assert said in problem.value.english and problem.value.chinese


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"LEDGER_HOST": "::1"},
        {**PUBLIC, "LEDGER_BEHIND_PROXY": "10.0.0.5"},
        {**PUBLIC, "LEDGER_TLS_CERT": "/c", "LEDGER_TLS_KEY": "/k"},
    ],
)
def test_a_safe_start_is_not(environ: dict[str, str]) -> None:
    require_safe(read_config(environ), has_ready_keys=environ.get("LEDGER_HOST") != "0.0.0.0")


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """For 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "points-ledger test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_file, key_file


async def test_it_speaks_tls_on_both_ways(village: Village, tmp_path: Path) -> None:
    """Also the short way of the counter's routes, which begins at the socket."""
    cert, key = make_certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=str(cert))
    with listening(village.database.url, ssl_certfile=str(cert), ssl_keyfile=str(key)) as address:
        secure = address.replace("http:", "https:")
        async with httpx.AsyncClient(verify=trusting, base_url=secure) as client:
            token = await insert_key(village.connection, role="auditor", principal="a", node="nod_1")
            headers = {"Authorization": f"Bearer {token}"}
            assert (await client.get("/health/live")).status_code == 200
            balances = await client.get("/v1/programmes/village/accounts/hh_1/balances", headers=headers)
            assert balances.status_code == 200
        async with httpx.AsyncClient(base_url=address) as plain:
            with pytest.raises(httpx.HTTPError):
                await plain.get("/health/live")
