//! Random histories of one appointment that several clients write and read, with answers lost on the way: whatever an
//! atomic register does trips nothing, and an acknowledged update that it drops does.

mod common;

use common::*;
use fieldday_api::rules::Rule;
use fieldday_api::wire::appointments::{Appointment, AppointmentPatch};
use fieldday_history::event::{Cause, NoAnswer};
use fieldday_kernel::time::Time;
use proptest::prelude::*;

/// What may happen next, by chance.
#[derive(Clone, Debug)]
enum Step {
    /// A client sends an update of some fields.
    Write { client: u32, fields: u8, hour: u32 },
    /// A client looks at it.
    Read { client: u32, whole: bool },
    /// Something under way takes effect.
    Land { which: usize },
    /// The answer to something under way arrives, if it took effect; or its client gives up.
    End { which: usize, lost: bool },
}

struct UnderWay {
    ticket: Ticket,
    body: Option<AppointmentPatch>,
    whole: bool,
    landed: Option<Appointment>,
    ended: bool,
    acked: bool,
}

fn body(fields: u8, hour: u32) -> AppointmentPatch {
    let all = AppointmentPatch { scheduled_start: Some(at(&format!("{hour:02}:00"))), ..won() };
    AppointmentPatch {
        scheduled_start: all.scheduled_start.filter(|_| fields & 1 != 0),
        status: all.status.filter(|_| fields & 2 != 0),
        deal_size: Some(fieldday_api::fixed::Money::whole(i64::from(hour))).filter(|_| fields & 4 != 0),
        notes: Some(format!("{hour}").into()).filter(|_| fields & 8 != 0),
        ..AppointmentPatch::default()
    }
}

/// Plays the steps against an atomic register. Gives back what it holds in the end, and the times that updates of unknown
/// end may still put there.
fn play(steps: &[Step]) -> (Stream, Appointment, Vec<Time>) {
    let (mut s, mut state, mut under_way) = (Stream::new(), visit(), Vec::<UnderWay>::new());
    s.call(REP, get(), detail(&state));
    for step in steps {
        match *step {
            Step::Write { client, fields, hour } => {
                let body = body(fields, hour);
                let ticket = s.send(client, Cause::Office, patch(body.clone()));
                under_way.push(UnderWay {
                    ticket,
                    body: Some(body),
                    whole: true,
                    landed: None,
                    ended: false,
                    acked: false,
                });
            }
            Step::Read { client, whole } => {
                let ticket = s.send(client, TAP, if whole { get() } else { get_list() });
                under_way.push(UnderWay { ticket, body: None, whole, landed: None, ended: false, acked: false });
            }
            Step::Land { which } => {
                let waiting: Vec<_> = (0..under_way.len()).filter(|i| under_way[*i].landed.is_none()).collect();
                let Some(place) = waiting.get(which % waiting.len().max(1)) else { continue };
                let one = &mut under_way[*place];
                if let Some(body) = &one.body {
                    state = with(&state, body);
                }
                one.landed = Some(state.clone());
            }
            Step::End { which, lost } => {
                let open: Vec<_> = (0..under_way.len()).filter(|i| !under_way[*i].ended).collect();
                let Some(place) = open.get(which % open.len().max(1)) else { continue };
                let one = &mut under_way[*place];
                one.ended = true;
                match &one.landed {
                    Some(shown) if !lost => {
                        s.ok(&one.ticket, if one.whole { detail(shown) } else { list(std::slice::from_ref(shown)) });
                        one.acked = true;
                    }
                    // A read is over when its client gave up; a write may land all the same.
                    _ => {
                        s.lapse(&one.ticket, NoAnswer::Timeout);
                    }
                }
            }
        }
    }
    let open = under_way.iter().filter(|one| !one.acked);
    let open = open.filter_map(|one| one.body.as_ref()?.scheduled_start).collect();
    (s, state, open)
}

fn step() -> impl Strategy<Value = Step> {
    let client = prop_oneof![Just(REP), Just(OFFICE)];
    prop_oneof![
        3 => (client.clone(), 1_u8..16, 10_u32..16).prop_map(|(client, fields, hour)| Step::Write { client, fields, hour }),
        3 => (client, any::<bool>()).prop_map(|(client, whole)| Step::Read { client, whole }),
        6 => any::<usize>().prop_map(|which| Step::Land { which }),
        6 => (any::<usize>(), prop::bool::weighted(0.25)).prop_map(|(which, lost)| Step::End { which, lost }),
    ]
}

/// The rules that look at registers.
const RULES: [Rule; 6] = [
    Rule::ReadYourWrites,
    Rule::AppointmentPatchOrdered,
    Rule::AppointmentPatchPartial,
    Rule::AppointmentPatchIdempotent,
    Rule::WriteAtomic,
    Rule::OwnershipOwnOnly,
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn an_atomic_register_trips_nothing(steps in prop::collection::vec(step(), 1..60)) {
        let (mut s, state, _) = play(&steps);
        s.call(REP, get(), detail(&state));
        let findings = s.findings();
        for rule in RULES {
            prop_assert_eq!(findings.count(rule).broken, 0, "{}: {:#?}", rule, findings.violations);
        }
    }
    #[test]
    fn an_acknowledged_update_that_is_dropped_is_missed(steps in prop::collection::vec(step(), 1..60)) {
        let (mut s, state, open) = play(&steps);
        s.call(OFFICE, patch(body(1, 23)), detail(&with(&state, &body(1, 23))));
        s.call(REP, get(), detail(&state));
        // Unless an update of unknown end explains what is seen.
        let explained = open.contains(&state.scheduled_start);
        prop_assert!(explained || s.findings().count(Rule::ReadYourWrites).broken > 0);
    }
}
