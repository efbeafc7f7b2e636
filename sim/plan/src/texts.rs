//! Free texts of rows: messages, tasks, notes. Each list is made private once; a copy of an entry allocates nothing.

use fieldday_api::SmolStr;
use fieldday_api::private::Private;
use std::sync::LazyLock;

/// The services that appointments are about.
pub(super) const SERVICES: [SmolStr; 8] = [
    SmolStr::new_static("Roof Replacement"),
    SmolStr::new_static("Roof Repair"),
    SmolStr::new_static("Roof Inspection"),
    SmolStr::new_static("Gutter Replacement"),
    SmolStr::new_static("Siding"),
    SmolStr::new_static("Window Replacement"),
    SmolStr::new_static("Storm Damage Estimate"),
    SmolStr::new_static("Solar Consultation"),
];

/// The carrier that messages name.
pub(super) const PROVIDER: SmolStr = SmolStr::new_static("Twilio");

/// A list of private texts, made when it is first used.
pub(super) struct Texts(LazyLock<Vec<Private>>);

impl Texts {
    /// The text at `number`, modulo the length of the list.
    pub fn pick(&self, number: u64) -> Private {
        let list = &*self.0;
        list[(number % list.len() as u64) as usize].clone()
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $($text:literal),+ $(,)?;)+) => { $(
        $(#[$doc])*
        pub(super) static $name: Texts =
            Texts(LazyLock::new(|| [$($text),+].map(|text| Private::new(SmolStr::new_static(text))).to_vec()));
    )+ };
}

texts! {
    /// Messages from customers.
    INBOUND =
        "Hi, is tomorrow morning still good for the estimate?",
        "The gate code is on the note by the door.",
        "Could you come half an hour later?",
        "My husband will be there as well.",
        "Do you also do gutters?",
        "We had another leak last night.",
        "Thanks, see you then.",
        "How long does an inspection take?",
        "Please ring, the bell is broken.",
        "Did you get the pictures I sent?",
        "Another company quoted less. Can you match it?",
        "Is the financing offer still on?",
        "ok 👍";
    /// Messages to customers, from the office and from reps.
    OUTBOUND =
        "Hello, this is a reminder of your appointment.",
        "I am about twenty minutes away.",
        "Running ten minutes late, sorry!",
        "Thank you for your time today.",
        "The estimate is in your mailbox.",
        "Would Thursday suit you better?",
        "Yes, that works for us.",
        "Could you send a picture of the damage?",
        "Our crew can start in two weeks.",
        "Please reply YES to confirm.";
    /// Descriptions of tasks.
    TASKS =
        "Send the estimate",
        "Call back about financing",
        "Order samples of shingles",
        "Ask for the insurance papers",
        "Confirm the crew's date",
        "Send pictures of the roof",
        "Check the measurements again",
        "Follow up on the quote",
        "Collect the signed contract",
        "Ask for a review";
    /// Notes of appointments.
    NOTES =
        "Prefers mornings.",
        "Dog in the yard, ring first.",
        "Both owners decide.",
        "Hail damage reported by the neighbour.",
        "Has two other quotes.",
        "Wants to see samples.";
    /// Transcripts of recordings.
    TRANSCRIPTS =
        "Thanks for having me. Shall we begin with the roof? The shingles on the south side have lost their grit.",
        "So the price is what worries you. Let us go through what is in it, line by line.",
        "We could start in two weeks. I need your signature and a deposit for that.";
    /// Objections of customers, in their words.
    OBJECTIONS =
        "That is more than we wanted to spend.",
        "I have to talk to my wife about it.",
        "We would rather wait for spring.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_texts_are_free() {
        for text in [INBOUND.pick(0), OUTBOUND.pick(99), TASKS.pick(u64::MAX), NOTES.pick(3)] {
            assert!(!text.expose().is_empty());
        }
        assert!(SERVICES.iter().all(|service| !service.is_heap_allocated()));
    }
}
