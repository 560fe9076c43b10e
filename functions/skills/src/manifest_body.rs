//! The body that a skill is installed from.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use openclaw_skills::{Manifest, manifest, skill_md};
use openclaw_web::{ApiError, App, RawBody, RawJson, Result, media_type};

/// A manifest in JSON, or an Agent Skill (`text/markdown`).
pub(crate) enum ManifestBody {
    Json(Bytes),
    Markdown(Bytes),
}

impl FromRequest<App> for ManifestBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        if media_type(request.headers()) == "text/markdown" {
            let RawBody(body) = RawBody::from_request(request, app).await?;
            return Ok(Self::Markdown(body));
        }
        let RawJson(body) = RawJson::from_request(request, app).await?;
        Ok(Self::Json(body))
    }
}

impl ManifestBody {
    /// 400 with every fault, 413.
    pub(crate) fn manifest(&self) -> Result<Manifest> {
        Ok(match self {
            Self::Json(body) => manifest::parse(body)?,
            Self::Markdown(body) => skill_md::parse(body)?,
        })
    }
}
