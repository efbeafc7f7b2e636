//! Several requests side by side.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Something that goes on beside others.
pub(crate) type Going<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Lets all go on side by side, and gives what came of them in their order.
pub(crate) async fn together<'a, T>(each: impl IntoIterator<Item = Going<'a, T>>) -> Vec<T> {
    let mut going: Vec<_> = each.into_iter().map(|future| (Some(future), None)).collect();
    poll_fn(move |context| {
        for (future, result) in &mut going {
            if let Some(running) = future
                && let Poll::Ready(came) = running.as_mut().poll(context)
            {
                (*future, *result) = (None, Some(came));
            }
        }
        if going.iter().any(|(future, _)| future.is_some()) {
            return Poll::Pending;
        }
        Poll::Ready(std::mem::take(&mut going).into_iter().filter_map(|(_, result)| result).collect())
    })
    .await
}
