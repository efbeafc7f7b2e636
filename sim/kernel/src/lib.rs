//! Deterministic simulation: virtual time, an executor of futures, named random streams, and a fingerprint of what happened.
//!
//! A server with two clients over a network that loses messages, run twice:
//!
//! ```
//! use fieldday_kernel::{executor::Executor, fingerprint::*, random::*, signal::Signal, time::*};
//! use futures_lite::future;
//! use std::{cell::{Cell, RefCell}, rc::Rc};
//!
//! const LOSS: Purpose = Purpose::new("network.loss");
//!
//! fn run(seed: u64) -> (u32, Fingerprint) {
//!     let executor = Executor::new(Time::default());
//!     let (served, events) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(Fingerprinter::default())));
//!     for client in 0..2_u64 {
//!         let (clock, served, events) = (executor.handle(), served.clone(), events.clone());
//!         executor.handle().spawn(async move {
//!             for request in 0..100_u64 {
//!                 for attempt in 0.. {
//!                     events.borrow_mut().add(&(clock.now(), client, request, attempt));
//!                     let mut fate = Stream::new(seed, LOSS, client, request, attempt);
//!                     let (answered, server) = (Rc::new(Signal::default()), clock.clone());
//!                     if !fate.bernoulli(100_000) { // One message in ten is lost.
//!                         let (arrives, answered, served) = (fate.range(5..50), answered.clone(), served.clone());
//!                         clock.spawn(async move {
//!                             server.sleep(Span::millis(arrives)).await;
//!                             served.set(served.get() + 1);
//!                             answered.notify();
//!                         });
//!                     }
//!                     let timeout = async { clock.sleep(Span::seconds(1)).await; false };
//!                     if future::or(async { answered.wait().await; true }, timeout).await { break }
//!                 }
//!             }
//!         });
//!     }
//!     executor.run();
//!     let fingerprint = events.borrow().finish();
//!     (served.get(), fingerprint)
//! }
//!
//! assert_eq!(run(7), run(7), "the same seed gives the same events");
//! assert_eq!(run(7).0, 200, "every request was served, however many attempts it took");
//! assert_ne!(run(7).1, run(8).1);
//! ```
//!
//! - [`time`]: integer microseconds; calendar dates and time zones as tables.
//! - [`executor`]: a queue of (time, sequence). Virtual time, or a clock that is fed from outside.
//! - [`signal`]: wakes tasks of the same thread.
//! - [`random`]: ChaCha streams keyed by name, so that taking one element out of a simulation moves no draw of another.
//! - [`text`]: text from outside without control characters.
//! - [`canonical`] and [`fingerprint`]: 128 bits that tell two streams of events apart.
//!
//! Nothing here reads a clock, starts a thread or draws from the operating system.

pub mod canonical;
pub mod executor;
pub mod fingerprint;
pub mod random;
pub mod signal;
pub mod text;
pub mod time;
