// What webhooks receive, verified by the official library of Standard Webhooks.
const assert = require('node:assert/strict');
const { Webhook, WebhookVerificationError } = require('standardwebhooks');

const deliveries = JSON.parse(process.env.OPENCLAW_DELIVERIES);
for (const { body, headers, secrets, wrong_secrets: wrong } of deliveries) {
  for (const secret of secrets) {
    assert.deepEqual(new Webhook(secret).verify(body, headers), JSON.parse(body));
  }
  for (const secret of wrong) {
    assert.throws(() => new Webhook(secret).verify(body, headers), WebhookVerificationError);
  }
  const changed = () => new Webhook(secrets[0]).verify(`${body} `, headers);
  assert.throws(changed, WebhookVerificationError);
}
console.log(`${deliveries.length} deliveries verified`);
