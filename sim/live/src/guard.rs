//! A rep who panics is a failure that is counted, not the end of everybody else's day.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// Runs it to its end; true if it panicked on the way.
pub async fn panics(work: impl Future<Output = ()>) -> bool {
    let mut work = pin!(work);
    // Whatever the panic left half done belongs to that rep alone, and nobody looks at it any more.
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(Poll::Ready(())) => Poll::Ready(false),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(true),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_lite::future::block_on;

    #[test]
    fn a_panic_is_told_from_an_end() {
        assert!(!block_on(panics(async {})));
        assert!(block_on(panics(async {
            futures_lite::future::yield_now().await;
            panic!("a rep falls down the stairs");
        })));
    }
}
