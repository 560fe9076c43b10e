/** Code that works as it stands: this server's address, a key, a model. */

export type Language = 'curl' | 'JavaScript' | 'Python' | 'Go';
export const LANGUAGES: Language[] = ['curl', 'JavaScript', 'Python', 'Go'];

interface Chat {
  origin: string;
  key: string;
  body: Record<string, unknown> & { model: string; messages: unknown[]; stream?: boolean };
}

/** In single quotes for a shell, whatever is in it. */
export function shell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function indented(value: unknown, by: number): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${' '.repeat(by)}`);
}

/** A literal of Python: JSON's but for three words. Texts are left as they are. */
export function python(value: unknown, indent = 0): string {
  const pad = ' '.repeat(indent + 4);
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const [open, close, items] = Array.isArray(value)
    ? ['[', ']', value.map((item) => python(item, indent + 4))]
    : ['{', '}', Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${python(item, indent + 4)}`)];
  if (items.length === 0) return open + close;
  const flat = `${open}${items.join(', ')}${close}`;
  return flat.length + indent < 80 && !flat.includes('\n') ? flat : `${open}\n${items.map((item) => `${pad}${item},\n`).join('')}${' '.repeat(indent)}${close}`;
}

export function chat(language: Language, { origin, key, body }: Chat): string {
  const { stream, ...rest } = body;
  switch (language) {
    case 'curl': {
      const sent = JSON.stringify(stream ? { ...rest, stream } : rest, null, 2);
      return `curl ${stream ? '-N ' : ''}${origin}/v1/chat/completions \\\n  -H ${shell(`Authorization: Bearer ${key}`)} \\\n  -H 'Content-Type: application/json' \\\n  -d ${shell(sent)}`;
    }
    case 'JavaScript': {
      const head = `import { OpenClawClient } from '@openclaw/client';\n\nconst client = new OpenClawClient({\n  apiKey: ${JSON.stringify(key)},\n  baseURL: ${JSON.stringify(`${origin}/v1`)},\n});\n`;
      return stream
        ? `${head}const stream = client.chat.completions.stream(${indented(rest, 0)});\nfor await (const chunk of stream) {\n  process.stdout.write(chunk.choices[0]?.delta.content ?? '');\n}`
        : `${head}const answer = await client.chat.completions.create(${indented(rest, 0)});\nconsole.log(answer.choices[0].message.content);`;
    }
    case 'Python': {
      const head = `import openclaw\n\nclient = openclaw.Client(api_key=${JSON.stringify(key)}, base_url=${JSON.stringify(`${origin}/v1`)})\n`;
      const fields = Object.entries(rest).map(([name, value]) => `    ${name}=${python(value, 4)},\n`).join('');
      return stream
        ? `${head}with client.chat.completions.stream(\n${fields}) as stream:\n    for chunk in stream:\n        print(chunk.text, end="", flush=True)`
        : `${head}answer = client.chat.completions.create(\n${fields})\nprint(answer.choices[0].message.content)`;
    }
    case 'Go': {
      const messages = rest.messages
        .map((message) => {
          const { role, content } = message as { role: string; content: unknown };
          const text = JSON.stringify(typeof content === 'string' ? content : JSON.stringify(content));
          const make = role === 'system' ? 'System' : role === 'assistant' ? 'Assistant' : 'User';
          return `\t\topenclaw.${make}(${text}),\n`;
        })
        .join('');
      return `client := openclaw.NewClient(${JSON.stringify(key)}, openclaw.WithBaseURL(${JSON.stringify(`${origin}/v1`)}))\nfor chunk, err := range client.Chat.Completions.Stream(ctx, openclaw.ChatParams{\n\tModel: ${JSON.stringify(rest.model)},\n\tMessages: []openclaw.Message{\n${messages}\t},\n}) {\n\tif err != nil {\n\t\treturn err\n\t}\n\tfmt.Print(chunk.Text())\n}`;
    }
  }
}

/** What a program's environment needs. */
export function environment(origin: string, key: string): string {
  return `OPENCLAW_API_KEY=${key}\nOPENCLAW_BASE_URL=${origin}/v1`;
}

export function hello(model: string): Chat['body'] {
  return { model, messages: [{ role: 'user', content: 'Hello' }] };
}
