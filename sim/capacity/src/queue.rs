//! One queue before many servers, in closed form: what capacity is checked against, and what says how far a prediction may be off.
//!
//! M/M/c is exact (Erlang C). For other service times and arrivals the wait is that of M/M/c times the mean of the squared
//! coefficients of variation of both (Allen and Cunneen; for one server and arrivals that are independent it is Pollaczek and
//! Khinchine's exact mean), and is taken to fall off exponentially, as it does in M/M/c.

use serde::{Deserialize, Serialize};

/// A queue before servers that are all alike, first come first served.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Queue {
    /// How many requests are served at once.
    pub servers: u32,
    /// Requests that arrive per second.
    pub rate: f64,
    /// The mean service time, in seconds.
    pub service_s: f64,
    /// The squared coefficient of variation of service times: 1 if exponential, 0 if all the same.
    pub service_scv: f64,
    /// The squared coefficient of variation of the times between arrivals: 1 if they are independent of each other.
    pub arrivals_scv: f64,
}

impl Queue {
    /// Independent arrivals and exponential service times; `service_s` is their mean, in seconds.
    pub fn mmc(servers: u32, rate: f64, service_s: f64) -> Queue {
        Queue { servers, rate, service_s, service_scv: 1.0, arrivals_scv: 1.0 }
    }
    /// Independent arrivals and service times that are all the same, in seconds.
    pub fn mdc(servers: u32, rate: f64, service_s: f64) -> Queue {
        Queue { service_scv: 0.0, ..Queue::mmc(servers, rate, service_s) }
    }
    /// How busy the servers are: 1 is all of the time.
    pub fn utilisation(&self) -> f64 {
        self.rate * self.service_s / f64::from(self.servers.max(1))
    }
    /// The share of requests that wait (Erlang C); all of them if there is no steady state.
    pub fn waits(&self) -> f64 {
        let (offered, busy) = (self.rate * self.service_s, self.utilisation());
        if busy >= 1.0 {
            return 1.0;
        }
        let blocked = (1..=self.servers).fold(1.0, |blocked, servers| {
            let part = offered * blocked;
            part / (f64::from(servers) + part)
        });
        blocked / (1.0 - busy * (1.0 - blocked))
    }
    /// The mean wait of those that wait, in seconds; none if there is no steady state.
    fn wait_of_waiting_s(&self) -> Option<f64> {
        let spare = f64::from(self.servers) / self.service_s.max(1e-12) - self.rate;
        (spare > 0.0).then(|| (self.service_scv + self.arrivals_scv) / 2.0 / spare)
    }
    /// The mean wait, in seconds; none if there is no steady state.
    pub fn mean_wait_s(&self) -> Option<f64> {
        Some(self.waits() * self.wait_of_waiting_s()?)
    }
    /// The share of requests, from 0 to 1, that wait longer than `than_s` seconds; 1 if there is no steady state.
    pub fn waits_longer(&self, than_s: f64) -> f64 {
        longer(self.waits(), self.wait_of_waiting_s(), than_s)
    }
    /// The share of requests that are not answered within that, if their service times are these, each of the same weight.
    pub fn beyond(&self, bound_s: f64, services_s: &[f64]) -> f64 {
        let (waits, mean) = (self.waits(), self.wait_of_waiting_s());
        let beyond = services_s.iter().map(|service| longer(waits, mean, bound_s - service)).sum::<f64>();
        beyond / services_s.len().max(1) as f64
    }
    /// The time within which that share of requests is answered, in seconds; none if there is no steady state.
    pub fn quantile_s(&self, share: f64, services_s: &[f64]) -> Option<f64> {
        let mean = self.wait_of_waiting_s()?;
        let longest = services_s.iter().copied().fold(0.0, f64::max);
        let (mut low, mut high) = (0.0, longest + 50.0 * mean + 1e-9);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if self.beyond(middle, services_s) > 1.0 - share { low = middle } else { high = middle }
        }
        Some(high)
    }
    /// The greatest rate at which that share of requests is answered within the bound; 0 if it is not even without load.
    pub fn greatest_rate(&self, share: f64, bound_s: f64, services_s: &[f64]) -> f64 {
        let (mut low, mut high) = (0.0, f64::from(self.servers) / self.service_s.max(1e-12));
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            let beyond = Queue { rate: middle, ..*self }.beyond(bound_s, services_s);
            if beyond <= 1.0 - share { low = middle } else { high = middle }
        }
        low
    }
}

/// The share of requests that wait longer than that, if so many wait at all, and those so long on average.
fn longer(waits: f64, mean_s: Option<f64>, than_s: f64) -> f64 {
    match mean_s {
        None => 1.0,
        Some(_) if than_s < 0.0 => 1.0,
        Some(mean_s) if mean_s <= 0.0 => 0.0,
        Some(mean_s) => waits * libm::exp(-than_s / mean_s),
    }
}

/// Points of an exponential distribution, each of the same weight: the means of its equal parts.
pub fn exponential(mean: f64, points: usize) -> Vec<f64> {
    // The mean between two quantiles of an exponential distribution, from the integral of −ln(1 − u).
    let integral = |left: f64| if left <= 0.0 { 0.0 } else { left * libm::log(left) - left };
    let n = points.max(1) as f64;
    (0..points.max(1))
        .map(|i| mean * n * (integral(1.0 - (i as f64 + 1.0) / n) - integral(1.0 - i as f64 / n)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::played::{Target, Work};

    #[test]
    fn erlang_c_is_that_of_the_tables() {
        // 5 servers, 4 erlang: 0.5541; 2 servers, 1 erlang: 1/3; one server: the utilisation itself.
        assert!((Queue::mmc(5, 4.0, 1.0).waits() - 0.5541).abs() < 1e-4);
        assert!((Queue::mmc(2, 1.0, 1.0).waits() - 1.0 / 3.0).abs() < 1e-12);
        assert!((Queue::mmc(1, 0.7, 1.0).waits() - 0.7).abs() < 1e-12);
        assert_eq!(Queue::mmc(2, 3.0, 1.0).waits(), 1.0);
        assert_eq!(Queue::mmc(2, 3.0, 1.0).mean_wait_s(), None);
    }

    #[test]
    fn one_server_waits_as_pollaczek_and_khinchine_say() {
        let queue = Queue { service_scv: 0.25, ..Queue::mmc(1, 8.0, 0.1) };
        let exact = 8.0 * 0.01 * 1.25 / 2.0 / (1.0 - 0.8);
        assert!((queue.mean_wait_s().unwrap() - exact).abs() < 1e-12);
    }

    #[test]
    fn answers_of_mm1_are_exponential() {
        let queue = Queue::mmc(1, 7.0, 0.1);
        let p95 = queue.quantile_s(0.95, &exponential(0.1, 2_000)).unwrap();
        assert!((p95 / (20.0_f64.ln_of() / 3.0) - 1.0).abs() < 0.01, "{p95}");
        let rate = queue.greatest_rate(0.95, 20.0_f64.ln_of() / 3.0, &exponential(0.1, 2_000));
        assert!((rate / 7.0 - 1.0).abs() < 0.01, "{rate}");
    }

    trait Ln {
        fn ln_of(self) -> f64;
    }
    impl Ln for f64 {
        fn ln_of(self) -> f64 {
            libm::log(self)
        }
    }

    #[test]
    fn percentiles_are_those_of_queues_that_are_played_through() {
        for (servers, busy) in [(1, 0.5), (2, 0.8), (8, 0.7)] {
            let rate = f64::from(servers) * busy / 0.05;
            let exact = Target::of(servers, Work::Exponential(0.05)).quantile_s(rate, 0.95);
            let said = Queue::mmc(servers, rate, 0.05).quantile_s(0.95, &exponential(0.05, 500)).unwrap();
            assert!((said / exact - 1.0).abs() < 0.04, "M/M/{servers} at {busy}: {said}, played {exact}");
            let exact = Target::of(servers, Work::Fixed(0.05)).quantile_s(rate, 0.95);
            let said = Queue::mdc(servers, rate, 0.05).quantile_s(0.95, &[0.05]).unwrap();
            assert!((said / exact - 1.0).abs() < 0.10, "M/D/{servers} at {busy}: {said}, played {exact}");
        }
    }
}
