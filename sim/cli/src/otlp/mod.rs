//! A run's metrics, the same as in `metrics.prom`, and a span of it, sent to a collector by OTLP over HTTP. The pipeline is
//! built only where it is asked for: `--features otlp`.

#[cfg(feature = "otlp")]
mod pipeline;

use crate::failure::Failure;
use fieldday_api::redact::url_without_secrets;
use fieldday_folder::{RunFile, Summary};

/// Whether anything can be sent there, as far as that can be told before there is something to send.
pub fn can_send(url: &str) -> Result<(), Failure> {
    let cannot = |why: &str| Err(Failure::Otlp { url: url_without_secrets(url), why: why.to_owned() });
    match () {
        () if !cfg!(feature = "otlp") => cannot("this build has no OTLP support"),
        () if !url.starts_with("http://") && !url.starts_with("https://") => {
            cannot("it is not an http:// or https:// URL")
        }
        () => Ok(()),
    }
}

/// Sends the figures of a run to the OTLP endpoint at `url`.
#[cfg(feature = "otlp")]
pub fn send(url: &str, run: &RunFile, summary: &Summary) -> Result<(), Failure> {
    pipeline::send(url, run, summary)
        .map_err(|error| Failure::Otlp { url: url_without_secrets(url), why: error.to_string() })
}
/// Fails, since this build has no OTLP.
#[cfg(not(feature = "otlp"))]
pub fn send(url: &str, _run: &RunFile, _summary: &Summary) -> Result<(), Failure> {
    can_send(url)
}
