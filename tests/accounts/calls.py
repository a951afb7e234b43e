"""What the tests of sign-in send."""

from tests.factories.accounts import PASSWORD


def sign_in_by(client, login, password=PASSWORD, device_id="phone-1"):
    body = {"login": login, "password": password, "device_id": device_id}
    return client.post("/v1/sign-ins", json=body)


def refresh_by(client, token, device_id="phone-1", **more):
    body = {"refresh_token": token, "device_id": device_id, **more}
    return client.post("/v1/token-refreshes", json=body)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def is_let_in(client, token):
    return client.get("/v1/me", headers=bearer(token)).status_code == 200
