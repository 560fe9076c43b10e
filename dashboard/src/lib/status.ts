/** How a request, delivery or run stands: its words and its tone. */
import type { LoggedRequest } from './types.ts';

export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'accent';

export function requestTone(request: Pick<LoggedRequest, 'status'>): Tone {
  return request.status === 'completed' ? 'good' : request.status === 'failed' ? 'bad' : 'warn';
}

export function requestWords(request: Pick<LoggedRequest, 'status' | 'http_status' | 'code'>): string {
  if (request.status === 'interrupted') return 'cancelled';
  const number = request.http_status;
  return request.status === 'completed' ? String(number ?? 'ok') : [number, request.code].filter(Boolean).join(' ') || 'failed';
}

const TONES: Record<string, Tone> = {
  completed: 'good', delivered: 'good', processed: 'good', active: 'good', enabled: 'good',
  failed: 'bad', running: 'accent', pending: 'accent', processing: 'accent', queued: 'neutral', uploaded: 'neutral',
  waiting: 'warn', cancelled: 'neutral', skipped: 'neutral', disabled: 'neutral', suspended: 'bad',
};

export const tone = (status: string): Tone => TONES[status] ?? 'neutral';
