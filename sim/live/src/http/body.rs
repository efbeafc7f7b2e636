//! Bodies that are sent: JSON as it is, audio as so many bytes that are made on the way out.

use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A piece of audio: nobody listens to it.
static CHUNK: [u8; 16 * 1024] = [0x55; 16 * 1024];

/// What goes out behind the head of a request.
pub enum Outgoing {
    /// As it is.
    Whole(Option<Bytes>),
    /// So many bytes are announced; after so many nothing more comes, and the request is broken off by whoever sent it.
    Audio {
        /// What `Content-Length` says.
        announced: u64,
        /// Of these, what is still to be sent.
        left: u64,
        /// What is held back for ever.
        held: u64,
    },
}

impl Outgoing {
    /// Nothing, or JSON.
    pub fn json(body: Option<Vec<u8>>) -> Outgoing {
        Outgoing::Whole(body.map(Bytes::from))
    }
    /// Audio of that size, of which the connection carries `until` bytes at most.
    pub fn audio(bytes: u64, until: Option<u64>) -> Outgoing {
        let left = until.map_or(bytes, |until| until.min(bytes));
        Outgoing::Audio { announced: bytes, left, held: bytes - left }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Outgoing::Whole(body) => Poll::Ready(body.take().map(|bytes| Ok(Frame::data(bytes)))),
            Outgoing::Audio { left: 0, held: 0, .. } => Poll::Ready(None),
            // The link is dead: whoever sent this breaks it off when the phone notices.
            Outgoing::Audio { left: 0, .. } => Poll::Pending,
            Outgoing::Audio { left, .. } => {
                let now = (*left).min(CHUNK.len() as u64);
                *left -= now;
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&CHUNK[..now as usize])))))
            }
        }
    }
    fn is_end_stream(&self) -> bool {
        matches!(self, Outgoing::Whole(None) | Outgoing::Audio { left: 0, held: 0, .. })
    }
    fn size_hint(&self) -> SizeHint {
        match self {
            Outgoing::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Outgoing::Audio { announced, left, held } => SizeHint::with_exact((left + held).min(*announced)),
        }
    }
}
