//! What surrounds a phone: the clock, the network, the place it is at, and an observer who notes what happens.

use fieldday_api::call::{Call, Response};
use fieldday_api::token::{Claims, Credential};
use fieldday_api::wire::recordings::Location;
use fieldday_history::What;
use fieldday_history::event::Lapse;
use fieldday_kernel::random::{Purpose, Stream};
use fieldday_kernel::time::{Span, Time, Zone};
use fieldday_world::place::Point;
use fieldday_world::track::Leg;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

/// One try at a request.
pub struct Attempt {
    /// The call's number; all its attempts share it.
    pub call: u32,
    /// Which attempt (from 0).
    pub attempt: u8,
    /// What is asked.
    pub request: Arc<Call>,
    /// What goes into the `Authorization` header.
    pub credential: Rc<Credential>,
    /// Until when the answer is waited for.
    pub deadline: Time,
    /// What it means when it does not come by then: a timeout, or a person who does not want to wait.
    pub at_deadline: Lapse,
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// An answer came in time.
    Answered(Arc<Response>),
    /// None did.
    Unanswered(Lapse),
}

/// Where the phone thinks it is.
#[derive(Clone, Copy, Debug)]
pub struct Fix {
    /// In the territory's plane.
    pub point: Point,
    /// In degrees, as requests carry it.
    pub location: Location,
    /// The fix's own idea of its error.
    pub accuracy_m: u32,
}

/// What surrounds a phone.
pub trait Surroundings: 'static {
    /// What the clock shows.
    fn now(&self) -> Time;
    /// Waits.
    fn sleep_until(&self, until: Time) -> impl Future<Output = ()> + 'static;
    /// Starts something that goes on by itself.
    fn spawn(&self, task: impl Future<Output = ()> + 'static);
    /// Sends a request and waits for its answer. Dropping the future does not call the request back.
    fn attempt(&self, attempt: Attempt) -> impl Future<Output = Ending>;
    /// Fetches a session token from the identity provider; none if that cannot be reached by the deadline.
    fn fetch_token(&self, deadline: Time) -> impl Future<Output = Option<Claims>>;
    /// Notes what happened.
    fn record(&self, what: What);
    /// From now on the phone is on this leg of its way.
    fn follow(&self, leg: Leg);
    /// Where it really is.
    fn here(&self) -> Point;
    /// Whether the phone sees a network.
    fn online(&self) -> bool;
    /// For how long it has seen one without a break, as far as it remembers; none if it sees none.
    fn online_for(&self) -> Option<Span>;
    /// Waits until it does.
    fn network_back(&self) -> impl Future<Output = ()>;
    /// Asks the positioning system, for the `reading`th time.
    fn fix(&self, reading: u32) -> Fix;
    /// A stream of draws of this client's own.
    fn stream(&self, purpose: Purpose, action: u64, attempt: u64) -> Stream;
    /// The tenant's time zone.
    fn zone(&self) -> &Zone;

    /// What the clock of the person's day shows. It is the phone's clock, unless a run on the wall clock goes through the
    /// day faster than real time: then people's plans go by this one, and all that the protocol says goes by [`now`].
    ///
    /// [`now`]: Surroundings::now
    fn day_now(&self) -> Time {
        self.now()
    }
    /// Waits until the clock of the day shows that.
    fn sleep_until_in_day(&self, until: Time) -> impl Future<Output = ()> + 'static {
        self.sleep_until(until)
    }
    /// What the person does next was due at that time of the day, by the plan, whatever the backend did.
    fn was_due(&self, _at: Time) {}
    /// For how long after the day a phone is left on for what still waits to be sent.
    fn lingers(&self) -> Span {
        Span::ZERO
    }

    /// Waits for a while.
    fn sleep(&self, span: Span) -> impl Future<Output = ()> + 'static {
        self.sleep_until(self.now() + span)
    }
}
