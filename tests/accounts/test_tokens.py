import base64
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crm_api import config
from crm_api.accounts import tokens
from crm_api.accounts.tokens import AUDIENCE, ISSUER
from crm_api.kit import clock
from tests.accounts.calls import bearer, is_let_in
from tests.factories.accounts import make_token
from tests.support.databases import KEY, settings_for

OTHER = b"another seed of thirty-two bytes"


@pytest.fixture
def claims(person):
    """The claims of a good token."""
    return jwt.decode(make_token(person), options={"verify_signature": False})


def sign(claims, *, seed=KEY, kid="t1", algorithm="EdDSA"):
    key = Ed25519PrivateKey.from_private_bytes(seed) if algorithm == "EdDSA" else seed
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})


def test_the_claims_signed_anew_are_let_in(client, claims):
    assert is_let_in(client, sign(claims))


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "urn:other"},
        {"iss": "urn:other"},
        {"aud": None},
        {"exp": None},
        {"sid": "made-up"},
        {"sub": "made-up"},
    ],
)
def test_wrong_claims_are_refused(client, claims, change):
    wrong = {k: v for k, v in (claims | change).items() if v is not None}

    reply = client.get("/v1/me", headers=bearer(sign(wrong)))

    assert reply.status_code == 401
    assert reply.json["code"] == "unauthenticated"
    assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_signed_with_another_key_is_refused(client, claims):
    assert not is_let_in(client, sign(claims, seed=OTHER))


def test_another_algorithm_is_refused(client, claims):
    public = Ed25519PrivateKey.from_private_bytes(KEY).public_key().public_bytes_raw()

    assert not is_let_in(client, sign(claims, seed=public, algorithm="HS256"))


def test_no_algorithm_is_refused(client, claims):
    unsigned = jwt.encode(claims, None, algorithm="none", headers={"kid": "t1"})

    assert not is_let_in(client, unsigned)


@pytest.mark.parametrize("kid", ["t9", "", "../../etc/passwd"])
def test_an_unknown_key_id_is_refused(client, claims, kid):
    assert not is_let_in(client, sign(claims, kid=kid))


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic eDp5", "Bearer a.b.c", "nonsense"])
def test_what_is_no_token_is_refused(client, header):
    assert client.get("/v1/me", headers={"Authorization": header}).status_code == 401


def test_a_tampered_token_is_refused(client, person):
    head, body, signature = make_token(person).split(".")
    said = base64.urlsafe_b64decode(body + "==").replace(b"urn:crm", b"urn:crn")

    tampered = base64.urlsafe_b64encode(said).decode().rstrip("=")
    assert not is_let_in(client, f"{head}.{tampered}.{signature}")


def test_a_token_expires_even_when_it_was_seen_before(client, person, at):
    start = at(datetime(2026, 3, 2, 1, tzinfo=UTC))
    token = make_token(person, seconds=900)
    assert is_let_in(client, token)

    at(start + timedelta(seconds=899))
    assert is_let_in(client, token)
    at(start + timedelta(seconds=900))
    assert not is_let_in(client, token)


def test_keys_rotate_without_signing_anybody_out(client, person, database_url):
    old = make_token(person)

    config.configure(settings_for(database_url, token_keys={"t2": OTHER, "t1": KEY}))
    new = make_token(person)
    assert jwt.get_unverified_header(new)["kid"] == "t2"
    assert is_let_in(client, old)
    assert is_let_in(client, new)

    config.configure(settings_for(database_url, token_keys={"t2": OTHER}))
    assert not is_let_in(client, old)
    assert is_let_in(client, new)


def test_verified_tokens_are_remembered_within_bounds(app, monkeypatch):
    monkeypatch.setattr(tokens, "MOST_REMEMBERED", 3)
    ring = tokens.Keyring({"t1": KEY})
    now = clock.now()
    made = [ring.sign(staff_id=str(n), session_id="s", at=now, seconds=60) for n in range(9)]

    for token in made:
        ring.verify(token, at=now)

    assert len(ring._verified) == 3  # noqa: SLF001 - a bound that nobody sees from outside
    assert ring.verify(made[0], at=now).staff_id == "0"


def test_issuer_and_audience_are_named(claims):
    assert (claims["iss"], claims["aud"]) == (ISSUER, AUDIENCE)


def test_production_has_no_default_secret():
    with pytest.raises(config.MissingSetting, match="CRM_TOKEN_KEYS"):
        config.load({"CRM_ENV": "production", "DATABASE_URL": "postgresql://db/crm"})
