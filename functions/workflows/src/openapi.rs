//! The endpoints, for the OpenAPI document.

use crate::{
    add_event::AddEvent, rerun::Rerun, start_run::StartRun, update_workflow::UpdateWorkflow,
};
use openclaw_openapi::{Code, Group, Operation, delete, get, json, patch, post, put};
use openclaw_schema::{
    key::Scope,
    list::{Deleted, List, Page},
};
use openclaw_web::Access;
use openclaw_workflows::{Definition, RunFilter, RunView, StepView, WorkflowView};

const ACCESS: Option<Access> = Some(Access::Scope(Scope::Workflows));

/// The resources.
#[must_use]
pub fn groups() -> Vec<Group> {
    vec![workflows(), runs()]
}

fn workflows() -> Group {
    let about =
        "Steps that are done one after the other, side by side or for each of some items, durably.";
    Group::new("workflows", about, ACCESS)
        .with(
            get("/workflows", "list", "List the workflows")
                .query::<Page>()
                .gives::<List<WorkflowView>>(200),
        )
        .with(create())
        .with(get("/workflows/{id}", "get", "Show a workflow").gives::<WorkflowView>(200))
        .with(
            put("/workflows/{id}", "replace", "Put a definition in place")
                .about("Runs keep the definition that they began with.")
                .takes::<Definition>()
                .gives::<WorkflowView>(200)
                .gives::<WorkflowView>(201)
                .fails(&[Code::Conflict, Code::PayloadTooLarge]),
        )
        .with(
            patch("/workflows/{id}", "update", "Enable or disable a workflow")
                .takes::<UpdateWorkflow>()
                .example(json!({"status": "disabled"}))
                .gives::<WorkflowView>(200)
                .fails(&[Code::Conflict]),
        )
        .with(
            delete("/workflows/{id}", "delete", "Remove a workflow")
                .gives::<Deleted>(200)
                .fails(&[Code::Conflict]),
        )
        .with(
            get(
                "/workflows/{id}/runs",
                "runs",
                "List the runs of a workflow, the newest first",
            )
            .query::<RunFilter>()
            .query::<Page>()
            .gives::<List<RunView>>(200),
        )
        .with(
            post("/workflows/{id}/runs", "start", "Start a run")
                .about("Where `Accept` is `text/event-stream`, what happens in it is streamed.")
                .takes::<StartRun>()
                .optional()
                .example(json!({"parameters": {"date": "2026-02-28"}}))
                .gives::<RunView>(202)
                .gives_as(200, "text/event-stream", event())
                .fails(&[Code::Conflict]),
        )
}

fn create() -> Operation {
    post("/workflows", "create", "Create a workflow")
        .about("All that is wrong with the definition is told at once.")
        .takes::<Definition>()
        .example(json!({
            "name": "Custom Workflow",
            "description": "My custom workflow",
            "steps": [{"type": "ai_completion", "model": "gpt-4", "prompt": "Generate summary"}],
        }))
        .gives::<WorkflowView>(201)
        .fails(&[Code::Conflict, Code::PayloadTooLarge])
}

fn runs() -> Group {
    Group::new("runs", "What workflows do and have done.", ACCESS)
        .with(
            get("/runs", "list", "List the runs, the newest first")
                .query::<RunFilter>()
                .query::<Page>()
                .gives::<List<RunView>>(200),
        )
        .with(get("/runs/{id}", "get", "Show a run with its steps").gives::<RunView>(200))
        .with(
            get(
                "/runs/{id}/steps/{step}",
                "step",
                "Show a step with its whole result",
            )
            .gives::<StepView>(200),
        )
        .with(
            get(
                "/runs/{id}/events",
                "events",
                "Stream what happens in a run",
            )
            .header(
                "Last-Event-ID",
                "The id of the last event that came: those after it are sent.",
            )
            .gives_as(200, "text/event-stream", event())
            .fails(&[Code::InvalidRequest]),
        )
        .with(
            post("/runs/{id}/events", "send", "Send a run an event")
                .takes::<AddEvent>()
                .example(json!({"name": "approved", "data": {"by": "Ada"}}))
                .gives::<RunView>(202)
                .fails(&[Code::Conflict]),
        )
        .with(
            post("/runs/{id}/cancel", "cancel", "End a run")
                .gives::<RunView>(200)
                .fails(&[Code::Conflict]),
        )
        .with(
            post(
                "/runs/{id}/rerun",
                "rerun",
                "Do a run again, or from a step on",
            )
            .takes::<Rerun>()
            .optional()
            .example(json!({"from_step": "summary"}))
            .gives::<RunView>(202)
            .fails(&[Code::PayloadTooLarge]),
        )
}

/// What the `data` of an event says; `[DONE]` ends the stream.
fn event() -> serde_json::Value {
    json!({
        "type": "object",
        "required": ["type", "run", "at", "step", "total_steps", "status"],
        "properties": {
            "type": {"type": "string"},
            "run": {"type": "string"},
            "at": {"type": "string", "format": "date-time"},
            "step": {"type": "integer", "description": "The number of the step among the definition's, from 1; 0 where it is about the run."},
            "step_id": {"type": "string"},
            "total_steps": {"type": "integer"},
            "status": {"type": "string"},
            "result": {},
            "error": {"type": "object"},
        },
    })
}
