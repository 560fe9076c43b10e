/** One model's side of a conversation: what was said, and what the answer costs while it comes. */

import { AbortError, StreamInterruptedError } from '@openclaw/client';
import { client, failure, type Failure } from '../../lib/api.ts';

export interface Step {
  kind: 'skill' | 'tool';
  name: string;
  text: string;
}

export interface Turn {
  role: 'user' | 'assistant';
  text: string;
  reasoning?: string;
  steps?: Step[];
  fileIds?: string[];
  failed?: Failure;
  stopped?: boolean;
  stats?: Stats;
}

export interface Stats {
  /** Milliseconds. */
  firstToken: number | null;
  total: number;
  promptTokens: number | null;
  completionTokens: number | null;
  /** Pieces that came: about as many tokens, until the answer says how many there were. */
  pieces: number;
  cost: number | null;
  provider: string;
  attempts: string;
  cache: string;
  requestId: string;
}

export interface Settings {
  system: string;
  temperature: number | null;
  topP: number | null;
  maxTokens: number | null;
  skills: string[];
}

/** The request's body for a conversation: what is not set is left to the model. */
export function request(model: string, turns: Turn[], settings: Settings) {
  const said = turns
    .filter(({ role, text }) => role === 'user' || text)
    .map(({ role, text, fileIds }) => ({ role, content: text, ...(fileIds?.length ? { file_ids: fileIds } : {}) }));
  return {
    model,
    messages: settings.system.trim() ? [{ role: 'system', content: settings.system }, ...said] : said,
    ...(settings.temperature === null ? {} : { temperature: settings.temperature }),
    ...(settings.topP === null ? {} : { top_p: settings.topP }),
    ...(settings.maxTokens === null ? {} : { max_tokens: settings.maxTokens }),
    ...(settings.skills.length ? { skills: settings.skills } : {}),
  };
}

export class Pane {
  readonly id = crypto.randomUUID?.() ?? String(Math.random());
  model = $state('');
  turns = $state<Turn[]>([]);
  running = $state(false);
  /** Said when an answer is whole, for those who hear the page. */
  announced = $state('');
  #abort: AbortController | undefined;

  constructor(model: string) {
    this.model = model;
  }

  get cost(): number {
    return this.turns.reduce((sum, { stats }) => sum + (stats?.cost ?? 0), 0);
  }

  stop(): void {
    this.#abort?.abort();
  }

  async send(text: string, fileIds: string[], settings: Settings): Promise<void> {
    this.turns.push({ role: 'user', text, fileIds });
    const body = request(this.model, this.turns, settings);
    this.turns.push({ role: 'assistant', text: '', reasoning: '', steps: [] });
    const turn = this.turns[this.turns.length - 1] as Turn;
    const abort = new AbortController();
    this.#abort = abort;
    this.running = true;
    const began = performance.now();
    const stats: Stats = { firstToken: null, total: 0, promptTokens: null, completionTokens: null, pieces: 0, cost: null, provider: '', attempts: '', cache: '', requestId: '' };
    turn.stats = stats;
    const shown = turn.stats;
    // What comes between two frames is shown in one.
    let text_ = '';
    let reasoning = '';
    let frame = 0;
    const flush = () => {
      frame = 0;
      turn.text = text_;
      turn.reasoning = reasoning;
      shown.total = performance.now() - began;
    };
    try {
      const opened = client().chat.completions.stream(
        { ...body, stream_options: { include_usage: true } } as any,
        { signal: abort.signal, maxRetries: 0 },
      );
      const { data: stream, response } = await opened.withResponse();
      const header = (name: string) => response.headers.get(name) ?? '';
      Object.assign(shown, { provider: header('x-openclaw-provider'), attempts: header('x-openclaw-attempts'), cache: header('x-openclaw-cache'), requestId: header('x-request-id') });
      const tools: Record<number, Step> = {};
      for await (const chunk of stream) {
        const delta = chunk.choices?.[0]?.delta;
        if (delta?.content || delta?.reasoning_content || delta?.tool_calls) shown.firstToken ??= performance.now() - began;
        if (delta?.content || delta?.reasoning_content) shown.pieces += 1;
        text_ += delta?.content ?? '';
        reasoning += delta?.reasoning_content ?? '';
        for (const call of (delta?.tool_calls ?? []) as any[]) {
          const at = call.index ?? 0;
          if (!tools[at]) {
            turn.steps?.push({ kind: 'tool', name: call.function?.name ?? 'tool', text: '' });
            tools[at] = turn.steps?.[turn.steps.length - 1] as Step;
          }
          (tools[at] as Step).text += call.function?.arguments ?? '';
        }
        const skill = (chunk as any).openclaw?.skill;
        if (skill) turn.steps?.push({ kind: 'skill', name: `${skill.skill} · ${skill.command}`, text: [skill.status, skill.duration_ms != null ? `${skill.duration_ms} ms` : ''].filter(Boolean).join(', ') });
        if (chunk.usage) {
          shown.promptTokens = chunk.usage.prompt_tokens;
          shown.completionTokens = chunk.usage.completion_tokens;
          shown.cost = chunk.usage.cost ?? null;
        }
        frame ||= requestAnimationFrame(flush);
      }
    } catch (error) {
      if (error instanceof AbortError || abort.signal.aborted) turn.stopped = true;
      else {
        turn.failed = failure(error);
        if (error instanceof StreamInterruptedError) text_ = error.partial || text_;
      }
    } finally {
      cancelAnimationFrame(frame);
      flush();
      this.running = false;
      this.announced = turn.failed ? turn.failed.message : turn.stopped ? 'Stopped.' : text_;
    }
  }
}
