/** Sending a file with progress: `fetch` cannot tell how much has left. */

import { APIError } from '@openclaw/client';
import { baseURL, session } from './session.svelte.ts';
import type { FileObject } from './types.ts';

export function upload(file: File, purpose: string, onprogress: (share: number) => void, signal: AbortSignal): Promise<FileObject> {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.append('purpose', purpose);
    form.append('file', file);
    const request = new XMLHttpRequest();
    request.open('POST', `${baseURL}/files/upload`);
    request.setRequestHeader('authorization', `Bearer ${session.token?.token ?? ''}`);
    request.upload.onprogress = (event) => event.lengthComputable && onprogress(event.loaded / event.total);
    request.onload = () => {
      let body: any;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        body = {};
      }
      if (request.status < 300) return resolve(body);
      if (request.status === 401) session.expired = true;
      const id = request.getResponseHeader('x-request-id');
      const error = body.error ?? { message: `HTTP ${request.status}` };
      reject(new APIError(request.status, new Headers(id ? { 'x-request-id': id } : {}), error));
    };
    request.onerror = () => reject(new TypeError('The upload broke off'));
    request.onabort = () => reject(new DOMException('Aborted', 'AbortError'));
    signal.addEventListener('abort', () => request.abort());
    request.send(form);
  });
}
