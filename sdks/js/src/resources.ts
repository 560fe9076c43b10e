// Written by sdks/generate: change surface.json or the template there.
import type { List } from './list.js';
import type { APIPromise } from './promise.js';
import { Resource, segment } from './resource.js';
import type { RequestOptions } from './transport.js';
import type * as T from './types.js';

export class Embeddings extends Resource {
  /** Vectors for texts. `POST /embeddings` */
  create(params: T.EmbeddingParams, options?: RequestOptions): APIPromise<T.Embeddings> {
    return this.client.request('POST', '/embeddings', { ...options, body: params });
  }
}

export class Models extends Resource {
  /** The models that can be called. `GET /models` */
  list(params: T.PageParams = {}, options?: RequestOptions): List<T.Model> {
    return this.client.list('/models', params, options);
  }

  /** One model. `GET /models/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Model> {
    return this.client.request('GET', `/models/${segment(id)}`, options);
  }

  /** Adds a model, for the operator. `POST /models` */
  create(params: any, options?: RequestOptions): APIPromise<T.Model> {
    return this.client.request('POST', '/models', { ...options, body: params });
  }

  /** Changes a model, for the operator. `PATCH /models/{id}` */
  update(id: string, params: any, options?: RequestOptions): APIPromise<T.Model> {
    return this.client.request('PATCH', `/models/${segment(id)}`, { ...options, body: params });
  }

  /** Removes a model, for the operator. `DELETE /models/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/models/${segment(id)}`, options);
  }
}

export class Skills extends Resource {
  /** The skills that are installed. `GET /skills` */
  list(params: T.PageParams = {}, options?: RequestOptions): List<T.Skill> {
    return this.client.list('/skills', params, options);
  }

  /** One skill, its commands with their schemas. `GET /skills/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Skill> {
    return this.client.request('GET', `/skills/${segment(id)}`, options);
  }

  /** Installs a skill by its manifest. `POST /skills` */
  create(params: T.SkillManifest, options?: RequestOptions): APIPromise<T.Skill> {
    return this.client.request('POST', '/skills', { ...options, body: params });
  }

  /** Installs another manifest in its place. `PUT /skills/{id}` */
  replace(id: string, params: T.SkillManifest, options?: RequestOptions): APIPromise<T.Skill> {
    return this.client.request('PUT', `/skills/${segment(id)}`, { ...options, body: params });
  }

  /** Enables or disables a skill. `PATCH /skills/{id}` */
  update(id: string, params: T.SkillUpdate, options?: RequestOptions): APIPromise<T.Skill> {
    return this.client.request('PATCH', `/skills/${segment(id)}`, { ...options, body: params });
  }

  /** Removes a skill. `DELETE /skills/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/skills/${segment(id)}`, options);
  }

  /** Sets a skill's secrets, which are never shown again. `PUT /skills/{id}/secrets` */
  setSecrets(id: string, params: T.Secrets, options?: RequestOptions): APIPromise<any> {
    return this.client.request('PUT', `/skills/${segment(id)}/secrets`, { ...options, body: params });
  }

  /** Reads the tools of a skill's MCP server again. `POST /skills/{id}/refresh` */
  refresh(id: string, options?: RequestOptions): APIPromise<T.Skill> {
    return this.client.request('POST', `/skills/${segment(id)}/refresh`, options);
  }

  /** A skill's last executions. `GET /skills/{id}/executions` */
  executions(id: string, params: T.PageParams = {}, options?: RequestOptions): List<T.SkillExecution> {
    return this.client.list(`/skills/${segment(id)}/executions`, params, options);
  }
}

export class Workflows extends Resource {
  /** The workflows. `GET /workflows` */
  list(params: T.PageParams = {}, options?: RequestOptions): List<T.Workflow> {
    return this.client.list('/workflows', params, options);
  }

  /** One workflow. `GET /workflows/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Workflow> {
    return this.client.request('GET', `/workflows/${segment(id)}`, options);
  }

  /** Makes a workflow. `POST /workflows` */
  create(params: T.WorkflowParams, options?: RequestOptions): APIPromise<T.Workflow> {
    return this.client.request('POST', '/workflows', { ...options, body: params });
  }

  /** Puts another definition in its place; runs keep theirs. `PUT /workflows/{id}` */
  replace(id: string, params: T.WorkflowParams, options?: RequestOptions): APIPromise<T.Workflow> {
    return this.client.request('PUT', `/workflows/${segment(id)}`, { ...options, body: params });
  }

  /** Removes a workflow. `DELETE /workflows/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/workflows/${segment(id)}`, options);
  }

  /** The runs of a workflow. `GET /workflows/{id}/runs` */
  runs(id: string, params: T.RunListParams = {}, options?: RequestOptions): List<T.Run> {
    return this.client.list(`/workflows/${segment(id)}/runs`, params, options);
  }
}

export class Runs extends Resource {
  /** The runs of all workflows. `GET /runs` */
  list(params: T.RunListParams = {}, options?: RequestOptions): List<T.Run> {
    return this.client.list('/runs', params, options);
  }

  /** A run with its steps. `GET /runs/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Run> {
    return this.client.request('GET', `/runs/${segment(id)}`, options);
  }

  /** Ends a run. `POST /runs/{id}/cancel` */
  cancel(id: string, options?: RequestOptions): APIPromise<T.Run> {
    return this.client.request('POST', `/runs/${segment(id)}/cancel`, options);
  }

  /** Runs it again, or from a step on. `POST /runs/{id}/rerun` */
  rerun(id: string, params: T.RerunParams = {}, options?: RequestOptions): APIPromise<T.Run> {
    return this.client.request('POST', `/runs/${segment(id)}/rerun`, { ...options, body: params });
  }
}

export class Files extends Resource {
  /** The files, the newest first. `GET /files` */
  list(params: T.FileListParams = {}, options?: RequestOptions): List<T.FileObject> {
    return this.client.list('/files', params, options);
  }

  /** One file. `GET /files/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.FileObject> {
    return this.client.request('GET', `/files/${segment(id)}`, options);
  }

  /** Removes a file. `DELETE /files/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/files/${segment(id)}`, options);
  }
}

export class Uploads extends Resource {
  /** Begins an upload in parts. `POST /uploads` */
  create(params: T.UploadCreate, options?: RequestOptions): APIPromise<T.Upload> {
    return this.client.request('POST', '/uploads', { ...options, body: params });
  }

  /** Makes a file of the parts. `POST /uploads/{id}/complete` */
  complete(id: string, params: T.UploadComplete, options?: RequestOptions): APIPromise<T.Upload> {
    return this.client.request('POST', `/uploads/${segment(id)}/complete`, { ...options, body: params });
  }

  /** Gives an upload up. `POST /uploads/{id}/cancel` */
  cancel(id: string, options?: RequestOptions): APIPromise<T.Upload> {
    return this.client.request('POST', `/uploads/${segment(id)}/cancel`, options);
  }
}

export class Analytics extends Resource {
  /** Requests, tokens and cost of a time. `GET /analytics/usage` */
  usage(params: T.UsageParams = {}, options?: RequestOptions): APIPromise<T.UsageReport> {
    return this.client.request('GET', '/analytics/usage', { ...options, query: params });
  }

  /** The request log, the newest first. `GET /analytics/requests` */
  requests(params: T.RequestLogParams = {}, options?: RequestOptions): List<T.RequestLogEntry> {
    return this.client.list('/analytics/requests', params, options);
  }

  /** One request with its attempts. `GET /analytics/requests/{id}` */
  request(id: string, options?: RequestOptions): APIPromise<T.RequestLogEntry> {
    return this.client.request('GET', `/analytics/requests/${segment(id)}`, options);
  }
}

export class Audit extends Resource {
  /** Who changed what. `GET /audit` */
  list(params: T.AuditParams = {}, options?: RequestOptions): List<T.AuditEntry> {
    return this.client.list('/audit', params, options);
  }
}

export class Keys extends Resource {
  /** The account's keys. `GET /keys` */
  list(params: T.KeyListParams = {}, options?: RequestOptions): List<T.Key> {
    return this.client.list('/keys', params, options);
  }

  /** One key. `GET /keys/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Key> {
    return this.client.request('GET', `/keys/${segment(id)}`, options);
  }

  /** Makes a key, whose text is shown this once. `POST /keys` */
  create(params: T.KeyCreate, options?: RequestOptions): APIPromise<T.Key> {
    return this.client.request('POST', '/keys', { ...options, body: params });
  }

  /** Changes a key: what is absent stays, null removes. `PATCH /keys/{id}` */
  update(id: string, params: T.KeyUpdate, options?: RequestOptions): APIPromise<T.Key> {
    return this.client.request('PATCH', `/keys/${segment(id)}`, { ...options, body: params });
  }

  /** A new text; the old one works on for the grace period. `POST /keys/{id}/rotate` */
  rotate(id: string, params: T.RotateParams = {}, options?: RequestOptions): APIPromise<T.Key> {
    return this.client.request('POST', `/keys/${segment(id)}/rotate`, { ...options, body: params });
  }

  /** Revokes a key for good. `DELETE /keys/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/keys/${segment(id)}`, options);
  }
}

export class Account extends Resource {
  /** Whose key this is, and what is left to it. `GET /account` */
  get(options?: RequestOptions): APIPromise<T.AccountInfo> {
    return this.client.request('GET', '/account', options);
  }
}

export class Accounts extends Resource {
  /** All accounts, for the operator. `GET /accounts` */
  list(params: T.PageParams = {}, options?: RequestOptions): List<T.Account> {
    return this.client.list('/accounts', params, options);
  }

  /** One account. `GET /accounts/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Account> {
    return this.client.request('GET', `/accounts/${segment(id)}`, options);
  }

  /** Makes an account. `POST /accounts` */
  create(params: T.AccountCreate, options?: RequestOptions): APIPromise<T.Account> {
    return this.client.request('POST', '/accounts', { ...options, body: params });
  }

  /** Changes an account. `PATCH /accounts/{id}` */
  update(id: string, params: T.AccountUpdate, options?: RequestOptions): APIPromise<T.Account> {
    return this.client.request('PATCH', `/accounts/${segment(id)}`, { ...options, body: params });
  }

  /** Deletes an account with what it has. `DELETE /accounts/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/accounts/${segment(id)}`, options);
  }
}

export class Providers extends Resource {
  /** The providers, for the operator. `GET /providers` */
  list(params: T.PageParams = {}, options?: RequestOptions): List<T.Provider> {
    return this.client.list('/providers', params, options);
  }

  /** One provider. `GET /providers/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Provider> {
    return this.client.request('GET', `/providers/${segment(id)}`, options);
  }

  /** Adds a provider. `POST /providers` */
  create(params: any, options?: RequestOptions): APIPromise<T.Provider> {
    return this.client.request('POST', '/providers', { ...options, body: params });
  }

  /** Changes a provider. `PATCH /providers/{id}` */
  update(id: string, params: any, options?: RequestOptions): APIPromise<T.Provider> {
    return this.client.request('PATCH', `/providers/${segment(id)}`, { ...options, body: params });
  }

  /** Removes a provider. `DELETE /providers/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/providers/${segment(id)}`, options);
  }

  /** Calls a provider to see whether it answers. `POST /providers/{id}/test` */
  test(id: string, params: any = {}, options?: RequestOptions): APIPromise<any> {
    return this.client.request('POST', `/providers/${segment(id)}/test`, { ...options, body: params });
  }
}

export class Config extends Resource {
  /** The configuration that counts, with its version. `GET /config` */
  get(options?: RequestOptions): APIPromise<any> {
    return this.client.request('GET', '/config', options);
  }

  /** Puts another one in its place; 409 where somebody was quicker. `PUT /config` */
  replace(params: any, options?: RequestOptions): APIPromise<any> {
    return this.client.request('PUT', '/config', { ...options, body: params });
  }

  /** Earlier versions. `GET /config/history` */
  history(params: T.PageParams = {}, options?: RequestOptions): List<any> {
    return this.client.list('/config/history', params, options);
  }

  /** Goes back to an earlier version. `POST /config/rollback` */
  rollback(params: any, options?: RequestOptions): APIPromise<any> {
    return this.client.request('POST', '/config/rollback', { ...options, body: params });
  }
}

export class Health extends Resource {
  /** Whether the service is well; needs no key. `GET /health` */
  get(options?: RequestOptions): APIPromise<T.HealthReport> {
    return this.client.request('GET', '/health', options);
  }

  /** 503 while something that it depends on is down. `GET /health/ready` */
  ready(options?: RequestOptions): APIPromise<T.HealthReport> {
    return this.client.request('GET', '/health/ready', options);
  }
}

export class Webhooks extends Resource {
  /** The endpoints that are told of events. `GET /webhooks` */
  list(params: T.PageParams = {}, options?: RequestOptions): List<T.Webhook> {
    return this.client.list('/webhooks', params, options);
  }

  /** One endpoint. `GET /webhooks/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Webhook> {
    return this.client.request('GET', `/webhooks/${segment(id)}`, options);
  }

  /** Adds an endpoint; its secret is shown this once. `POST /webhooks` */
  create(params: T.WebhookCreate, options?: RequestOptions): APIPromise<T.Webhook> {
    return this.client.request('POST', '/webhooks', { ...options, body: params });
  }

  /** Changes an endpoint. `PATCH /webhooks/{id}` */
  update(id: string, params: T.WebhookUpdate, options?: RequestOptions): APIPromise<T.Webhook> {
    return this.client.request('PATCH', `/webhooks/${segment(id)}`, { ...options, body: params });
  }

  /** Removes an endpoint. `DELETE /webhooks/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/webhooks/${segment(id)}`, options);
  }

  /** A new secret; both sign for the grace period. `POST /webhooks/{id}/rotate` */
  rotate(id: string, params: T.RotateParams = {}, options?: RequestOptions): APIPromise<T.Webhook> {
    return this.client.request('POST', `/webhooks/${segment(id)}/rotate`, { ...options, body: params });
  }

  /** Sends an event to see whether it arrives. `POST /webhooks/{id}/test` */
  test(id: string, params: T.WebhookTest, options?: RequestOptions): APIPromise<any> {
    return this.client.request('POST', `/webhooks/${segment(id)}/test`, { ...options, body: params });
  }

  /** Sends again what failed since a time. `POST /webhooks/{id}/recover` */
  recover(id: string, params: T.WebhookRecover, options?: RequestOptions): APIPromise<any> {
    return this.client.request('POST', `/webhooks/${segment(id)}/recover`, { ...options, body: params });
  }

  /** What was sent, the newest first. `GET /webhooks/deliveries` */
  deliveries(params: T.DeliveryListParams = {}, options?: RequestOptions): List<T.Delivery> {
    return this.client.list('/webhooks/deliveries', params, options);
  }

  /** One delivery with its attempts. `GET /webhooks/deliveries/{id}` */
  delivery(id: string, options?: RequestOptions): APIPromise<T.Delivery> {
    return this.client.request('GET', `/webhooks/deliveries/${segment(id)}`, options);
  }

  /** Sends an event once more. `POST /webhooks/deliveries/{id}/redeliver` */
  redeliver(id: string, options?: RequestOptions): APIPromise<T.Delivery> {
    return this.client.request('POST', `/webhooks/deliveries/${segment(id)}/redeliver`, options);
  }
}
