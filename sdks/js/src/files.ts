/** Files: small ones go by one form, larger ones in parts, so that they pass whatever a platform lets through. */
import { OpenClawError, TimeoutError } from './errors.js';
import * as generated from './resources.js';
import { type RequestOptions, sleep } from './transport.js';
import type { FileObject, Upload } from './types.js';

/** A `File` or `Blob` (`await openAsBlob(path)` of `node:fs`), bytes, a text, or a stream of bytes. */
export type Uploadable = Blob | ArrayBuffer | Uint8Array | string | ReadableStream<Uint8Array>;

export interface UploadParams {
  purpose: string;
  /** Taken from a `File` where it is absent. */
  filename?: string;
  expires_after?: { anchor: 'created_at'; seconds: number };
}

export interface WaitOptions extends RequestOptions {
  /** Milliseconds after which waiting ends with a `TimeoutError`: 600,000. */
  within?: number;
}

/** Bytes of a part, and the most that goes by one form: API Gateway lets 6 MB through, encoded. */
const PART = 4 * 1024 * 1024;
/** Parts on their way at once. */
const AT_ONCE = 4;

export class Files extends generated.Files {
  /** Uploads a file; it is `uploaded` then, and `wait` waits until it is read. */
  async upload(file: Uploadable, params: UploadParams, options: RequestOptions = {}): Promise<FileObject> {
    const blob = await toBlob(file);
    const filename = params.filename ?? (blob as { name?: string }).name ?? 'file';
    if (blob.size > PART) return this.#inParts(blob, filename, params, options);
    const form = new FormData();
    form.append('purpose', params.purpose);
    for (const [name, value] of Object.entries(params.expires_after ?? {})) {
      form.append(`expires_after[${name}]`, String(value));
    }
    form.append('file', blob, filename);
    return this.client.request<FileObject>('POST', '/files', { ...options, body: form });
  }

  /** The file's bytes. A `Range` header takes a part of them. */
  content(id: string, options: RequestOptions = {}): Promise<Response> {
    const path = `/files/${encodeURIComponent(id)}/content`;
    return this.client.request('GET', path, { ...options, accept: '*/*' }).asResponse();
  }

  /** What was read out of it. */
  async text(id: string, options: RequestOptions = {}): Promise<string> {
    const path = `/files/${encodeURIComponent(id)}/text`;
    return (await this.client.request('GET', path, { ...options, accept: '*/*' }).asResponse()).text();
  }

  /** Asks until the file is `processed`; `failed` is an error that says why. */
  wait(id: string, options: WaitOptions = {}): Promise<FileObject> {
    return until(options, async () => {
      const file = await this.get(id, options);
      if (file.status === 'failed' || file.status === 'error') {
        throw new OpenClawError(`The file ${id} was not processed: ${reason(file.error)}`);
      }
      return file.status === 'processed' ? file : undefined;
    });
  }

  async #inParts(blob: Blob, filename: string, params: UploadParams, options: RequestOptions): Promise<FileObject> {
    const { uploads } = this.client;
    // A key names one request, and these are several.
    const { idempotencyKey, ...each } = options;
    const keyed = (name: string) => (idempotencyKey ? { ...each, idempotencyKey: `${idempotencyKey}-${name}` } : each);
    const upload: Upload = await uploads.create(
      {
        filename,
        purpose: params.purpose,
        bytes: blob.size,
        mime_type: blob.type || 'application/octet-stream',
        ...(params.expires_after && { expires_after: params.expires_after }),
      },
      keyed('create'),
    );
    try {
      const ids: string[] = [];
      let next = 0;
      let failed = false;
      const send = async () => {
        for (let n = next++; n * PART < blob.size && !failed; n = next++) {
          const form = new FormData();
          form.append('data', blob.slice(n * PART, (n + 1) * PART), 'part');
          const path = `/uploads/${upload.id}/parts`;
          const part = await this.client.request<{ id: string }>('POST', path, { ...keyed(`${n}`), body: form });
          ids[n] = part.id;
        }
      };
      const stop = (failure: unknown) => {
        failed = true;
        throw failure;
      };
      // What is on its way ends before the upload is given up.
      const sent = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => send().catch(stop)));
      for (const each of sent) if (each.status === 'rejected') throw each.reason;
      return (await uploads.complete(upload.id, { part_ids: ids }, keyed('complete'))).file as FileObject;
    } catch (failure) {
      // It would expire by itself; until then its bytes count as storage.
      await uploads.cancel(upload.id, { maxRetries: 0 }).catch(() => {});
      throw failure;
    }
  }
}

async function toBlob(file: Uploadable): Promise<Blob> {
  if (file instanceof Blob) return file;
  if (file instanceof ReadableStream) return new Response(file).blob();
  return new Blob([file as BlobPart]);
}

function reason(error: unknown): string {
  return typeof error === 'string'
    ? error
    : ((error as { message?: string } | undefined)?.message ?? 'no reason given');
}

/** Calls `ask` until it gives something, ever more rarely. */
export async function until<T>(options: WaitOptions, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + (options.within ?? 600_000);
  for (let pause = 250; ; pause = Math.min(pause * 1.5, 5000)) {
    const found = await ask();
    if (found !== undefined) return found;
    if (Date.now() + pause > deadline) throw new TimeoutError('What was waited for did not end in time');
    await sleep(pause, options.signal);
  }
}
