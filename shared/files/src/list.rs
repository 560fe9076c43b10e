use crate::{
    Files,
    record::{FILE, FileRecord, key},
};
use openclaw_core::{
    Error, Result,
    documents::{decode, document},
};
use openclaw_schema::{
    file::{File, ListFiles, Order},
    list::{List, Page},
};

/// Records that are read at a time.
const READ: usize = 500;

impl Files<'_> {
    /// The files, the newest first unless `query` says otherwise; 400.
    pub async fn list(&self, query: &ListFiles) -> Result<List<File>> {
        let limit = query.limit()?;
        let after = query
            .after
            .as_deref()
            .map(|id| key(id).ok_or_else(|| Error::invalid("after", "must be the id of a file")));
        let after = after.transpose()?;
        let is_wanted = |file: &FileRecord| {
            let purpose = query.purpose.as_ref();
            purpose.is_none_or(|purpose| *purpose == file.purpose)
        };
        let files = match query.order {
            Order::Desc => self.newest(after, limit + 1, is_wanted).await?,
            // The ledger knows one order only.
            Order::Asc => {
                let mut all = self.newest(None, usize::MAX, is_wanted).await?;
                all.reverse();
                let before = |file: &FileRecord| {
                    let after = after.as_ref();
                    after.is_some_and(|after| format!("{FILE}{}", file.id) >= *after)
                };
                let first = all.iter().position(|file| !before(file));
                all.split_off(first.unwrap_or(all.len()))
            }
        };
        let shown = files.into_iter().map(FileRecord::show).collect();
        let page = Page { limit, after: None };
        Ok(List::page(shown, &page))
    }

    /// The first `limit` that are wanted, after the record `after`.
    async fn newest(
        &self,
        mut after: Option<String>,
        limit: usize,
        is_wanted: impl Fn(&FileRecord) -> bool,
    ) -> Result<Vec<FileRecord>> {
        let (now, mut files) = (self.now(), Vec::new());
        while files.len() < limit {
            let ledger = self.ledger();
            let page = ledger.query(self.account, FILE, after.as_deref(), READ.min(limit));
            let page = page.await?;
            let Some((last, _)) = page.last() else {
                break;
            };
            after = Some(last.clone());
            for (_, item) in &page {
                let file: FileRecord = decode(document(item)?)?;
                if file.is_live(now) && is_wanted(&file) {
                    files.push(file);
                }
            }
        }
        Ok(files)
    }
}
