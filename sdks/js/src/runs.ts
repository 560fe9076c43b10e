import { until, type WaitOptions } from './files.js';
import type { APIPromise } from './promise.js';
import * as generated from './resources.js';
import { runEvents } from './stream.js';
import type { RequestOptions } from './transport.js';
import type { Run, RunEvent, SkillResult } from './types.js';

export class Skills extends generated.Skills {
  /** Executes a command of a skill. */
  execute(id: string, command: string, parameters: object = {}, options?: RequestOptions): APIPromise<SkillResult> {
    const path = `/skills/${encodeURIComponent(id)}/execute`;
    return this.client.request('POST', path, { ...options, body: { command, parameters } });
  }
}

export class Workflows extends generated.Workflows {
  /** Starts a run. */
  run(id: string, parameters: object = {}, options?: RequestOptions): APIPromise<Run> {
    const path = `/workflows/${encodeURIComponent(id)}/runs`;
    return this.client.request('POST', path, { ...options, body: { parameters } });
  }
}

export class Runs extends generated.Runs {
  /** Steps as they begin and end, until the run ends; a broken connection is taken up where it broke off. */
  events(id: string, options: RequestOptions & { lastEventId?: string } = {}): AsyncGenerator<RunEvent> {
    const { lastEventId, ...each } = options;
    const path = `/runs/${encodeURIComponent(id)}/events`;
    const open = (last: string | undefined) =>
      this.client.exchange('GET', path, {
        ...each,
        accept: 'text/event-stream',
        headers: { ...each.headers, ...(last && { 'last-event-id': last }) },
      });
    return runEvents(open, {
      signal: each.signal,
      retries: each.maxRetries ?? this.client.maxRetries,
      lastEventId,
    });
  }

  /** Asks until the run has ended, however it did: look at its `status`. */
  wait(id: string, options: WaitOptions = {}): Promise<Run> {
    return until(options, async () => {
      const run = await this.get(id, options);
      return ['completed', 'failed', 'cancelled'].includes(run.status) ? run : undefined;
    });
  }
}
