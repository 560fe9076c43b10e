//! The endpoints, for the OpenAPI document.

use openclaw_openapi::{Code, Group, Operation, delete, get, json, post};
use openclaw_schema::{
    file::{File, ListFiles},
    key::Scope,
    list::{Deleted, List},
    upload::{CompleteUpload, CreateUpload, Upload, UploadPart},
};
use openclaw_web::Access;

const ACCESS: Option<Access> = Some(Access::Scope(Scope::Files));

/// The resources.
#[must_use]
pub fn groups() -> Vec<Group> {
    vec![files(), uploads()]
}

fn files() -> Group {
    let bytes = json!({"type": "string", "format": "binary"});
    let text = json!({"type": "string"});
    Group::new("files", "Files, and the text in them.", ACCESS)
        .with(
            get("/files", "list", "List files, the newest first")
                .query::<ListFiles>()
                .gives::<List<File>>(200),
        )
        .with(upload(
            "/files",
            "create",
            "Upload a file, as OpenAI's SDKs do",
        ))
        .with(upload("/files/upload", "upload", "Upload a file"))
        .with(get("/files/{id}", "get", "Show a file").gives::<File>(200))
        .with(
            delete("/files/{id}", "delete", "Delete a file and its bytes")
                .gives::<Deleted>(200)
                .fails(&[Code::Conflict]),
        )
        .with(
            get("/files/{id}/content", "content", "Read a file's bytes")
                .header("Range", "One range of bytes; several get the whole.")
                .header("If-Range", "The entity tag that the range is about.")
                .header("If-None-Match", "Entity tags: 304 where one is the file's.")
                .gives_as(200, "*/*", bytes.clone())
                .gives_as(206, "*/*", bytes)
                .gives_nothing(304)
                .fails(&[Code::RangeNotSatisfiable]),
        )
        .with(
            get(
                "/files/{id}/text",
                "text",
                "Read the text of a file that is processed",
            )
            .gives_as(200, "text/plain", text)
            .fails(&[Code::Conflict]),
        )
}

fn upload(path: &'static str, name: &'static str, summary: &'static str) -> Operation {
    let form = json!({
        "type": "object",
        "required": ["file", "purpose"],
        "properties": {
            "file": {"type": "string", "format": "binary", "description": "The bytes, with their name."},
            "purpose": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"},
            "expires_after[anchor]": {"type": "string", "enum": ["created_at"]},
            "expires_after[seconds]": {"type": "integer", "minimum": 3600, "maximum": 2_592_000},
        },
    });
    post(path, name, summary)
        .takes_as("multipart/form-data", form)
        .gives::<File>(201)
        .fails(&[Code::StorageFull])
}

fn uploads() -> Group {
    let part = json!({
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"type": "string", "format": "binary"}},
    });
    Group::new("uploads", "Files that are sent in parts.", ACCESS)
        .with(
            post("/uploads", "create", "Begin an upload")
                .takes::<CreateUpload>()
                .example(json!({
                    "filename": "report.pdf", "purpose": "analysis", "bytes": 1048576,
                    "mime_type": "application/pdf",
                }))
                .gives::<Upload>(200)
                .fails(&[Code::StorageFull]),
        )
        .with(
            post("/uploads/{id}/parts", "addPart", "Send a part")
                .takes_as("multipart/form-data", part)
                .gives::<UploadPart>(200)
                .fails(&[Code::Conflict]),
        )
        .with(
            post(
                "/uploads/{id}/complete",
                "complete",
                "Make a file of the parts",
            )
            .takes::<CompleteUpload>()
            .example(json!({"part_ids": ["part_1", "part_2"]}))
            .gives::<Upload>(200)
            .fails(&[Code::Conflict]),
        )
        .with(
            post("/uploads/{id}/cancel", "cancel", "Take an upload back")
                .gives::<Upload>(200)
                .fails(&[Code::Conflict]),
        )
}
