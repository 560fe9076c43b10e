# Written by sdks/generate from _async/resources.py: change that.
"""The API's methods. Written by sdks/generate: change the API's document, surface.json or the template there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._lazy import T
from .._core import segment
from .._options import OMIT, Omit, Options, fields
from .list import List
from .resource import Resource


class Embeddings(Resource):
    def create(
        self,
        *,
        options: Options | None = None,
        **extra: Any,
    ) -> dict[str, Any]:
        """Turn texts into vectors. `POST /embeddings`"""
        it: dict[str, Any] = self._request("POST", "/embeddings", None, None, fields({}, extra), options)
        return it


class Models(Resource):
    def list(
        self,
        *,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.Model]:
        """List the models, all on one page. `GET /models`"""
        return self._list("/models", T.Model, fields({"after": after, "limit": limit}, {}), options)

    def get(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Model:
        """Show a model. `GET /models/{id}`"""
        it: T.Model = self._request("GET", f"/models/{segment(id)}", T.Model, None, None, options)
        return it

    def create(
        self,
        *,
        options: Options | None = None,
        **extra: Any,
    ) -> T.ConfigurationRow:
        """Add a model. `POST /models`"""
        it: T.ConfigurationRow = self._request("POST", "/models", T.ConfigurationRow, None, fields({}, extra), options)
        return it

    def update(
        self,
        id: str,
        *,
        options: Options | None = None,
        **extra: Any,
    ) -> T.ConfigurationRow:
        """Change a model. `PATCH /models/{id}`"""
        it: T.ConfigurationRow = self._request("PATCH", f"/models/{segment(id)}", T.ConfigurationRow, None, fields({}, extra), options)
        return it

    def delete(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Deleted:
        """Remove what run time says of a model. `DELETE /models/{id}`"""
        it: T.Deleted = self._request("DELETE", f"/models/{segment(id)}", T.Deleted, None, None, options)
        return it


class Skills(Resource):
    def list(
        self,
        *,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.Skill]:
        """List the skills, without their commands. `GET /skills`"""
        return self._list("/skills", T.Skill, fields({"after": after, "limit": limit}, {}), options)

    def get(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Skill:
        """Show a skill with its commands. `GET /skills/{id}`"""
        it: T.Skill = self._request("GET", f"/skills/{segment(id)}", T.Skill, None, None, options)
        return it

    def create(
        self,
        *,
        id: str,
        commands: Mapping[str, T.SkillCommandInput | Mapping[str, Any]] | Omit = OMIT,
        description: str | Omit = OMIT,
        mcp: T.McpServer | Mapping[str, Any] | None | Omit = OMIT,
        name: str | Omit = OMIT,
        version: str | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Skill:
        """Install a skill. `POST /skills`"""
        it: T.Skill = self._request("POST", "/skills", T.Skill, None, fields({"id": id, "commands": commands, "description": description, "mcp": mcp, "name": name, "version": version}, extra), options)
        return it

    def replace(
        self,
        id: str,
        *,
        commands: Mapping[str, T.SkillCommandInput | Mapping[str, Any]] | Omit = OMIT,
        description: str | Omit = OMIT,
        mcp: T.McpServer | Mapping[str, Any] | None | Omit = OMIT,
        name: str | Omit = OMIT,
        version: str | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Skill:
        """Install a skill in place of another. `PUT /skills/{id}`"""
        it: T.Skill = self._request("PUT", f"/skills/{segment(id)}", T.Skill, None, fields({"id": id, "commands": commands, "description": description, "mcp": mcp, "name": name, "version": version}, extra), options)
        return it

    def update(
        self,
        id: str,
        *,
        status: T.SkillStatus,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Skill:
        """Enable or disable a skill. `PATCH /skills/{id}`"""
        it: T.Skill = self._request("PATCH", f"/skills/{segment(id)}", T.Skill, None, fields({"status": status}, extra), options)
        return it

    def delete(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Deleted:
        """Remove a skill and its secrets. `DELETE /skills/{id}`"""
        it: T.Deleted = self._request("DELETE", f"/skills/{segment(id)}", T.Deleted, None, None, options)
        return it

    def set_secrets(
        self,
        id: str,
        *,
        options: Options | None = None,
        **extra: Any,
    ) -> T.SecretNames:
        """Set a skill's secrets by name. `PUT /skills/{id}/secrets`"""
        it: T.SecretNames = self._request("PUT", f"/skills/{segment(id)}/secrets", T.SecretNames, None, fields({}, extra), options)
        return it

    def refresh(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Skill:
        """Read the tools of its MCP server again. `POST /skills/{id}/refresh`"""
        it: T.Skill = self._request("POST", f"/skills/{segment(id)}/refresh", T.Skill, None, None, options)
        return it

    def executions(
        self,
        id: str,
        *,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.SkillExecution]:
        """List the last executions. `GET /skills/{id}/executions`"""
        return self._list(f"/skills/{segment(id)}/executions", T.SkillExecution, fields({"after": after, "limit": limit}, {}), options)


class Workflows(Resource):
    def list(
        self,
        *,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.Workflow]:
        """List the workflows. `GET /workflows`"""
        return self._list("/workflows", T.Workflow, fields({"after": after, "limit": limit}, {}), options)

    def get(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Workflow:
        """Show a workflow. `GET /workflows/{id}`"""
        it: T.Workflow = self._request("GET", f"/workflows/{segment(id)}", T.Workflow, None, None, options)
        return it

    def create(
        self,
        *,
        name: str,
        steps: Sequence[T.WorkflowStep | Mapping[str, Any]],
        description: str | Omit = OMIT,
        id: str | None | Omit = OMIT,
        parameters: Any | Omit = OMIT,
        result: Any | Omit = OMIT,
        schedule: T.WorkflowSchedule | Mapping[str, Any] | None | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Workflow:
        """Create a workflow. `POST /workflows`"""
        it: T.Workflow = self._request("POST", "/workflows", T.Workflow, None, fields({"name": name, "steps": steps, "description": description, "id": id, "parameters": parameters, "result": result, "schedule": schedule}, extra), options)
        return it

    def replace(
        self,
        id: str,
        *,
        name: str,
        steps: Sequence[T.WorkflowStep | Mapping[str, Any]],
        description: str | Omit = OMIT,
        parameters: Any | Omit = OMIT,
        result: Any | Omit = OMIT,
        schedule: T.WorkflowSchedule | Mapping[str, Any] | None | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Workflow:
        """Put a definition in place. `PUT /workflows/{id}`"""
        it: T.Workflow = self._request("PUT", f"/workflows/{segment(id)}", T.Workflow, None, fields({"name": name, "steps": steps, "description": description, "id": id, "parameters": parameters, "result": result, "schedule": schedule}, extra), options)
        return it

    def update(
        self,
        id: str,
        *,
        status: T.WorkflowStatus,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Workflow:
        """Enable or disable a workflow. `PATCH /workflows/{id}`"""
        it: T.Workflow = self._request("PATCH", f"/workflows/{segment(id)}", T.Workflow, None, fields({"status": status}, extra), options)
        return it

    def delete(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Deleted:
        """Remove a workflow. `DELETE /workflows/{id}`"""
        it: T.Deleted = self._request("DELETE", f"/workflows/{segment(id)}", T.Deleted, None, None, options)
        return it

    def runs(
        self,
        id: str,
        *,
        status: T.RunStatus | Omit = OMIT,
        workflow: str | Omit = OMIT,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.Run]:
        """List the runs of a workflow, the newest first. `GET /workflows/{id}/runs`"""
        return self._list(f"/workflows/{segment(id)}/runs", T.Run, fields({"status": status, "workflow": workflow, "after": after, "limit": limit}, {}), options)


class Runs(Resource):
    def list(
        self,
        *,
        status: T.RunStatus | Omit = OMIT,
        workflow: str | Omit = OMIT,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.Run]:
        """List the runs, the newest first. `GET /runs`"""
        return self._list("/runs", T.Run, fields({"status": status, "workflow": workflow, "after": after, "limit": limit}, {}), options)

    def get(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Run:
        """Show a run with its steps. `GET /runs/{id}`"""
        it: T.Run = self._request("GET", f"/runs/{segment(id)}", T.Run, None, None, options)
        return it

    def step(
        self,
        id: str,
        step: str,
        *,
        options: Options | None = None,
    ) -> T.RunStep:
        """Show a step with its whole result. `GET /runs/{id}/steps/{step}`"""
        it: T.RunStep = self._request("GET", f"/runs/{segment(id)}/steps/{segment(step)}", T.RunStep, None, None, options)
        return it

    def send(
        self,
        id: str,
        *,
        name: str,
        data: Any | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Run:
        """Send a run an event. `POST /runs/{id}/events`"""
        it: T.Run = self._request("POST", f"/runs/{segment(id)}/events", T.Run, None, fields({"name": name, "data": data}, extra), options)
        return it

    def cancel(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Run:
        """End a run. `POST /runs/{id}/cancel`"""
        it: T.Run = self._request("POST", f"/runs/{segment(id)}/cancel", T.Run, None, None, options)
        return it

    def rerun(
        self,
        id: str,
        *,
        from_step: str | None | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Run:
        """Do a run again, or from a step on. `POST /runs/{id}/rerun`"""
        it: T.Run = self._request("POST", f"/runs/{segment(id)}/rerun", T.Run, None, fields({"from_step": from_step}, extra), options)
        return it


class Files(Resource):
    def list(
        self,
        *,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        order: T.SortOrder | Omit = OMIT,
        purpose: str | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.FileObject]:
        """List files, the newest first. `GET /files`"""
        return self._list("/files", T.FileObject, fields({"after": after, "limit": limit, "order": order, "purpose": purpose}, {}), options)

    def get(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.FileObject:
        """Show a file. `GET /files/{id}`"""
        it: T.FileObject = self._request("GET", f"/files/{segment(id)}", T.FileObject, None, None, options)
        return it

    def delete(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Deleted:
        """Delete a file and its bytes. `DELETE /files/{id}`"""
        it: T.Deleted = self._request("DELETE", f"/files/{segment(id)}", T.Deleted, None, None, options)
        return it


class Uploads(Resource):
    def create(
        self,
        *,
        bytes: int,
        filename: str,
        mime_type: str,
        purpose: str,
        expires_after: T.ExpiresAfter | Mapping[str, Any] | None | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Upload:
        """Begin an upload. `POST /uploads`"""
        it: T.Upload = self._request("POST", "/uploads", T.Upload, None, fields({"bytes": bytes, "filename": filename, "mime_type": mime_type, "purpose": purpose, "expires_after": expires_after}, extra), options)
        return it

    def complete(
        self,
        id: str,
        *,
        part_ids: Sequence[str],
        md5: str | None | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Upload:
        """Make a file of the parts. `POST /uploads/{id}/complete`"""
        it: T.Upload = self._request("POST", f"/uploads/{segment(id)}/complete", T.Upload, None, fields({"part_ids": part_ids, "md5": md5}, extra), options)
        return it

    def cancel(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Upload:
        """Take an upload back. `POST /uploads/{id}/cancel`"""
        it: T.Upload = self._request("POST", f"/uploads/{segment(id)}/cancel", T.Upload, None, None, options)
        return it


class Analytics(Resource):
    def usage(
        self,
        *,
        end: str | Omit = OMIT,
        endpoint: str | Omit = OMIT,
        group_by: T.By | Omit = OMIT,
        interval: T.Interval | Omit = OMIT,
        key: str | Omit = OMIT,
        model: str | Omit = OMIT,
        period: str | Omit = OMIT,
        provider: str | Omit = OMIT,
        start: str | Omit = OMIT,
        options: Options | None = None,
    ) -> T.UsageReport:
        """Sum up a span of whole UTC hours. `GET /analytics/usage`"""
        it: T.UsageReport = self._request("GET", "/analytics/usage", T.UsageReport, fields({"end": end, "endpoint": endpoint, "group_by": group_by, "interval": interval, "key": key, "model": model, "period": period, "provider": provider, "start": start}, {}), None, options)
        return it

    def requests(
        self,
        *,
        after: str | Omit = OMIT,
        code: str | Omit = OMIT,
        end: str | Omit = OMIT,
        endpoint: str | Omit = OMIT,
        key: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        model: str | Omit = OMIT,
        provider: str | Omit = OMIT,
        request_id: str | Omit = OMIT,
        run: str | Omit = OMIT,
        start: str | Omit = OMIT,
        status: str | Omit = OMIT,
        user: str | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.RequestView]:
        """List the account's requests without their content, the newest first. `GET /analytics/requests`"""
        return self._list("/analytics/requests", T.RequestView, fields({"after": after, "code": code, "end": end, "endpoint": endpoint, "key": key, "limit": limit, "model": model, "provider": provider, "request_id": request_id, "run": run, "start": start, "status": status, "user": user}, {}), options)

    def request(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.RequestDetail:
        """Show a request with its attempts and what each class of token cost. `GET /analytics/requests/{id}`"""
        it: T.RequestDetail = self._request("GET", f"/analytics/requests/{segment(id)}", T.RequestDetail, None, None, options)
        return it


class Audit(Resource):
    def list(
        self,
        *,
        action: str | Omit = OMIT,
        actor: str | Omit = OMIT,
        path: str | Omit = OMIT,
        since: str | Omit = OMIT,
        until: str | Omit = OMIT,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.AuditEntry]:
        """List changes, the newest first. `GET /audit`"""
        return self._list("/audit", T.AuditEntry, fields({"action": action, "actor": actor, "path": path, "since": since, "until": until, "after": after, "limit": limit}, {}), options)


class Keys(Resource):
    def list(
        self,
        *,
        account: str | Omit = OMIT,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.Key]:
        """List keys in the order of their ids. `GET /keys`"""
        return self._list("/keys", T.Key, fields({"account": account, "after": after, "limit": limit}, {}), options)

    def get(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Key:
        """Show a key and what it has spent. `GET /keys/{id}`"""
        it: T.Key = self._request("GET", f"/keys/{segment(id)}", T.Key, None, None, options)
        return it

    def create(
        self,
        *,
        name: str,
        account: str | None | Omit = OMIT,
        expires_at: str | None | Omit = OMIT,
        mode: T.KeyMode | Omit = OMIT,
        models: Sequence[str] | None | Omit = OMIT,
        monthly_budget: float | None | Omit = OMIT,
        on_disconnect: T.OnDisconnect | Omit = OMIT,
        rate_limit: int | None | Omit = OMIT,
        route_override: bool | Omit = OMIT,
        scopes: Sequence[T.Scope] | None | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.NewKey:
        """Create a key, whose text is shown this once. `POST /keys`"""
        it: T.NewKey = self._request("POST", "/keys", T.NewKey, None, fields({"name": name, "account": account, "expires_at": expires_at, "mode": mode, "models": models, "monthly_budget": monthly_budget, "on_disconnect": on_disconnect, "rate_limit": rate_limit, "route_override": route_override, "scopes": scopes}, extra), options)
        return it

    def update(
        self,
        id: str,
        *,
        expires_at: str | None | Omit = OMIT,
        models: Sequence[str] | None | Omit = OMIT,
        monthly_budget: float | None | Omit = OMIT,
        name: str | None | Omit = OMIT,
        on_disconnect: T.OnDisconnect | None | Omit = OMIT,
        rate_limit: int | None | Omit = OMIT,
        route_override: bool | None | Omit = OMIT,
        scopes: Sequence[T.Scope] | None | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Key:
        """Change a key. `PATCH /keys/{id}`"""
        it: T.Key = self._request("PATCH", f"/keys/{segment(id)}", T.Key, None, fields({"expires_at": expires_at, "models": models, "monthly_budget": monthly_budget, "name": name, "on_disconnect": on_disconnect, "rate_limit": rate_limit, "route_override": route_override, "scopes": scopes}, extra), options)
        return it

    def rotate(
        self,
        id: str,
        *,
        grace_period: int | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.NewKey:
        """Give a key a new secret, shown this once. `POST /keys/{id}/rotate`"""
        it: T.NewKey = self._request("POST", f"/keys/{segment(id)}/rotate", T.NewKey, None, fields({"grace_period": grace_period}, extra), options)
        return it

    def delete(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Deleted:
        """Revoke a key and its tokens for good. `DELETE /keys/{id}`"""
        it: T.Deleted = self._request("DELETE", f"/keys/{segment(id)}", T.Deleted, None, None, options)
        return it


class Account(Resource):
    def get(
        self,
        *,
        options: Options | None = None,
    ) -> T.CurrentAccount:
        """Show whose key this is, and what is left to it. `GET /account`"""
        it: T.CurrentAccount = self._request("GET", "/account", T.CurrentAccount, None, None, options)
        return it


class Guardrails(Resource):
    def get(
        self,
        *,
        options: Options | None = None,
    ) -> T.AccountGuardrails:
        """Show the guardrails. `GET /account/guardrails`"""
        it: T.AccountGuardrails = self._request("GET", "/account/guardrails", T.AccountGuardrails, None, None, options)
        return it

    def set(
        self,
        *,
        guardrails: Sequence[T.GuardrailInput | Mapping[str, Any]],
        options: Options | None = None,
        **extra: Any,
    ) -> T.AccountGuardrails:
        """Set the guardrails, in place of all that were there. `PUT /account/guardrails`"""
        it: T.AccountGuardrails = self._request("PUT", "/account/guardrails", T.AccountGuardrails, None, fields({"guardrails": guardrails}, extra), options)
        return it


class Accounts(Resource):
    def list(
        self,
        *,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.Account]:
        """List accounts in the order of their ids. `GET /accounts`"""
        return self._list("/accounts", T.Account, fields({"after": after, "limit": limit}, {}), options)

    def get(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Account:
        """Show an account. `GET /accounts/{id}`"""
        it: T.Account = self._request("GET", f"/accounts/{segment(id)}", T.Account, None, None, options)
        return it

    def create(
        self,
        *,
        name: str,
        guardrails: Sequence[T.GuardrailInput | Mapping[str, Any]] | Omit = OMIT,
        monthly_budget: float | None | Omit = OMIT,
        rate_limit: int | None | Omit = OMIT,
        tier: T.Tier | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Account:
        """Create an account. `POST /accounts`"""
        it: T.Account = self._request("POST", "/accounts", T.Account, None, fields({"name": name, "guardrails": guardrails, "monthly_budget": monthly_budget, "rate_limit": rate_limit, "tier": tier}, extra), options)
        return it

    def update(
        self,
        id: str,
        *,
        guardrails: Sequence[T.GuardrailInput | Mapping[str, Any]] | None | Omit = OMIT,
        monthly_budget: float | None | Omit = OMIT,
        name: str | None | Omit = OMIT,
        rate_limit: int | None | Omit = OMIT,
        status: T.AccountStatus | None | Omit = OMIT,
        tier: T.Tier | None | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Account:
        """Change an account. `PATCH /accounts/{id}`"""
        it: T.Account = self._request("PATCH", f"/accounts/{segment(id)}", T.Account, None, fields({"guardrails": guardrails, "monthly_budget": monthly_budget, "name": name, "rate_limit": rate_limit, "status": status, "tier": tier}, extra), options)
        return it

    def delete(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Deleted:
        """Delete an account with everything in it. `DELETE /accounts/{id}`"""
        it: T.Deleted = self._request("DELETE", f"/accounts/{segment(id)}", T.Deleted, None, None, options)
        return it


class Providers(Resource):
    def list(
        self,
        *,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.ConfigurationRow]:
        """List the providers, all on one page. `GET /providers`"""
        return self._list("/providers", T.ConfigurationRow, fields({"after": after, "limit": limit}, {}), options)

    def get(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.ConfigurationRow:
        """Show a provider. `GET /providers/{id}`"""
        it: T.ConfigurationRow = self._request("GET", f"/providers/{segment(id)}", T.ConfigurationRow, None, None, options)
        return it

    def create(
        self,
        *,
        options: Options | None = None,
        **extra: Any,
    ) -> T.ConfigurationRow:
        """Add a provider. `POST /providers`"""
        it: T.ConfigurationRow = self._request("POST", "/providers", T.ConfigurationRow, None, fields({}, extra), options)
        return it

    def update(
        self,
        id: str,
        *,
        options: Options | None = None,
        **extra: Any,
    ) -> T.ConfigurationRow:
        """Change a provider. `PATCH /providers/{id}`"""
        it: T.ConfigurationRow = self._request("PATCH", f"/providers/{segment(id)}", T.ConfigurationRow, None, fields({}, extra), options)
        return it

    def delete(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Deleted:
        """Remove what run time says of a provider. `DELETE /providers/{id}`"""
        it: T.Deleted = self._request("DELETE", f"/providers/{segment(id)}", T.Deleted, None, None, options)
        return it

    def test(
        self,
        id: str,
        *,
        model: str | None | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.ProviderTest:
        """Ask a provider for one token. `POST /providers/{id}/test`"""
        it: T.ProviderTest = self._request("POST", f"/providers/{segment(id)}/test", T.ProviderTest, None, fields({"model": model}, extra), options)
        return it


class Config(Resource):
    def get(
        self,
        *,
        options: Options | None = None,
    ) -> T.Configuration:
        """Show the configuration, and where it comes from. `GET /config`"""
        it: T.Configuration = self._request("GET", "/config", T.Configuration, None, None, options)
        return it

    def replace(
        self,
        *,
        config: Mapping[str, Any],
        version: int,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Configuration:
        """Replace what stands over the file. `PUT /config`"""
        it: T.Configuration = self._request("PUT", "/config", T.Configuration, None, fields({"config": config, "version": version}, extra), options)
        return it

    def history(
        self,
        *,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.ConfigurationVersion]:
        """List the versions, the newest first. `GET /config/history`"""
        return self._list("/config/history", T.ConfigurationVersion, fields({"after": after, "limit": limit}, {}), options)

    def rollback(
        self,
        *,
        version: int,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Configuration:
        """Go back to a version. `POST /config/rollback`"""
        it: T.Configuration = self._request("POST", "/config/rollback", T.Configuration, None, fields({"version": version}, extra), options)
        return it


class Health(Resource):
    def get(
        self,
        *,
        options: Options | None = None,
    ) -> T.Health:
        """Say how the gateway is. `GET /health`"""
        it: T.Health = self._request("GET", "/health", T.Health, None, None, options)
        return it

    def ready(
        self,
        *,
        options: Options | None = None,
    ) -> T.Health:
        """Say whether requests can be served. `GET /health/ready`"""
        it: T.Health = self._request("GET", "/health/ready", T.Health, None, None, options)
        return it


class Webhooks(Resource):
    def list(
        self,
        *,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.Webhook]:
        """List the account's endpoints, all on one page. `GET /webhooks`"""
        return self._list("/webhooks", T.Webhook, fields({"after": after, "limit": limit}, {}), options)

    def get(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Webhook:
        """Show an endpoint. `GET /webhooks/{id}`"""
        it: T.Webhook = self._request("GET", f"/webhooks/{segment(id)}", T.Webhook, None, None, options)
        return it

    def create(
        self,
        *,
        events: Sequence[str],
        url: str,
        description: str | None | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.NewWebhook:
        """Create an endpoint, whose secret is shown this once. `POST /webhooks`"""
        it: T.NewWebhook = self._request("POST", "/webhooks", T.NewWebhook, None, fields({"events": events, "url": url, "description": description}, extra), options)
        return it

    def update(
        self,
        id: str,
        *,
        description: str | None | Omit = OMIT,
        events: Sequence[str] | None | Omit = OMIT,
        status: T.WebhookStatus | None | Omit = OMIT,
        url: str | None | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Webhook:
        """Change an endpoint. `PATCH /webhooks/{id}`"""
        it: T.Webhook = self._request("PATCH", f"/webhooks/{segment(id)}", T.Webhook, None, fields({"description": description, "events": events, "status": status, "url": url}, extra), options)
        return it

    def delete(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Deleted:
        """Remove an endpoint. `DELETE /webhooks/{id}`"""
        it: T.Deleted = self._request("DELETE", f"/webhooks/{segment(id)}", T.Deleted, None, None, options)
        return it

    def rotate(
        self,
        id: str,
        *,
        grace_period: int | Omit = OMIT,
        options: Options | None = None,
        **extra: Any,
    ) -> T.NewWebhook:
        """Give an endpoint a new secret, shown this once. `POST /webhooks/{id}/rotate`"""
        it: T.NewWebhook = self._request("POST", f"/webhooks/{segment(id)}/rotate", T.NewWebhook, None, fields({"grace_period": grace_period}, extra), options)
        return it

    def test(
        self,
        id: str,
        *,
        event: T.EventType,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Delivery:
        """Send an event that says it is a test. `POST /webhooks/{id}/test`"""
        it: T.Delivery = self._request("POST", f"/webhooks/{segment(id)}/test", T.Delivery, None, fields({"event": event}, extra), options)
        return it

    def recover(
        self,
        id: str,
        *,
        since: str,
        options: Options | None = None,
        **extra: Any,
    ) -> T.Recovered:
        """Send again what failed. `POST /webhooks/{id}/recover`"""
        it: T.Recovered = self._request("POST", f"/webhooks/{segment(id)}/recover", T.Recovered, None, fields({"since": since}, extra), options)
        return it

    def deliveries(
        self,
        *,
        event: str | Omit = OMIT,
        response_class: T.ResponseClass | Omit = OMIT,
        since: str | Omit = OMIT,
        status: T.DeliveryStatus | Omit = OMIT,
        type: T.EventType | Omit = OMIT,
        until: str | Omit = OMIT,
        webhook: str | Omit = OMIT,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.Delivery]:
        """List the deliveries, the newest first. `GET /webhooks/deliveries`"""
        return self._list("/webhooks/deliveries", T.Delivery, fields({"event": event, "response_class": response_class, "since": since, "status": status, "type": type, "until": until, "webhook": webhook, "after": after, "limit": limit}, {}), options)

    def delivery(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.DeliveryDetail:
        """Show a delivery with its attempts. `GET /webhooks/deliveries/{id}`"""
        it: T.DeliveryDetail = self._request("GET", f"/webhooks/deliveries/{segment(id)}", T.DeliveryDetail, None, None, options)
        return it

    def deliveries_of(
        self,
        id: str,
        *,
        event: str | Omit = OMIT,
        response_class: T.ResponseClass | Omit = OMIT,
        since: str | Omit = OMIT,
        status: T.DeliveryStatus | Omit = OMIT,
        type: T.EventType | Omit = OMIT,
        until: str | Omit = OMIT,
        webhook: str | Omit = OMIT,
        after: str | Omit = OMIT,
        limit: int | Omit = OMIT,
        options: Options | None = None,
    ) -> List[T.Delivery]:
        """List the deliveries to an endpoint. `GET /webhooks/{id}/deliveries`"""
        return self._list(f"/webhooks/{segment(id)}/deliveries", T.Delivery, fields({"event": event, "response_class": response_class, "since": since, "status": status, "type": type, "until": until, "webhook": webhook, "after": after, "limit": limit}, {}), options)

    def redeliver(
        self,
        id: str,
        *,
        options: Options | None = None,
    ) -> T.Delivery:
        """Send its event again. `POST /webhooks/deliveries/{id}/redeliver`"""
        it: T.Delivery = self._request("POST", f"/webhooks/deliveries/{segment(id)}/redeliver", T.Delivery, None, None, options)
        return it
