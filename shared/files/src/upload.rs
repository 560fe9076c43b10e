//! OpenAI's Uploads: a file in parts, each a request of its own.
//!
//! An upload reserves its bytes in the account's storage when it is begun, so that its completion cannot
//! fail for want of room. Its parts are blobs of their own; completion reads them one after the other
//! into the file's.

use crate::{
    Files, Form, cleanup,
    files::{FileDetails, signed},
    measure::{Measure, storage_full, too_large},
    record::{
        BYTES, COUNT, PART, PART_PREFIX, PARTS, UPLOAD, UPLOAD_PREFIX, is_id, new_id, part_key,
        parts_key,
    },
};
use futures_util::{StreamExt, TryStreamExt, stream};
use openclaw_core::{
    Code, Error, Result, Timestamp,
    blob::BlobSource,
    documents::{self, Stored, decode, document, put, put_until},
    id,
    ledger::{Delta, Pages, Step, When},
    time::{self, DAY, HOUR},
};
use openclaw_schema::{
    file::{ExpiresAfter, File},
    upload::{CompleteUpload, CreateUpload, MAX_PARTS, Upload, UploadPart, UploadStatus},
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Bytes of a part, as OpenAI has it.
const MAX_PART: u64 = 64 << 20;

/// How long an upload takes parts.
const LIFETIME: i64 = HOUR;

/// How long an upload that has ended is known.
const KNOWN_FOR: i64 = DAY;

/// Items that are read at a time.
const READ: usize = 500;

/// The field of a form that holds a part.
const DATA: &str = "data";

/// An upload as its account's ledger holds it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct UploadRecord {
    id: String,
    filename: String,
    purpose: String,
    content_type: String,
    bytes: u64,
    created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) status: UploadStatus,
    expires_after: Option<ExpiresAfter>,
}

impl UploadRecord {
    fn show(self, file: Option<File>) -> Upload {
        Upload {
            id: self.id,
            object: "upload",
            bytes: self.bytes,
            created_at: self.created_at.as_second(),
            filename: self.filename,
            purpose: self.purpose,
            status: self.status,
            expires_at: self.expires_at.as_second(),
            file,
        }
    }
}

/// A part.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct PartRecord {
    id: String,
    size: u64,
}

impl Files<'_> {
    /// Begins an upload; 400, 413, 507.
    pub async fn create_upload(&self, request: CreateUpload) -> Result<Upload> {
        request.validate()?;
        if request.bytes > self.max_file {
            return Err(too_large(self.max_file));
        }
        let created_at = time::whole_second(self.now());
        let record = UploadRecord {
            id: id::new(&*self.ports.random, UPLOAD_PREFIX),
            filename: request.filename,
            purpose: request.purpose,
            content_type: request.mime_type,
            bytes: request.bytes,
            created_at,
            expires_at: time::shift(created_at, LIFETIME),
            status: UploadStatus::Pending,
            expires_after: request.expires_after,
        };
        let end = cleanup::upload(self.account, &record.id, self.now())?;
        let steps = vec![
            self.count(signed(record.bytes), 1),
            put(format!("{UPLOAD}{}", record.id), &record, When::Absent)?,
            end.not_before(record.expires_at).step()?,
        ];
        match self.apply(steps).await? {
            true => Ok(record.show(None)),
            false => Err(storage_full(0)),
        }
    }

    /// Adds a part, the field `data` of a form; 400, 404, 409, 413, 415.
    pub async fn add_part(
        &self,
        upload: &str,
        content_type: Option<&str>,
        source: BlobSource<'_>,
    ) -> Result<UploadPart> {
        let stored = self.pending(upload).await?;
        let mut form = Form::new(content_type, source)?;
        let mut written = None;
        while let Some(part) = form.next().await? {
            match part.name() {
                DATA if written.is_some() => return Err(Error::invalid(DATA, "is there twice")),
                DATA => {
                    let bounds = [
                        (MAX_PART, part_too_large as _),
                        (stored.value.bytes, beyond as _),
                    ];
                    let id = id::new(&*self.ports.random, PART_PREFIX);
                    let blob = part_key(self.account, upload, &id);
                    let measure = Measure::new(bounds);
                    written = Some((id, self.write(blob, part.bytes(), measure).await?));
                }
                _ => drop(part.text().await?),
            }
        }
        let (id, mut written) = written.ok_or_else(|| Error::invalid(DATA, "is required"))?;
        let part = PartRecord {
            id: id.clone(),
            size: written.measured.size,
        };
        let steps = vec![
            Step::Add {
                key: format!("{PARTS}{upload}"),
                deltas: vec![
                    Delta::bounded(BYTES, signed(part.size), signed(stored.value.bytes)),
                    Delta::bounded(COUNT, 1, signed(MAX_PARTS as u64)),
                ],
                expires: None,
            },
            Step::Check {
                key: format!("{UPLOAD}{upload}"),
                when: stored.unchanged(),
            },
            put(format!("{PART}{upload}/{id}"), &part, When::Absent)?,
        ];
        written.keep();
        if !self.apply(steps).await? {
            written.discard();
            // Either it has ended meanwhile, or its parts are more than was said.
            self.pending(upload).await?;
            return Err(beyond(stored.value.bytes));
        }
        Ok(UploadPart {
            id,
            object: "upload.part",
            created_at: self.now().as_second(),
            upload_id: upload.to_owned(),
        })
    }

    /// Makes a file of the parts, in the order in which they are named; 400, 404, 409.
    pub async fn complete_upload(&self, upload: &str, request: &CompleteUpload) -> Result<Upload> {
        let stored = self.pending(upload).await?;
        let parts = self.parts_of(upload).await?;
        let named = in_order(&parts, &request.part_ids, stored.value.bytes)?;
        let file_id = new_id(&*self.ports.random, self.now());
        let keys = named
            .iter()
            .map(|part| part_key(self.account, upload, &part.id));
        let keys = Vec::from_iter(keys);
        let bytes = stored.value.bytes;
        let mut measure = Measure::new([(bytes, beyond as _), (u64::MAX, beyond as _)]);
        if request.md5.is_some() {
            measure = measure.with_md5();
        }
        let parts = self.joined(keys);
        let mut written = self.write_as(&file_id, parts, measure).await?;
        if let (Some(told), Some(md5)) = (&request.md5, &written.measured.md5)
            && !told.eq_ignore_ascii_case(md5)
        {
            return Err(Error::invalid(
                "md5",
                format!("is not that of the file, which is {md5}"),
            ));
        }
        let details = FileDetails {
            filename: stored.value.filename.clone(),
            content_type: Some(stored.value.content_type.clone()),
            purpose: stored.value.purpose.clone(),
            expires_after: stored.value.expires_after,
        };
        let file = self.record(file_id, &written.measured, details);
        let ended = UploadRecord {
            status: UploadStatus::Completed,
            ..stored.value.clone()
        };
        // What the upload reserved is now what the file takes.
        let mut steps = vec![
            self.put_ended(&ended, &stored)?,
            cleanup::upload(self.account, upload, self.now())?.step()?,
        ];
        steps.extend(self.filing(&file)?);
        written.keep();
        if !self.apply(steps).await? {
            written.discard();
            return Err(not_pending());
        }
        Ok(ended.show(Some(file.show())))
    }

    /// Takes an upload back; 404, 409.
    pub async fn cancel_upload(&self, upload: &str) -> Result<Upload> {
        let stored = self.pending(upload).await?;
        let mut steps = self.ending(&stored, UploadStatus::Cancelled)?;
        steps.push(cleanup::upload(self.account, upload, self.now())?.step()?);
        if !self.apply(steps).await? {
            return Err(not_pending());
        }
        let ended = UploadRecord {
            status: UploadStatus::Cancelled,
            ..stored.value
        };
        Ok(ended.show(None))
    }

    /// The steps that end a pending upload without a file: what it reserved is free again.
    pub(crate) fn ending(
        &self,
        stored: &Stored<UploadRecord>,
        status: UploadStatus,
    ) -> Result<Vec<Step>> {
        let ended = UploadRecord {
            status,
            ..stored.value.clone()
        };
        Ok(vec![
            self.put_ended(&ended, stored)?,
            self.count(-signed(ended.bytes), -1),
        ])
    }

    /// Removes the parts of an upload that has ended, and bytes that a crash kept from becoming one.
    pub(crate) async fn remove_parts(&self, upload: &str) -> Result<()> {
        self.remove_blobs(&parts_key(self.account, upload)).await?;
        self.remove_items(&format!("{PART}{upload}/")).await?;
        self.remove_item(format!("{PARTS}{upload}")).await
    }

    /// Removes all bytes whose keys begin with the names of `prefix`.
    pub(crate) async fn remove_blobs(&self, prefix: &str) -> Result<()> {
        loop {
            let keys = self.ports.blob.list(prefix).await?;
            if keys.is_empty() {
                return Ok(());
            }
            for key in keys {
                self.ports.blob.delete(&key).await?;
            }
        }
    }

    /// Whether the steps were applied; they are durable then.
    pub(crate) async fn apply(&self, steps: Vec<Step>) -> Result<bool> {
        documents::apply(self.ledger(), self.account, steps).await
    }

    /// Removes all items under `prefix`.
    pub(crate) async fn remove_items(&self, prefix: &str) -> Result<()> {
        loop {
            let page = self
                .ledger()
                .query(self.account, prefix, None, READ)
                .await?;
            if page.is_empty() {
                return Ok(());
            }
            for (key, _) in page {
                self.remove_item(key).await?;
            }
        }
    }

    async fn remove_item(&self, key: String) -> Result<()> {
        let when = When::Always;
        self.apply(vec![Step::Delete { key, when }]).await.map(drop)
    }

    fn put_ended(&self, ended: &UploadRecord, stored: &Stored<UploadRecord>) -> Result<Step> {
        let until = time::shift(self.now(), KNOWN_FOR);
        let key = format!("{UPLOAD}{}", ended.id);
        put_until(key, ended, stored.unchanged(), Some(until))
    }

    /// An upload that takes parts; 404, 409.
    async fn pending(&self, id: &str) -> Result<Stored<UploadRecord>> {
        let absent = || Error::not_found(format_args!("upload '{id}'"));
        if !is_id(UPLOAD_PREFIX, id) {
            return Err(absent());
        }
        let key = format!("{UPLOAD}{id}");
        let found: Option<Stored<UploadRecord>> =
            documents::find(self.ledger(), self.account, &key).await?;
        let stored = found.ok_or_else(absent)?;
        let is_over = self.now() >= stored.value.expires_at;
        if stored.value.status != UploadStatus::Pending || is_over {
            return Err(not_pending());
        }
        Ok(stored)
    }

    async fn parts_of(&self, upload: &str) -> Result<HashMap<String, PartRecord>> {
        let mut parts = HashMap::new();
        let prefix = format!("{PART}{upload}/");
        let mut pages = Pages::new(self.ledger(), self.account, &prefix, None, READ);
        while let Some(page) = pages.next().await? {
            for (_, item) in &page {
                let part: PartRecord = decode(document(item)?)?;
                parts.insert(part.id.clone(), part);
            }
        }
        Ok(parts)
    }

    /// The bytes of blobs, one after the other.
    fn joined(&self, keys: Vec<String>) -> BlobSource<'_> {
        let blob = &self.ports.blob;
        stream::iter(keys)
            .then(move |key| async move {
                let found = blob.get(&key, None).await?;
                let bytes = found.ok_or_else(|| Error::internal("a part without bytes"))?;
                Ok::<_, Error>(bytes.map_err(Error::internal))
            })
            .try_flatten()
            .boxed()
    }
}

/// The parts that are named: each once, and together as many bytes as was said.
fn in_order<'a>(
    parts: &'a HashMap<String, PartRecord>,
    ids: &[String],
    bytes: u64,
) -> Result<Vec<&'a PartRecord>> {
    let mut named: Vec<&PartRecord> = Vec::with_capacity(ids.len());
    for (at, id) in ids.iter().enumerate() {
        let wrong = |issue: &str| Error::invalid(format!("part_ids[{at}]"), issue);
        let part = parts
            .get(id)
            .ok_or_else(|| wrong("is no part of the upload"))?;
        if ids[..at].contains(id) {
            return Err(wrong("is there twice"));
        }
        named.push(part);
    }
    let sum: u64 = named.iter().map(|part| part.size).sum();
    if sum != bytes {
        let issue = format!("have {sum} bytes, and the upload was begun for {bytes}");
        return Err(Error::invalid("part_ids", issue));
    }
    Ok(named)
}

fn beyond(bytes: u64) -> Error {
    let issue = format!("goes beyond the {bytes} bytes or {MAX_PARTS} parts of the upload");
    Error::invalid(DATA, issue)
}

fn part_too_large(limit: u64) -> Error {
    let message = format!("A part must be at most {limit} bytes");
    Error::new(Code::PayloadTooLarge, message)
}

fn not_pending() -> Error {
    Error::new(Code::Conflict, "The upload takes no parts any more")
}
