//! Bodies that are sent: JSON as it is, audio as so many bytes that are made on the way out, as fast as the link carries them.

use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// A piece of audio: nobody listens to it.
static PIECE: [u8; 16 * 1024] = [0x55; 16 * 1024];

/// What goes out behind the head of a request.
pub enum Outgoing {
    /// The body is sent as one piece.
    Whole(Option<Bytes>),
    /// Audio, in pieces that leave as the link carries them.
    Audio(Box<Audio>),
}

/// The audio of an upload that goes on: how much is sent, and how fast.
pub struct Audio {
    sent: u64,
    left: u64,
    /// What is announced and never comes, since the link is cut before.
    held: u64,
    /// How long the link needs for what comes.
    over: Duration,
    began: Option<Instant>,
    /// When the next piece has passed the link.
    passed: Option<Pin<Box<Sleep>>>,
}

impl Outgoing {
    /// A body of JSON, or an empty one.
    pub fn json(body: Option<Vec<u8>>) -> Outgoing {
        Outgoing::Whole(body.map(Bytes::from))
    }
    /// Audio of that size, of which the link carries `until` bytes at most, in so much time. After these nothing more comes:
    /// whoever sent it breaks it off.
    pub fn audio(bytes: u64, until: Option<u64>, over: Duration) -> Outgoing {
        let left = until.map_or(bytes, |until| until.min(bytes));
        Outgoing::Audio(Box::new(Audio { sent: 0, left, held: bytes - left, over, began: None, passed: None }))
    }
}

impl Audio {
    /// The next piece, once its last byte has passed the link.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Bytes> {
        let piece = self.left.min(PIECE.len() as u64);
        if !self.over.is_zero() {
            let began = *self.began.get_or_insert_with(Instant::now);
            let share = (self.sent + piece) as f64 / (self.sent + self.left) as f64;
            let due = began + self.over.mul_f64(share);
            let passed = self.passed.get_or_insert_with(|| Box::pin(sleep_until(due)));
            ready!(passed.as_mut().poll(context));
            self.passed = None;
        }
        (self.sent, self.left) = (self.sent + piece, self.left - piece);
        Poll::Ready(Bytes::from_static(&PIECE[..piece as usize]))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Outgoing::Whole(body) => Poll::Ready(body.take().map(|bytes| Ok(Frame::data(bytes)))),
            Outgoing::Audio(audio) => match (audio.left, audio.held) {
                (0, 0) => Poll::Ready(None),
                // The link is dead: whoever sent this breaks it off when the phone notices.
                (0, _) => Poll::Pending,
                _ => audio.poll_piece(context).map(|piece| Some(Ok(Frame::data(piece)))),
            },
        }
    }
    fn is_end_stream(&self) -> bool {
        match self {
            Outgoing::Whole(body) => body.is_none(),
            Outgoing::Audio(audio) => audio.left + audio.held == 0,
        }
    }
    fn size_hint(&self) -> SizeHint {
        match self {
            Outgoing::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Outgoing::Audio(audio) => SizeHint::with_exact(audio.left + audio.held),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    /// The pieces of a body, each with when it came, until none comes for a second.
    fn pieces(mut body: Outgoing) -> Vec<(usize, Duration)> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (began, mut pieces) = (Instant::now(), Vec::new());
            while let Ok(Some(Ok(frame))) = tokio::time::timeout(Duration::from_secs(1), body.frame()).await {
                pieces.push((frame.into_data().unwrap().len(), began.elapsed()));
            }
            pieces
        })
    }

    #[test]
    fn audio_takes_as_long_as_the_link_needs_for_it_from_its_first_piece_to_its_last() {
        let pieces = pieces(Outgoing::audio(100_000, None, Duration::from_millis(400)));
        assert_eq!(pieces.iter().map(|(bytes, _)| bytes).sum::<usize>(), 100_000);
        let at = |place: usize| pieces[place].1.as_millis();
        assert!(at(0) >= 60 && at(2) >= 190 && at(pieces.len() - 1) >= 400, "{pieces:?}");
        assert!(at(0) < 400, "it does not come all at once: {pieces:?}");
    }

    #[test]
    fn audio_whose_link_is_cut_announces_all_and_sends_what_passed() {
        let body = Outgoing::audio(100_000, Some(20_000), Duration::from_millis(40));
        assert_eq!(body.size_hint().exact(), Some(100_000));
        assert_eq!(pieces(body).iter().map(|(bytes, _)| bytes).sum::<usize>(), 20_000);
    }

    #[test]
    fn without_a_link_audio_is_sent_at_once() {
        let pieces = pieces(Outgoing::audio(100_000, None, Duration::ZERO));
        assert_eq!(pieces.len(), 7);
    }
}
