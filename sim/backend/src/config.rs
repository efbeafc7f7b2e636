//! What a scenario decides about the backend.

use crate::defects::BackendDefect;
use fieldday_api::defaults;
use fieldday_api::endpoint::{Op, TimeoutClass};
use fieldday_api::mishap::Mishap;
use fieldday_api::readings::{ClockInRepeat, PageBeyond};
use fieldday_kernel::time::Span;
use std::collections::BTreeMap;

/// Everything about the backend that is not data. [`Config::default`] is a healthy one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// How long the backend works on each kind of request.
    pub service: ServiceTimes,
    /// For how long after its expiry a token is still served (§0.3).
    pub leeway: Span,
    /// What the backend does where the spec is silent.
    pub readings: Readings,
    /// Faults that the specification allows, such as errors, slowness and restarts.
    pub mishaps: Vec<Mishap>,
    /// The defects that are switched on.
    pub defects: Vec<BackendDefect>,
    /// What happens to a `limit` beyond the maximum.
    pub page_beyond: PageBeyond,
    /// The answer to a repeated clock-in.
    pub clock_in_repeat: ClockInRepeat,
    /// Whether Ask Otto and the wins feed exist (§1).
    pub optional_endpoints: bool,
    /// How long Shunya takes, and how often it fails.
    pub shunya: ShunyaTimes,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            service: ServiceTimes::default(),
            leeway: defaults::LEEWAY,
            readings: Readings::default(),
            mishaps: Vec::new(),
            defects: Vec::new(),
            page_beyond: PageBeyond::Refuse,
            clock_in_repeat: ClockInRepeat::ReturnShift,
            optional_endpoints: false,
            shunya: ShunyaTimes::default(),
        }
    }
}

/// Where the spec is silent or contradicts itself, what the backend does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Readings {
    /// Whether the list of appointments obeys `limit` and `offset` (§0.3) or returns the whole day (§2.1.1).
    pub appointments_page: bool,
    /// How many tasks or messages a page has where no `limit` is given: 100 by §2.2.1 and §2.5.1, 50 by §0.3.
    pub page_default: u32,
    /// The greatest `limit` that is honoured.
    pub page_max: u32,
    /// How long a presigned URL accepts audio, in minutes.
    pub upload_url_minutes: u32,
}

impl Default for Readings {
    fn default() -> Self {
        Readings {
            appointments_page: false,
            page_default: defaults::PAGE,
            page_max: defaults::PAGE_MAX,
            upload_url_minutes: defaults::UPLOAD_URL_LIFE_MINUTES,
        }
    }
}

/// A log-normal distribution of durations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spread {
    /// The median, in microseconds; half of the durations are longer.
    pub median_us: u64,
    /// The 84th percentile as a percentage of the median: 100 is constant.
    pub spread_percent: u32,
}

impl Spread {
    /// A distribution by its median and its 84th percentile in percent of it.
    pub const fn new(median_us: u64, spread_percent: u32) -> Spread {
        Spread { median_us, spread_percent }
    }
    /// The durations divided by `n`, for a day that passes `n` times as fast.
    const fn sped_up(self, n: u32) -> Spread {
        let n = if n == 0 { 1 } else { n as u64 };
        Spread { median_us: self.median_us / n, ..self }
    }
}

/// How long requests are worked on before they take effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceTimes {
    /// Reads, those of recording sessions included.
    pub reads: Spread,
    /// Writes, those of recording sessions included.
    pub writes: Spread,
    /// The answer to the health check.
    pub health: Spread,
    /// The object store's own work on an upload, without the transfer.
    pub transfer: Spread,
    /// Endpoints that differ from their kind.
    pub ops: BTreeMap<Op, Spread>,
}

impl Default for ServiceTimes {
    fn default() -> Self {
        ServiceTimes {
            reads: Spread::new(25_000, 150),
            writes: Spread::new(35_000, 160),
            health: Spread::new(2_000, 130),
            transfer: Spread::new(15_000, 150),
            ops: BTreeMap::new(),
        }
    }
}

impl ServiceTimes {
    /// The distribution that holds for an endpoint.
    pub fn of(&self, op: Op) -> Spread {
        if let Some(spread) = self.ops.get(&op) {
            return *spread;
        }
        match op.endpoint().class {
            TimeoutClass::Health => self.health,
            TimeoutClass::Transfer => self.transfer,
            _ if op.writes() => self.writes,
            _ => self.reads,
        }
    }
}

/// How long Shunya takes for a recording (§3.2), and how often it fails or leaves a field out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShunyaTimes {
    /// From the upload (or a ghost session's stop) until the transcription begins; and again until the analysis begins.
    pub queue: Spread,
    /// From the beginning of the transcription to its end.
    pub transcription: Spread,
    /// From the beginning of the analysis to its end.
    pub analysis: Spread,
    /// Transcriptions that fail, in parts per million.
    pub transcription_fail_ppm: u32,
    /// Analyses that fail, in parts per million.
    pub analysis_fail_ppm: u32,
    /// How many of a million derived fields are null.
    pub null_ppm: u32,
}

impl ShunyaTimes {
    /// The durations divided by `n`, for a day that passes `n` times as fast.
    pub const fn sped_up(self, n: u32) -> ShunyaTimes {
        let (queue, transcription, analysis) = (self.queue, self.transcription, self.analysis);
        ShunyaTimes {
            queue: queue.sped_up(n),
            transcription: transcription.sped_up(n),
            analysis: analysis.sped_up(n),
            ..self
        }
    }
}

impl Default for ShunyaTimes {
    fn default() -> Self {
        ShunyaTimes {
            queue: Spread::new(1_500_000, 200),
            transcription: Spread::new(40_000_000, 150),
            analysis: Spread::new(25_000_000, 150),
            transcription_fail_ppm: 4_000,
            analysis_fail_ppm: 4_000,
            null_ppm: 80_000,
        }
    }
}
