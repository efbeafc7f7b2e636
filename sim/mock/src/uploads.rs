//! Presigned upload URLs that lead back to the mock. The backend's own lead to an object store that nobody has; here each
//! also says which shard knows its key: `http://127.0.0.1:8080/uploads/{shard}.{key}`.

use fieldday_api::call::{Answer, Call, Response};
use fieldday_api::private::Private;
use fieldday_backend::UPLOAD_URL_PREFIX;

/// The answer, with its upload URL (if it has one) leading to `base`.
pub(crate) fn leading_here(answer: &Response, base: &str, shard: usize) -> Option<Answer> {
    let Answer::RecordingStarted(started) = &answer.answer else { return None };
    let key = started.audio_upload_url.as_ref()?.expose().strip_prefix(UPLOAD_URL_PREFIX)?;
    let mut started = started.clone();
    started.audio_upload_url = Some(Private::from(format!("{base}/uploads/{shard}.{key}")));
    Some(Answer::RecordingStarted(started))
}

/// The shard that an upload goes to, and the call that it knows. Any shard refuses a key that names none.
pub(crate) fn shard_of(key: &Private, bytes: u64) -> (usize, Call) {
    let named = key.expose().split_once('.').and_then(|(shard, key)| Some((shard.parse().ok()?, Private::from(key))));
    let (shard, key) = named.unwrap_or_else(|| (0, key.clone()));
    (shard, Call::PutAudio { key, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(call: &Call) -> &str {
        call.path_id().unwrap()
    }

    #[test]
    fn a_key_names_its_shard_and_one_that_names_none_stays_as_it_is() {
        let (shard, call) = shard_of(&Private::from("3.session_1-abc"), 5);
        assert_eq!((shard, key_of(&call)), (3, "session_1-abc"));
        let (shard, call) = shard_of(&Private::from("guess"), 5);
        assert_eq!((shard, key_of(&call)), (0, "guess"));
        assert_eq!(shard_of(&Private::from("x.y"), 5).0, 0);
    }
}
