"""Signatures, held against verifiers of others: the two ways in which public receivers verify the
vendor's (over the raw body, and over the body written anew), and `standardwebhooks` of PyPI.
"""

from __future__ import annotations

import hmac
import json
import shutil
import subprocess
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection, transaction
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from integrations import jobs
from integrations.models import Integration, WebhookEndpoint
from integrations.webhooks import bodies, endpoints, outbox
from integrations.webhooks.delivery import deliver_due
from tests.support.receiver import Received, Receiver
from tests.sync.running import Background, wait_until

NODE = shutil.which("node")
# As receivers in public repositories have it: the parsed body is written anew.
VERIFY_IN_NODE = """
const { createHmac } = require("node:crypto");
const input = require("node:fs").readFileSync(0);
const body = JSON.parse(input);
process.stdout.write(createHmac("sha256", process.argv[1])
  .update(JSON.stringify(body, null, 2)).digest("base64url"));
"""


def vendor_signature(secret: str, raw: bytes) -> str:
    digest = hmac.new(secret.encode(), raw, sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_two_rotations_at_the_same_moment_leave_two_secrets(receiver: Receiver) -> None:
    endpoint, _ = endpoints.create_endpoint(url=receiver.url)
    with transaction.atomic():
        second = endpoints.rotate_secret(endpoint)
        other = Background(lambda: endpoints.rotate_secret(endpoint))
        wait_until(_somebody_waits_for_a_lock)
    third = other.end()
    assert list(endpoints.valid_secrets(endpoint, jobs.now())) == [third, second]
    assert [row.secret for row in endpoint.secrets.filter(ends_at=None)] == [third]


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def verify(secret: str, got: Received) -> Any:
    return Webhook(secret).verify(got.body, dict(got.headers))


@pytest.fixture
def told(receiver: Receiver, tenant: Integration) -> tuple[str, Receiver]:
    tenant.organization = "Ménuiserie d’Été “Zoé” \U0001f528 \u2028</script>\\\n"
    tenant.save()
    secret = endpoints.create_endpoint(url=receiver.url)[1]
    outbox.integration_created(tenant)
    deliver_due()
    return secret, receiver


@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
def test_the_vendors_signature_over_the_raw_body(told: tuple[str, Receiver]) -> None:
    secret, receiver = told
    [got] = receiver.received
    assert got.headers["X-Kombo-Signature"] == vendor_signature(secret, got.body)
    assert "é".encode() in got.body
    anew = json.dumps(got.event, ensure_ascii=False, indent=2).encode()
    assert got.body == anew
    assert list(got.event) == ["id", "type", "data"]


@pytest.mark.any_database
@pytest.mark.skipif(NODE is None, reason="Node is not installed")
@pytest.mark.django_db(transaction=True)
def test_the_vendors_signature_over_the_body_written_anew_by_javascript(
    told: tuple[str, Receiver],
) -> None:
    secret, receiver = told
    [got] = receiver.received
    assert NODE is not None
    command = [NODE, "-e", VERIFY_IN_NODE, secret]
    done = subprocess.run(command, input=got.body, capture_output=True, check=True)
    assert done.stdout.decode() == got.headers["X-Kombo-Signature"]


@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
def test_standard_webhooks_while_a_secret_is_rotated(
    told: tuple[str, Receiver], tenant: Integration
) -> None:
    former, receiver = told
    assert verify(former, receiver.received[0]) == receiver.received[0].event
    endpoint = WebhookEndpoint.objects.get()
    secret = endpoints.rotate_secret(endpoint)
    outbox.integration_created(tenant)
    deliver_due()
    both = receiver.received[1]
    assert verify(former, both) == verify(secret, both) == both.event
    # Receivers that know one secret know the former.
    assert both.headers["X-Kombo-Signature"] == vendor_signature(former, both.body)
    assert endpoints.end_rotation(endpoint)
    outbox.integration_created(tenant)
    deliver_due()
    last = receiver.received[2]
    assert verify(secret, last) == last.event
    assert last.headers["X-Kombo-Signature"] == vendor_signature(secret, last.body)
    with pytest.raises(WebhookVerificationError):
        verify(former, last)


@pytest.mark.parametrize(
    ("data", "written"),
    [
        ({"a": 35000.0, "b": [], "c": {}}, '"a": 35000,\n    "b": [],\n    "c": {}'),
        ({"a": "\ud83d", "b": "\x1f\x7f/"}, '"a": "\\ud83d",\n    "b": "\\u001f\x7f/"'),
    ],
)
def test_bodies_are_written_as_javascript_writes_them(data: Any, written: str) -> None:
    assert written in bodies.body_text("id", "type", data)
