// Written by sdks/generate: change the API's document, surface.json or the template there.
import type { List } from './list.js';
import type { APIPromise } from './promise.js';
import { Resource, segment } from './resource.js';
import type { RequestOptions } from './transport.js';
import type * as T from './types.js';

export class Embeddings extends Resource {
  /** Turn texts into vectors. `POST /embeddings` */
  create(body: Record<string, any>, options?: RequestOptions): APIPromise<Record<string, any>> {
    return this.client.request('POST', '/embeddings', { ...options, body });
  }
}

export class Models extends Resource {
  /** List the models, all on one page. `GET /models` */
  list(query: { after?: string; limit?: number } = {}, options?: RequestOptions): List<T.Model> {
    return this.client.list('/models', query, options);
  }

  /** Show a model. `GET /models/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Model> {
    return this.client.request('GET', `/models/${segment(id)}`, options);
  }

  /** Add a model. `POST /models` */
  create(body: Record<string, any>, options?: RequestOptions): APIPromise<T.ConfigurationRow> {
    return this.client.request('POST', '/models', { ...options, body });
  }

  /** Change a model. `PATCH /models/{id}` */
  update(id: string, body: Record<string, any>, options?: RequestOptions): APIPromise<T.ConfigurationRow> {
    return this.client.request('PATCH', `/models/${segment(id)}`, { ...options, body });
  }

  /** Remove what run time says of a model. `DELETE /models/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/models/${segment(id)}`, options);
  }
}

export class Skills extends Resource {
  /** List the skills, without their commands. `GET /skills` */
  list(query: { after?: string; limit?: number } = {}, options?: RequestOptions): List<T.Skill> {
    return this.client.list('/skills', query, options);
  }

  /** Show a skill with its commands. `GET /skills/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Skill> {
    return this.client.request('GET', `/skills/${segment(id)}`, options);
  }

  /** Install a skill. `POST /skills` */
  create(body: T.SkillManifest, options?: RequestOptions): APIPromise<T.Skill> {
    return this.client.request('POST', '/skills', { ...options, body });
  }

  /** Install a skill in place of another. `PUT /skills/{id}` */
  replace(id: string, body: T.SkillManifest, options?: RequestOptions): APIPromise<T.Skill> {
    return this.client.request('PUT', `/skills/${segment(id)}`, { ...options, body });
  }

  /** Enable or disable a skill. `PATCH /skills/{id}` */
  update(id: string, body: T.UpdateSkill, options?: RequestOptions): APIPromise<T.Skill> {
    return this.client.request('PATCH', `/skills/${segment(id)}`, { ...options, body });
  }

  /** Remove a skill and its secrets. `DELETE /skills/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/skills/${segment(id)}`, options);
  }

  /** Set a skill's secrets by name. `PUT /skills/{id}/secrets` */
  setSecrets(id: string, body: Record<string, any>, options?: RequestOptions): APIPromise<T.SecretNames> {
    return this.client.request('PUT', `/skills/${segment(id)}/secrets`, { ...options, body });
  }

  /** Read the tools of its MCP server again. `POST /skills/{id}/refresh` */
  refresh(id: string, options?: RequestOptions): APIPromise<T.Skill> {
    return this.client.request('POST', `/skills/${segment(id)}/refresh`, options);
  }

  /** List the last executions. `GET /skills/{id}/executions` */
  executions(id: string, query: { after?: string; limit?: number } = {}, options?: RequestOptions): List<T.SkillExecution> {
    return this.client.list(`/skills/${segment(id)}/executions`, query, options);
  }
}

export class Workflows extends Resource {
  /** List the workflows. `GET /workflows` */
  list(query: { after?: string; limit?: number } = {}, options?: RequestOptions): List<T.Workflow> {
    return this.client.list('/workflows', query, options);
  }

  /** Show a workflow. `GET /workflows/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Workflow> {
    return this.client.request('GET', `/workflows/${segment(id)}`, options);
  }

  /** Create a workflow. `POST /workflows` */
  create(body: T.WorkflowDefinition, options?: RequestOptions): APIPromise<T.Workflow> {
    return this.client.request('POST', '/workflows', { ...options, body });
  }

  /** Put a definition in place. `PUT /workflows/{id}` */
  replace(id: string, body: T.WorkflowDefinition, options?: RequestOptions): APIPromise<T.Workflow> {
    return this.client.request('PUT', `/workflows/${segment(id)}`, { ...options, body });
  }

  /** Enable or disable a workflow. `PATCH /workflows/{id}` */
  update(id: string, body: T.UpdateWorkflow, options?: RequestOptions): APIPromise<T.Workflow> {
    return this.client.request('PATCH', `/workflows/${segment(id)}`, { ...options, body });
  }

  /** Remove a workflow. `DELETE /workflows/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/workflows/${segment(id)}`, options);
  }

  /** List the runs of a workflow, the newest first. `GET /workflows/{id}/runs` */
  runs(id: string, query: { status?: T.RunStatus; workflow?: string; after?: string; limit?: number } = {}, options?: RequestOptions): List<T.Run> {
    return this.client.list(`/workflows/${segment(id)}/runs`, query, options);
  }
}

export class Runs extends Resource {
  /** List the runs, the newest first. `GET /runs` */
  list(query: { status?: T.RunStatus; workflow?: string; after?: string; limit?: number } = {}, options?: RequestOptions): List<T.Run> {
    return this.client.list('/runs', query, options);
  }

  /** Show a run with its steps. `GET /runs/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Run> {
    return this.client.request('GET', `/runs/${segment(id)}`, options);
  }

  /** Show a step with its whole result. `GET /runs/{id}/steps/{step}` */
  step(id: string, step: string, options?: RequestOptions): APIPromise<T.RunStep> {
    return this.client.request('GET', `/runs/${segment(id)}/steps/${segment(step)}`, options);
  }

  /** Send a run an event. `POST /runs/{id}/events` */
  send(id: string, body: T.AddEvent, options?: RequestOptions): APIPromise<T.Run> {
    return this.client.request('POST', `/runs/${segment(id)}/events`, { ...options, body });
  }

  /** End a run. `POST /runs/{id}/cancel` */
  cancel(id: string, options?: RequestOptions): APIPromise<T.Run> {
    return this.client.request('POST', `/runs/${segment(id)}/cancel`, options);
  }

  /** Do a run again, or from a step on. `POST /runs/{id}/rerun` */
  rerun(id: string, body: T.Rerun = {}, options?: RequestOptions): APIPromise<T.Run> {
    return this.client.request('POST', `/runs/${segment(id)}/rerun`, { ...options, body });
  }
}

export class Files extends Resource {
  /** List files, the newest first. `GET /files` */
  list(query: { after?: string; limit?: number; order?: T.SortOrder; purpose?: string } = {}, options?: RequestOptions): List<T.FileObject> {
    return this.client.list('/files', query, options);
  }

  /** Show a file. `GET /files/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.FileObject> {
    return this.client.request('GET', `/files/${segment(id)}`, options);
  }

  /** Delete a file and its bytes. `DELETE /files/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/files/${segment(id)}`, options);
  }
}

export class Uploads extends Resource {
  /** Begin an upload. `POST /uploads` */
  create(body: T.CreateUpload, options?: RequestOptions): APIPromise<T.Upload> {
    return this.client.request('POST', '/uploads', { ...options, body });
  }

  /** Make a file of the parts. `POST /uploads/{id}/complete` */
  complete(id: string, body: T.CompleteUpload, options?: RequestOptions): APIPromise<T.Upload> {
    return this.client.request('POST', `/uploads/${segment(id)}/complete`, { ...options, body });
  }

  /** Take an upload back. `POST /uploads/{id}/cancel` */
  cancel(id: string, options?: RequestOptions): APIPromise<T.Upload> {
    return this.client.request('POST', `/uploads/${segment(id)}/cancel`, options);
  }
}

export class Analytics extends Resource {
  /** Sum up a span of whole UTC hours. `GET /analytics/usage` */
  usage(query: { end?: string; endpoint?: string; group_by?: T.By; interval?: T.Interval; key?: string; model?: string; period?: string; provider?: string; start?: string } = {}, options?: RequestOptions): APIPromise<T.UsageReport> {
    return this.client.request('GET', '/analytics/usage', { ...options, query });
  }

  /** List the account's requests without their content, the newest first. `GET /analytics/requests` */
  requests(query: { after?: string; code?: string; end?: string; endpoint?: string; key?: string; limit?: number; model?: string; provider?: string; request_id?: string; run?: string; start?: string; status?: string; user?: string } = {}, options?: RequestOptions): List<T.RequestView> {
    return this.client.list('/analytics/requests', query, options);
  }

  /** Show a request with its attempts and what each class of token cost. `GET /analytics/requests/{id}` */
  request(id: string, options?: RequestOptions): APIPromise<T.RequestDetail> {
    return this.client.request('GET', `/analytics/requests/${segment(id)}`, options);
  }
}

export class Audit extends Resource {
  /** List changes, the newest first. `GET /audit` */
  list(query: { action?: string; actor?: string; path?: string; since?: string; until?: string; after?: string; limit?: number } = {}, options?: RequestOptions): List<T.AuditEntry> {
    return this.client.list('/audit', query, options);
  }
}

export class Keys extends Resource {
  /** List keys in the order of their ids. `GET /keys` */
  list(query: { account?: string; after?: string; limit?: number } = {}, options?: RequestOptions): List<T.Key> {
    return this.client.list('/keys', query, options);
  }

  /** Show a key and what it has spent. `GET /keys/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Key> {
    return this.client.request('GET', `/keys/${segment(id)}`, options);
  }

  /** Create a key, whose text is shown this once. `POST /keys` */
  create(body: T.CreateKey, options?: RequestOptions): APIPromise<T.NewKey> {
    return this.client.request('POST', '/keys', { ...options, body });
  }

  /** Change a key. `PATCH /keys/{id}` */
  update(id: string, body: T.UpdateKey, options?: RequestOptions): APIPromise<T.Key> {
    return this.client.request('PATCH', `/keys/${segment(id)}`, { ...options, body });
  }

  /** Give a key a new secret, shown this once. `POST /keys/{id}/rotate` */
  rotate(id: string, body: T.RotateKey, options?: RequestOptions): APIPromise<T.NewKey> {
    return this.client.request('POST', `/keys/${segment(id)}/rotate`, { ...options, body });
  }

  /** Revoke a key and its tokens for good. `DELETE /keys/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/keys/${segment(id)}`, options);
  }
}

export class Account extends Resource {
  /** Show whose key this is, and what is left to it. `GET /account` */
  get(options?: RequestOptions): APIPromise<T.CurrentAccount> {
    return this.client.request('GET', '/account', options);
  }
}

export class Guardrails extends Resource {
  /** Show the guardrails. `GET /account/guardrails` */
  get(options?: RequestOptions): APIPromise<T.AccountGuardrails> {
    return this.client.request('GET', '/account/guardrails', options);
  }

  /** Set the guardrails, in place of all that were there. `PUT /account/guardrails` */
  set(body: T.AccountGuardrailsInput, options?: RequestOptions): APIPromise<T.AccountGuardrails> {
    return this.client.request('PUT', '/account/guardrails', { ...options, body });
  }
}

export class Accounts extends Resource {
  /** List accounts in the order of their ids. `GET /accounts` */
  list(query: { after?: string; limit?: number } = {}, options?: RequestOptions): List<T.Account> {
    return this.client.list('/accounts', query, options);
  }

  /** Show an account. `GET /accounts/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Account> {
    return this.client.request('GET', `/accounts/${segment(id)}`, options);
  }

  /** Create an account. `POST /accounts` */
  create(body: T.CreateAccount, options?: RequestOptions): APIPromise<T.Account> {
    return this.client.request('POST', '/accounts', { ...options, body });
  }

  /** Change an account. `PATCH /accounts/{id}` */
  update(id: string, body: T.UpdateAccount, options?: RequestOptions): APIPromise<T.Account> {
    return this.client.request('PATCH', `/accounts/${segment(id)}`, { ...options, body });
  }

  /** Delete an account with everything in it. `DELETE /accounts/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/accounts/${segment(id)}`, options);
  }
}

export class Providers extends Resource {
  /** List the providers, all on one page. `GET /providers` */
  list(query: { after?: string; limit?: number } = {}, options?: RequestOptions): List<T.ConfigurationRow> {
    return this.client.list('/providers', query, options);
  }

  /** Show a provider. `GET /providers/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.ConfigurationRow> {
    return this.client.request('GET', `/providers/${segment(id)}`, options);
  }

  /** Add a provider. `POST /providers` */
  create(body: Record<string, any>, options?: RequestOptions): APIPromise<T.ConfigurationRow> {
    return this.client.request('POST', '/providers', { ...options, body });
  }

  /** Change a provider. `PATCH /providers/{id}` */
  update(id: string, body: Record<string, any>, options?: RequestOptions): APIPromise<T.ConfigurationRow> {
    return this.client.request('PATCH', `/providers/${segment(id)}`, { ...options, body });
  }

  /** Remove what run time says of a provider. `DELETE /providers/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/providers/${segment(id)}`, options);
  }

  /** Ask a provider for one token. `POST /providers/{id}/test` */
  test(id: string, body: T.TestProvider, options?: RequestOptions): APIPromise<T.ProviderTest> {
    return this.client.request('POST', `/providers/${segment(id)}/test`, { ...options, body });
  }
}

export class Config extends Resource {
  /** Show the configuration, and where it comes from. `GET /config` */
  get(options?: RequestOptions): APIPromise<T.Configuration> {
    return this.client.request('GET', '/config', options);
  }

  /** Replace what stands over the file. `PUT /config` */
  replace(body: T.PutConfig, options?: RequestOptions): APIPromise<T.Configuration> {
    return this.client.request('PUT', '/config', { ...options, body });
  }

  /** List the versions, the newest first. `GET /config/history` */
  history(query: { after?: string; limit?: number } = {}, options?: RequestOptions): List<T.ConfigurationVersion> {
    return this.client.list('/config/history', query, options);
  }

  /** Go back to a version. `POST /config/rollback` */
  rollback(body: T.RollbackConfig, options?: RequestOptions): APIPromise<T.Configuration> {
    return this.client.request('POST', '/config/rollback', { ...options, body });
  }
}

export class Health extends Resource {
  /** Say how the gateway is. `GET /health` */
  get(options?: RequestOptions): APIPromise<T.Health> {
    return this.client.request('GET', '/health', options);
  }

  /** Say whether requests can be served. `GET /health/ready` */
  ready(options?: RequestOptions): APIPromise<T.Health> {
    return this.client.request('GET', '/health/ready', options);
  }
}

export class Webhooks extends Resource {
  /** List the account's endpoints, all on one page. `GET /webhooks` */
  list(query: { after?: string; limit?: number } = {}, options?: RequestOptions): List<T.Webhook> {
    return this.client.list('/webhooks', query, options);
  }

  /** Show an endpoint. `GET /webhooks/{id}` */
  get(id: string, options?: RequestOptions): APIPromise<T.Webhook> {
    return this.client.request('GET', `/webhooks/${segment(id)}`, options);
  }

  /** Create an endpoint, whose secret is shown this once. `POST /webhooks` */
  create(body: T.CreateWebhook, options?: RequestOptions): APIPromise<T.NewWebhook> {
    return this.client.request('POST', '/webhooks', { ...options, body });
  }

  /** Change an endpoint. `PATCH /webhooks/{id}` */
  update(id: string, body: T.UpdateWebhook, options?: RequestOptions): APIPromise<T.Webhook> {
    return this.client.request('PATCH', `/webhooks/${segment(id)}`, { ...options, body });
  }

  /** Remove an endpoint. `DELETE /webhooks/{id}` */
  delete(id: string, options?: RequestOptions): APIPromise<T.Deleted> {
    return this.client.request('DELETE', `/webhooks/${segment(id)}`, options);
  }

  /** Give an endpoint a new secret, shown this once. `POST /webhooks/{id}/rotate` */
  rotate(id: string, body: T.RotateWebhook, options?: RequestOptions): APIPromise<T.NewWebhook> {
    return this.client.request('POST', `/webhooks/${segment(id)}/rotate`, { ...options, body });
  }

  /** Send an event that says it is a test. `POST /webhooks/{id}/test` */
  test(id: string, body: T.TestWebhook, options?: RequestOptions): APIPromise<T.Delivery> {
    return this.client.request('POST', `/webhooks/${segment(id)}/test`, { ...options, body });
  }

  /** Send again what failed. `POST /webhooks/{id}/recover` */
  recover(id: string, body: T.RecoverWebhook, options?: RequestOptions): APIPromise<T.Recovered> {
    return this.client.request('POST', `/webhooks/${segment(id)}/recover`, { ...options, body });
  }

  /** List the deliveries, the newest first. `GET /webhooks/deliveries` */
  deliveries(query: { event?: string; response_class?: T.ResponseClass; since?: string; status?: T.DeliveryStatus; type?: T.EventType; until?: string; webhook?: string; after?: string; limit?: number } = {}, options?: RequestOptions): List<T.Delivery> {
    return this.client.list('/webhooks/deliveries', query, options);
  }

  /** Show a delivery with its attempts. `GET /webhooks/deliveries/{id}` */
  delivery(id: string, options?: RequestOptions): APIPromise<T.DeliveryDetail> {
    return this.client.request('GET', `/webhooks/deliveries/${segment(id)}`, options);
  }

  /** List the deliveries to an endpoint. `GET /webhooks/{id}/deliveries` */
  deliveriesOf(id: string, query: { event?: string; response_class?: T.ResponseClass; since?: string; status?: T.DeliveryStatus; type?: T.EventType; until?: string; webhook?: string; after?: string; limit?: number } = {}, options?: RequestOptions): List<T.Delivery> {
    return this.client.list(`/webhooks/${segment(id)}/deliveries`, query, options);
  }

  /** Send its event again. `POST /webhooks/deliveries/{id}/redeliver` */
  redeliver(id: string, options?: RequestOptions): APIPromise<T.Delivery> {
    return this.client.request('POST', `/webhooks/deliveries/${segment(id)}/redeliver`, options);
  }
}
