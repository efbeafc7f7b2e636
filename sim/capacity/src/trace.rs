//! When each request of a level began, and how long it took: what the queueing model is fitted to.
//!
//! Percentiles of a level say how long requests took, but not why. From the moments at which requests began and ended it follows
//! which of them had to wait for a worker, and for how long.

use fieldday_api::endpoint::Op;
use fieldday_rules::Traffic;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// No more requests of a level are kept; of a longer one these are the first.
const MOST: usize = 50_000;

/// A request of a level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Traced {
    /// The endpoint.
    pub op: Op,
    /// When it was sent, in microseconds since the measured part began; negative if that was before.
    pub began_us: i64,
    /// How long it took until the answer had ended, in microseconds.
    pub took_us: i64,
}

/// The requests of a level that were answered, in the order in which they were sent; also those that were under way when the
/// measured part began. In files it is a text: the names of the endpoints, a colon, and three numbers a request (place of the endpoint,
/// time since the one before, time it took) as LEB128 in hexadecimal, so that no piece of it looks like a token.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String")]
pub struct Trace {
    requests: Vec<Traced>,
}

impl Trace {
    /// The trace of what a wire carried.
    pub fn new(traffic: &Traffic) -> Trace {
        let carried = traffic.carried.iter().filter(|one| one.good && one.op != Op::PutAudio);
        Trace::of(
            carried
                .map(|one| Traced { op: one.op, began_us: one.began_us, took_us: (one.ended_us - one.began_us).max(1) })
                .collect(),
        )
    }
    /// A trace of these requests, of which no more than 50,000 are kept.
    pub fn of(mut requests: Vec<Traced>) -> Trace {
        requests.sort_by_key(|one| one.began_us);
        requests.truncate(MOST);
        Trace { requests }
    }
    /// The requests, in the order in which they were sent.
    pub fn requests(&self) -> &[Traced] {
        &self.requests
    }
}

impl From<Trace> for String {
    fn from(trace: Trace) -> String {
        let (mut ops, mut bytes, mut before) = (Vec::<Op>::new(), Vec::new(), 0);
        for one in trace.requests {
            let place = ops.iter().position(|op| *op == one.op).unwrap_or_else(|| {
                ops.push(one.op);
                ops.len() - 1
            });
            // The first one may have begun before the measured part: its sign is the lowest bit.
            let since = one.began_us - before;
            for number in [place as u64, ((since << 1) ^ (since >> 63)) as u64, one.took_us.unsigned_abs()] {
                put(&mut bytes, number);
            }
            before = one.began_us;
        }
        let names: Vec<String> = ops.into_iter().map(Op::kebab_name).collect();
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}:{digits}", names.join(","))
    }
}

impl TryFrom<String> for Trace {
    type Error = String;
    fn try_from(text: String) -> Result<Trace, String> {
        let (names, code) = text.split_once(':').ok_or("a trace is NAMES:DIGITS")?;
        let op = |name: &str| {
            serde_json::from_value::<Op>(name.into()).map_err(|_| format!("a trace of the unknown endpoint {name}"))
        };
        let ops = names.split(',').filter(|name| !name.is_empty()).map(op).collect::<Result<Vec<Op>, String>>()?;
        let digit = |place: usize| code.as_bytes().get(place).and_then(|digit| char::from(*digit).to_digit(16));
        let byte = |i: usize| Some((digit(2 * i)? * 16 + digit(2 * i + 1)?) as u8);
        let bytes: Vec<u8> =
            (0..code.len().div_ceil(2)).map(byte).collect::<Option<_>>().ok_or("a trace is not hexadecimal")?;
        let (mut bytes, mut before, mut requests) = (bytes.into_iter().peekable(), 0_i64, Vec::new());
        while bytes.peek().is_some() {
            let cut = || "a trace ends within a request".to_owned();
            let mut next = || take(&mut bytes).ok_or_else(cut);
            let (place, since, took) = (next()?, next()?, next()?);
            let op = *ops.get(place as usize).ok_or("a trace has a request of no endpoint")?;
            let since = (since >> 1) as i64 ^ -((since & 1) as i64);
            let too_far = "a trace has a time beyond every clock";
            before = before.checked_add(since).ok_or(too_far)?;
            let took_us = i64::try_from(took).map_err(|_| too_far)?;
            before.checked_add(took_us).ok_or(too_far)?;
            requests.push(Traced { op, began_us: before, took_us });
        }
        Ok(Trace::of(requests))
    }
}

/// Seven bits a byte, the lowest first.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let (mut number, mut shift) = (0_u64, 0);
    loop {
        let byte = bytes.next()?;
        if shift > 63 {
            return None;
        }
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_read_again_as_it_was_written() {
        let one = |op, began_us, took_us| Traced { op, began_us, took_us };
        let trace = Trace::of(vec![
            one(Op::ClockIn, 30_000_000, 1),
            one(Op::ListTasks, -1_500, 4_200_000),
            one(Op::ListTasks, 0, 200),
        ]);
        assert_eq!(trace.requests()[0].began_us, -1_500);
        let text = serde_json::to_string(&trace).unwrap();
        assert_eq!(serde_json::from_str::<Trace>(&text).unwrap(), trace);
        assert_eq!(Trace::try_from(String::from(Trace::default())), Ok(Trace::default()));
    }

    #[test]
    fn a_text_that_is_no_trace_says_why() {
        let why = |text: &str| Trace::try_from(text.to_owned()).unwrap_err();
        assert!(why("").contains("NAMES:DIGITS"));
        assert!(why("no-such-op:").contains("unknown endpoint no-such-op"));
        for odd in ["0", "0g00", "ä0"] {
            assert!(why(&format!("list-tasks:{odd}")).contains("not hexadecimal"), "{odd}");
        }
        assert!(why("list-tasks:0002").contains("ends within"));
        assert!(why("list-tasks:010203").contains("no endpoint"));
        assert!(why(&format!("list-tasks:{}", "ff".repeat(12))).contains("ends within"));
        assert!(why(&format!("list-tasks:0000{}01", "ff".repeat(9))).contains("beyond every clock"));
    }
}
