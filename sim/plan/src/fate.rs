//! What comes of a visit: how it goes, how it is recorded, how long it lasts. The same draws for a visit of the plan and
//! for one that was found at a target.

use super::VisitFate;
use super::keys::between;
use fieldday_api::fixed::Money;
use fieldday_api::names::{Outcome, RecordingMode};
use fieldday_kernel::random::Stream;
use fieldday_kernel::time::Span;
use fieldday_scenario::Visits;
use fieldday_scenario::persona::Persona;

/// Draws whether a visit takes place and what its outcome is.
pub(super) fn fate(visits: &Visits, persona: &Persona, stream: &mut Stream) -> VisitFate {
    let (dice, deal) = (stream.below(1_000_000) as u32, between(stream, persona.deal_dollars));
    let (won, other) = (stream.bernoulli(persona.wins_ppm), stream.below(100));
    if dice < visits.no_show_ppm {
        VisitFate::NoShow
    } else if dice - visits.no_show_ppm < visits.cancelled_ppm {
        VisitFate::CancelledAtTheDoor
    } else if won {
        VisitFate::Held { outcome: Outcome::Won, deal_size: Some(Money::whole(deal / 50 * 50 + 50)) }
    } else {
        let outcome = match other {
            0..60 => Outcome::Lost,
            60..80 => Outcome::Rescheduled,
            _ => Outcome::Pending,
        };
        VisitFate::Held { outcome, deal_size: None }
    }
}

/// Draws the recording mode by the scenario's weights.
pub(super) fn mode(visits: &Visits, stream: &mut Stream) -> RecordingMode {
    let modes = visits.modes;
    match stream.weighted([modes.full, modes.ghost, modes.ephemeral].into_iter().map(u64::from)) {
        1 => RecordingMode::Ghost,
        2 => RecordingMode::Ephemeral,
        _ => RecordingMode::Full,
    }
}

/// Draws the bit rate of the audio from those of the scenario, in kbit/s.
pub(super) fn audio_kbit_s(visits: &Visits, stream: &mut Stream) -> u32 {
    stream.pick(&visits.audio_kbit_s).copied().unwrap_or(68)
}

/// A third of the visits end early, the others run over.
pub(super) fn overrun(persona: &Persona, stream: &mut Stream) -> Span {
    let most = i64::from(persona.overrun_minutes) * 60;
    let (early, seconds) = (stream.below(3) == 0, stream.range(0..most + 1));
    Span::seconds(if early { -seconds / 2 } else { seconds })
}
