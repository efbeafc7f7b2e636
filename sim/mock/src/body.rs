//! Bodies of requests: read up to a limit, or only counted.

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::time::timeout;

/// Why a body did not come to its end.
pub(crate) enum Unread {
    /// It is longer than the limit, or than [`READ_LIMIT`].
    TooLarge,
    /// The connection broke, or the next part did not come within the patience.
    Broken,
}

/// The most that a body may have which is read: no call of the API needs a tenth of it.
pub(crate) const READ_LIMIT: u64 = 1 << 20;

/// Hands the parts of a body to `part` as they come. Gives its length.
async fn drain(mut body: Body, limit: u64, patience: Duration, mut part: impl FnMut(&Bytes)) -> Result<u64, Unread> {
    let mut length = 0;
    while let Some(frame) = timeout(patience, body.frame()).await.map_err(|_| Unread::Broken)? {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        length += data.len() as u64;
        if length > limit {
            return Err(Unread::TooLarge);
        }
        part(&data);
    }
    Ok(length)
}

/// Reads the whole body, up to [`READ_LIMIT`] bytes.
pub(crate) async fn read(body: Body, patience: Duration) -> Result<Vec<u8>, Unread> {
    let mut whole = Vec::new();
    drain(body, READ_LIMIT, patience, |part| whole.extend_from_slice(part)).await?;
    Ok(whole)
}

/// The length of a body, whose parts are thrown away as they come.
pub(crate) async fn counted(body: Body, limit: u64, patience: Duration) -> Result<u64, Unread> {
    drain(body, limit, patience, |_| ()).await
}
