"""What webhooks receive, verified by the official library of Standard Webhooks."""

import json
import os

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

deliveries = json.loads(os.environ["OPENCLAW_DELIVERIES"])
for delivery in deliveries:
    body, headers = delivery["body"], delivery["headers"]
    for secret in delivery["secrets"]:
        assert Webhook(secret).verify(body, headers) == json.loads(body)
    for wrong in delivery["wrong_secrets"]:
        try:
            Webhook(wrong).verify(body, headers)
        except WebhookVerificationError:
            continue
        raise AssertionError("another secret verifies it")
    try:
        Webhook(delivery["secrets"][0]).verify(body + " ", headers)
    except WebhookVerificationError:
        continue
    raise AssertionError("a changed body verifies")
print(f"{len(deliveries)} deliveries verified")
