export const EVENTS = [
  'chat.completed', 'chat.failed', 'skill.executed', 'workflow.started', 'workflow.completed', 'workflow.failed', 'file.processed',
  'file.failed', 'key.created', 'key.rotated', 'key.revoked', 'usage.threshold', 'rate_limit.exceeded',
] as const;

/** How a receiver checks that an event is ours. */
export const VERIFY: Record<string, string> = {
  JavaScript: `import { verifyWebhook } from '@openclaw/client';\n\n// The bytes as they came, before anything parses them.\nconst event = await verifyWebhook(await request.text(), request.headers, process.env.WEBHOOK_SECRET);\nconsole.log(event.type, event.data);`,
  Python: `import os, openclaw\n\n# The bytes as they came, before anything parses them.\nevent = openclaw.webhooks.verify(request.body, request.headers, os.environ["WEBHOOK_SECRET"])\nprint(event.type, event.data)`,
  Go: `// The bytes as they came, before anything parses them.\nevent, err := openclaw.VerifyWebhook(body, r.Header, os.Getenv("WEBHOOK_SECRET"))\nif err != nil {\n\thttp.Error(w, "bad signature", http.StatusBadRequest)\n\treturn\n}\nlog.Println(event.Type)`,
};
