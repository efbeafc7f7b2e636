//! `app.geofence` (§2.3.1): a recording starts only with a fix within the radius of the appointment's place.

use crate::exchanges::{ClientEvent, SentAttempt};
use crate::facts::Facts;
use crate::judge::{Judge, Ops};
use crate::notes::Notes;
use crate::tables::{PerClient, push_bounded};
use fieldday_api::SmolStr;
use fieldday_api::call::Call;
use fieldday_api::endpoint::Op;
use fieldday_api::rules::Rule;
use fieldday_history::event::EventKind;

const RULE: Rule = Rule::AppGeofence;
/// The most places that are remembered of a rep.
const PLACES: usize = 16;

#[derive(Default)]
pub(crate) struct Geofence {
    /// The last check of each appointment: whether the app was content, and how far away it was.
    checks: PerClient<Vec<(SmolStr, bool, u32)>>,
}

impl Judge for Geofence {
    const RULES: &'static [Rule] = &[RULE];
    const SENT: Ops = Ops::of(&[Op::StartRecording]);
    const ENDED: Ops = Ops::NONE;

    fn on_event(&mut self, t: &ClientEvent<'_>, _: &mut Notes) {
        let EventKind::Geofence { appointment_id, distance_m, inside, .. } = t.what else { return };
        let checks = self.checks.of(t.client.index);
        checks.retain(|(id, ..)| id != appointment_id);
        push_bounded(checks, PLACES, (appointment_id.clone(), *inside, *distance_m));
    }
    fn on_sent(&mut self, s: &SentAttempt<'_>, _: &Facts, notes: &mut Notes) {
        let Call::StartRecording(body) = &*s.attempt.call else { return };
        if !s.client.is_phone() {
            return;
        }
        let limit = notes.settings.geofence_m;
        let checks = self.checks.of(s.client.index);
        let check = checks.iter().find(|(id, ..)| *id == body.appointment_id).map(|(_, inside, m)| (*inside, *m));
        let holds = matches!(check, Some((true, m)) if m <= limit);
        notes.judge(RULE, s, holds, || match check {
            None => "expected a position check before the recording started, there was none".to_owned(),
            Some((_, m)) => format!("expected a fix within {limit} m of the place, it was {m} m away"),
        });
    }
}
