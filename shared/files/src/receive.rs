use crate::{
    Files, Form,
    files::{FileDetails, Unfiled},
    form::Part,
    record::FileRecord,
};
use openclaw_core::{Error, Result, blob::BlobSource};
use openclaw_schema::{
    file::{Anchor, ExpiresAfter, validate_filename, validate_purpose},
    upload::is_media_type,
};

/// The field of a form that holds the file.
const FILE: &str = "file";

/// What a form says beside the file.
#[derive(Default)]
struct Fields {
    purpose: Option<String>,
    anchor: Option<String>,
    seconds: Option<String>,
}

impl Files<'_> {
    /// Makes a file of a form with the fields `file` and `purpose`, in any order, and perhaps
    /// `expires_after[anchor]` and `expires_after[seconds]`. Where anything of it is wrong, nothing stays:
    /// 400, 413, 415, 507.
    pub async fn receive(
        &self,
        content_type: Option<&str>,
        source: BlobSource<'_>,
    ) -> Result<FileRecord> {
        let mut form = Form::new(content_type, source)?;
        let (mut fields, mut file) = (Fields::default(), None);
        while let Some(part) = form.next().await? {
            match part.name() {
                FILE if file.is_some() => return Err(Error::invalid(FILE, "is there twice")),
                FILE => file = Some(self.take(part).await?),
                _ => fields.read(part).await?,
            }
        }
        let (filename, content_type, written) =
            file.ok_or_else(|| Error::invalid(FILE, "is required"))?;
        let details = FileDetails {
            filename,
            content_type,
            expires_after: fields.expires_after()?,
            purpose: fields.purpose()?,
        };
        self.file(written, details).await
    }

    /// The file's name, its media type as its sender says, and its bytes in the store.
    async fn take(&self, part: Part<'_>) -> Result<(String, Option<String>, (String, Unfiled))> {
        let filename = part.filename();
        let filename =
            filename.ok_or_else(|| Error::invalid(FILE, "must be a file with a name"))?;
        validate_filename(FILE, &filename)?;
        let content_type = part.content_type().filter(|kind| is_media_type(kind));
        let content_type = content_type.map(str::to_owned);
        Ok((filename, content_type, self.write_file(part.bytes()).await?))
    }
}

impl Fields {
    /// Takes a part that is no file; those that nobody knows are ignored.
    async fn read(&mut self, part: Part<'_>) -> Result<()> {
        let name = part.name().to_owned();
        let text = part.text().await?;
        let field = match &*name {
            "purpose" => &mut self.purpose,
            "expires_after[anchor]" => &mut self.anchor,
            "expires_after[seconds]" => &mut self.seconds,
            _ => return Ok(()),
        };
        match field.replace(text) {
            None => Ok(()),
            Some(_) => Err(Error::invalid(name, "is there twice")),
        }
    }

    fn purpose(self) -> Result<String> {
        let purpose = self.purpose;
        let purpose = purpose.ok_or_else(|| Error::invalid("purpose", "is required"))?;
        validate_purpose(&purpose)?;
        Ok(purpose)
    }

    fn expires_after(&self) -> Result<Option<ExpiresAfter>> {
        let (anchor, seconds) = match (&self.anchor, &self.seconds) {
            (None, None) => return Ok(None),
            (anchor, seconds) => (anchor.as_deref(), seconds.as_deref()),
        };
        if anchor != Some("created_at") {
            let issue = "must be 'created_at'";
            return Err(Error::invalid("expires_after[anchor]", issue));
        }
        let seconds = seconds.and_then(|text| text.parse().ok());
        let seconds = seconds.ok_or_else(|| {
            Error::invalid("expires_after[seconds]", "must be a number of seconds")
        })?;
        let anchor = Anchor::CreatedAt;
        let after = ExpiresAfter { anchor, seconds };
        after.validate()?;
        Ok(Some(after))
    }
}
