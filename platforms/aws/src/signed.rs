//! Requests to AWS signed by AWS's own signer (Signature Version 4): of most services a function needs
//! one operation, and the SDK's crates have them all.

use crate::Settings;
use ::http::Request;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4::SigningParams,
};
use bytes::Bytes;
use std::{fmt::Display, time::SystemTime};

/// The same request to `service`, signed with the function's own credentials.
pub(crate) fn signed(
    settings: &Settings,
    service: &str,
    request: Request<Bytes>,
) -> Result<Request<Bytes>, String> {
    sign_as(settings, service, SigningSettings::default(), request)
}

/// The same for S3, which signs paths as they are and wants the body's hash in a header.
pub(crate) fn signed_for_s3(
    settings: &Settings,
    request: Request<Bytes>,
) -> Result<Request<Bytes>, String> {
    let mut signing = SigningSettings::default();
    signing.percent_encoding_mode = PercentEncodingMode::Single;
    signing.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    signing.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    sign_as(settings, "s3", signing, request)
}

fn sign_as(
    settings: &Settings,
    service: &str,
    signing: SigningSettings,
    mut request: Request<Bytes>,
) -> Result<Request<Bytes>, String> {
    let identity = settings.credentials.clone().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&settings.region)
        .name(service)
        .time(SystemTime::now())
        .settings(signing)
        .build()
        .map_err(text)?;
    let uri = request.uri().to_string();
    let headers = request.headers().iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let signable = SignableRequest::new(
        request.method().as_str(),
        &uri,
        headers,
        SignableBody::Bytes(request.body()),
    );
    let signed = sign(signable.map_err(text)?, &params.into()).map_err(text)?;
    let (instructions, _) = signed.into_parts();
    instructions.apply_to_request_http1x(&mut request);
    Ok(request)
}

pub(crate) fn text(error: impl Display) -> String {
    error.to_string()
}
