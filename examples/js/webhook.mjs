// A server that receives webhooks: what was not signed with the endpoint's secret is refused.
import { createServer } from 'node:http';
import { verifyWebhook, WebhookVerificationError } from '@openclaw/client';

const secret = process.env.OPENCLAW_WEBHOOK_SECRET;
createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  try {
    const event = await verifyWebhook(Buffer.concat(pieces), request.headers, secret);
    console.log(event.type, JSON.stringify(event.data));
    response.writeHead(204).end();
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    response.writeHead(400).end();
  }
}).listen(Number(process.env.PORT ?? 8000), '127.0.0.1');
