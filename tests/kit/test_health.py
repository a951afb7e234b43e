def test_it_is_ready_once_migrations_are_current(client):
    reply = client.get("/readyz")

    assert reply.status_code == 200
    assert reply.json["migrations"] == "current"


def test_an_unknown_route_is_a_problem(client):
    reply = client.get("/v1/nowhere")

    assert reply.status_code == 404
    assert reply.content_type == "application/problem+json"
    assert reply.json["code"] == "no_such_route"
