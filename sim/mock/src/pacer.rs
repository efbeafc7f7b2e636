//! Waits that end when they should. The runtime's own timers are as fine as a millisecond and round up, so a worker of 10 ms
//! would be kept for 11: a tenth less than what it was told to serve.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Instant;
use tokio::sync::oneshot;

/// A thread that ends waits, from the first one on. It ends with this.
#[derive(Default)]
pub(crate) struct Pacer(OnceLock<Sender<Due>>);

/// A wait: when it ends, and who waits.
struct Due {
    at: Instant,
    waits: oneshot::Sender<()>,
}

impl Ord for Due {
    fn cmp(&self, other: &Due) -> Ordering {
        self.at.cmp(&other.at)
    }
}
impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Due) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Due {
    fn eq(&self, other: &Due) -> bool {
        self.at == other.at
    }
}
impl Eq for Due {}

impl Pacer {
    /// Waits until then. It is a matter of some tens of microseconds, as far as the machine has a processor to spare.
    pub(crate) async fn until(&self, at: Instant) {
        let thread = self.0.get_or_init(|| {
            let (sends, hears) = channel();
            // Where there is no thread to be had, the runtime's timers have to do.
            let _ = std::thread::Builder::new().name("mock-pacer".to_owned()).spawn(move || ends(&hears));
            sends
        });
        let (waits, ended) = oneshot::channel();
        if thread.send(Due { at, waits }).is_err() || ended.await.is_err() {
            tokio::time::sleep_until(at.into()).await;
        }
    }
}

fn ends(hears: &Receiver<Due>) {
    let mut due: BinaryHeap<Reverse<Due>> = BinaryHeap::new();
    loop {
        let now = Instant::now();
        while due.peek().is_some_and(|Reverse(next)| next.at <= now) {
            // Who waits may have gone away.
            let _ = due.pop().map(|Reverse(next)| next.waits.send(()));
        }
        let heard = match due.peek() {
            Some(Reverse(next)) => hears.recv_timeout(next.at - now),
            None => hears.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match heard {
            Ok(next) => due.push(Reverse(next)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn waits_end_in_their_order_and_none_too_early() {
        let (pacer, began) = (Pacer::default(), Instant::now());
        let after = |us: u64| {
            let at = began + Duration::from_micros(us);
            let pacer = &pacer;
            async move {
                pacer.until(at).await;
                assert!(Instant::now() >= at);
                us
            }
        };
        let ended = tokio::join!(after(9_300), after(2_100), after(0), after(2_100));
        assert_eq!(ended, (9_300, 2_100, 0, 2_100));
        assert!(began.elapsed() >= Duration::from_micros(9_300));
    }
}
