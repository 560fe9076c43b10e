/** Settings for what people point at a gateway, each as it is pasted. */

export interface Target {
  id: string;
  name: string;
  kind: 'Code' | 'Editors and agents' | 'Chat and automation' | 'MCP';
  /** Where it goes. */
  where: string;
  text: string;
}

export function targets(origin: string, key: string, model: string): Target[] {
  const base = `${origin}/v1`;
  const json = (value: unknown) => JSON.stringify(value, null, 2);
  return [
    { id: 'curl', name: 'curl', kind: 'Code', where: 'a shell', text: `curl ${base}/chat/completions \\\n  -H 'Authorization: Bearer ${key}' \\\n  -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] })}'` },
    { id: 'openai', name: 'OpenAI SDK (Python)', kind: 'Code', where: 'your program', text: `from openai import OpenAI\n\nclient = OpenAI(base_url="${base}", api_key="${key}")\nanswer = client.chat.completions.create(\n    model="${model}",\n    messages=[{"role": "user", "content": "Hello"}],\n)\nprint(answer.choices[0].message.content)` },
    { id: 'openai-node', name: 'OpenAI SDK (JavaScript)', kind: 'Code', where: 'your program', text: `import OpenAI from 'openai';\n\nconst client = new OpenAI({ baseURL: '${base}', apiKey: '${key}' });\nconst answer = await client.chat.completions.create({\n  model: '${model}',\n  messages: [{ role: 'user', content: 'Hello' }],\n});\nconsole.log(answer.choices[0].message.content);` },
    { id: 'anthropic', name: 'Anthropic SDK', kind: 'Code', where: 'your program', text: `from anthropic import Anthropic\n\nclient = Anthropic(base_url="${origin}", api_key="${key}")\nanswer = client.messages.create(\n    model="${model}",\n    max_tokens=1024,\n    messages=[{"role": "user", "content": "Hello"}],\n)\nprint(answer.content[0].text)` },
    { id: 'ours-js', name: 'OpenClaw (JavaScript)', kind: 'Code', where: 'your program', text: `import { OpenClawClient } from '@openclaw/client';\n\nconst client = new OpenClawClient({ apiKey: '${key}', baseURL: '${base}' });\nfor await (const chunk of client.chat.completions.stream({ model: '${model}', messages: [{ role: 'user', content: 'Hello' }] })) {\n  process.stdout.write(chunk.choices[0]?.delta.content ?? '');\n}` },
    { id: 'ours-python', name: 'OpenClaw (Python)', kind: 'Code', where: 'your program', text: `import openclaw\n\nclient = openclaw.Client(api_key="${key}", base_url="${base}")\nwith client.chat.completions.stream(model="${model}", messages=[{"role": "user", "content": "Hello"}]) as stream:\n    for chunk in stream:\n        print(chunk.text, end="", flush=True)` },
    { id: 'ours-go', name: 'OpenClaw (Go)', kind: 'Code', where: 'your program', text: `client := openclaw.NewClient("${key}", openclaw.WithBaseURL("${base}"))\nfor chunk, err := range client.Chat.Completions.Stream(ctx, openclaw.ChatParams{\n\tModel: "${model}", Messages: []openclaw.Message{openclaw.User("Hello")}}) {\n\tif err != nil {\n\t\treturn err\n\t}\n\tfmt.Print(chunk.Text())\n}` },
    { id: 'ai-sdk', name: 'Vercel AI SDK', kind: 'Code', where: 'your program', text: `import { createOpenAICompatible } from '@ai-sdk/openai-compatible';\nimport { streamText } from 'ai';\n\nconst openclaw = createOpenAICompatible({ name: 'openclaw', baseURL: '${base}', apiKey: '${key}' });\nconst { textStream } = streamText({ model: openclaw('${model}'), prompt: 'Hello' });\nfor await (const text of textStream) process.stdout.write(text);` },
    { id: 'langchain', name: 'LangChain', kind: 'Code', where: 'your program', text: `from langchain_openai import ChatOpenAI\n\nmodel = ChatOpenAI(model="${model}", base_url="${base}", api_key="${key}")\nprint(model.invoke("Hello").content)` },
    { id: 'codex', name: 'Codex', kind: 'Editors and agents', where: '~/.codex/config.toml, with OPENCLAW_API_KEY set', text: `model = "${model}"\nmodel_provider = "openclaw"\n\n[model_providers.openclaw]\nname = "OpenClaw"\nbase_url = "${base}"\nenv_key = "OPENCLAW_API_KEY"\nwire_api = "responses"\n\n# export OPENCLAW_API_KEY=${key}` },
    { id: 'claude-code', name: 'Claude Code', kind: 'Editors and agents', where: 'a shell', text: `export ANTHROPIC_BASE_URL=${origin}\nexport ANTHROPIC_AUTH_TOKEN=${key}\nexport ANTHROPIC_MODEL=${model}\nclaude` },
    { id: 'cursor', name: 'Cursor', kind: 'Editors and agents', where: 'Settings → Models → API Keys → OpenAI', text: `OpenAI API Key:           ${key}\nOverride OpenAI Base URL: ${base}\nModel:                    ${model}` },
    { id: 'cline', name: 'Cline', kind: 'Editors and agents', where: 'Settings → API Provider → OpenAI Compatible', text: `Base URL: ${base}\nAPI Key:  ${key}\nModel ID: ${model}` },
    { id: 'continue', name: 'Continue', kind: 'Editors and agents', where: '~/.continue/config.yaml', text: `models:\n  - name: OpenClaw\n    provider: openai\n    model: ${model}\n    apiBase: ${base}\n    apiKey: ${key}\n    roles: [chat, edit, apply]` },
    { id: 'opencode', name: 'OpenCode', kind: 'Editors and agents', where: 'opencode.json', text: json({ $schema: 'https://opencode.ai/config.json', provider: { openclaw: { npm: '@ai-sdk/openai-compatible', name: 'OpenClaw', options: { baseURL: base, apiKey: key }, models: { [model]: { name: model } } } } }) },
    { id: 'open-webui', name: 'Open WebUI', kind: 'Chat and automation', where: 'its environment', text: `OPENAI_API_BASE_URL=${base}\nOPENAI_API_KEY=${key}` },
    { id: 'n8n', name: 'n8n', kind: 'Chat and automation', where: 'Credentials → OpenAI', text: `API Key:  ${key}\nBase URL: ${base}` },
    { id: 'mcp', name: 'MCP client', kind: 'MCP', where: 'the client’s mcpServers', text: json({ mcpServers: { openclaw: { type: 'http', url: `${base}/mcp`, headers: { Authorization: `Bearer ${key}` } } } }) },
    { id: 'mcp-claude', name: 'Claude Code, as MCP', kind: 'MCP', where: 'a shell', text: `claude mcp add --transport http openclaw ${base}/mcp --header 'Authorization: Bearer ${key}'` },
  ];
}
