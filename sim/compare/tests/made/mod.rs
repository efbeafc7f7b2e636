//! Run folders that nobody ran: of which it is known what changed.
#![allow(dead_code)] // Every test file takes what it needs.

use fieldday_folder::nights::Night;
use fieldday_folder::{Host, RUN_SCHEMA, RunFile, Summary};
use fieldday_kernel::random::{Purpose, Stream};
use fieldday_kernel::time::{Span, Time};
use fieldday_scenario::Scenario;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

pub const ENDPOINTS: [(&str, &str); 3] = [
    ("list-appointments", "GET appointments"),
    ("update-appointment", "PATCH appointments/{id}"),
    ("clock-in", "POST clock-in"),
];
const MADE: Purpose = Purpose::new("test/made");

/// A run to be.
#[derive(Clone)]
pub struct Made {
    pub seed: u64,
    pub target: String,
    /// Days after 2026-06-01.
    pub day: i64,
    pub complete: bool,
    pub outcome: &'static str,
    /// How much values vary from run to run.
    pub spread: f64,
    /// By what an endpoint's percentile is multiplied.
    pub slower: Vec<(&'static str, usize, f64)>,
    pub count: u64,
    pub timed_out: u64,
    pub rules: Vec<(&'static str, &'static str)>,
    pub marks: Vec<&'static str>,
    pub hazards: Vec<&'static str>,
    pub findings: Vec<(&'static str, &'static str)>,
    pub limits: Vec<(&'static str, &'static str)>,
    pub reps: u64,
    pub speed: u32,
    pub scenario: &'static str,
    pub fingerprint: String,
}

impl Made {
    /// A good run against the mock.
    pub fn new(day: i64) -> Made {
        Made {
            seed: 1,
            target: "mock".into(),
            day,
            complete: true,
            outcome: "held",
            spread: 0.05,
            slower: Vec::new(),
            count: 5_000,
            timed_out: 0,
            rules: vec![("tenancy.isolated", "held"), ("shift.today", "held")],
            marks: vec!["killed-with-queue"],
            hazards: Vec::new(),
            findings: Vec::new(),
            limits: Vec::new(),
            reps: 4,
            speed: 60,
            scenario: "demo",
            fingerprint: format!("{day:032x}"),
        }
    }
    pub fn slower(mut self, op: &'static str, percentile: usize, times: f64) -> Made {
        self.slower.push((op, percentile, times));
        self
    }
    pub fn seed(mut self, seed: u64) -> Made {
        self.seed = seed;
        self
    }
    /// All of it that is said with a closure.
    pub fn but(mut self, change: impl FnOnce(&mut Made)) -> Made {
        change(&mut self);
        self
    }

    fn line(&self, op: &str, label: &str, place: usize) -> Value {
        let mut stream = Stream::new(self.day.unsigned_abs(), MADE, place as u64, 0, 0);
        let mut us = |percentile: usize, typical: f64| {
            let is_it = |(of, at, _): &&(&str, usize, f64)| *of == op && *at == percentile;
            let times: f64 = self.slower.iter().filter(is_it).map(|(_, _, times)| times).product();
            stream.log_normal(typical * times, 1.0 + self.spread) as u64
        };
        let base = 20_000.0 * (place + 1) as f64;
        let (p50, p95, p99) = (us(0, base), us(1, base * 3.0), us(2, base * 6.0));
        let of = json!({ "count": self.count, "p50_us": p50, "p95_us": p95, "p99_us": p99,
            "p999_us": p99 * 2, "max_us": p99 * 3 });
        let live = self.target != "model";
        let mut line = json!({
            "op": op, "label": label, "class": "update", "limit_us": 5_000_000, "attempts": self.count,
            "answered": self.count - self.timed_out, "client_errors": 0, "server_errors": 0, "foreign": 0,
            "timed_out": self.timed_out, "unreachable": 0, "broken_off": 0, "cancelled": 0, "killed": 0, "latency": of,
            "beyond": self.timed_out, "mark": "held",
        });
        if live {
            line["wire"] = of;
        }
        line
    }
    /// What came of it.
    pub fn summary(&self) -> Summary {
        let rule = |(rule, verdict): &(&str, &str)| {
            json!({ "rule": rule, "section": "1", "sentence": "So it is.", "verdict": verdict, "exercised": 9,
                "broken": u64::from(*verdict == "broken"), "inconclusive": 0, "must_exercise": false })
        };
        let finding = |(kind, severity): &(&str, &str)| {
            json!({ "kind": kind, "section": "1", "sentence": "So it should be.", "severity": severity,
                "op": "clock-in", "label": "POST clock-in", "at": "data.id", "first": "number", "count": 3 })
        };
        let limit = |(text, verdict): &(&str, &str)| json!({ "text": text, "verdict": verdict, "unit": "us", "bound": 5, "actual": 4, "sample_count": 9 });
        let exit_code = match self.outcome {
            "held" => 0,
            "broken" => 1,
            "invalid" => 4,
            _ => 130,
        };
        let mut value = json!({
            "schema": 1, "version": "0.1.0", "complete": self.complete,
            "verdict": { "outcome": self.outcome, "exit_code": exit_code, "reasons": ["made up"] },
            "ran": { "scenario": self.scenario, "about": "", "seed": format!("{:#x}", self.seed), "target": self.target,
                "dates": ["2026-06-10"], "starts_at": "a", "ends_at": "b", "reps": self.reps, "tenants": 2, "cells": 1,
                "cells_ran": 1, "defects": [], "without": [] },
            "limits": ENDPOINTS.iter().enumerate().map(|(i, (op, label))| self.line(op, label, i)).collect::<Vec<_>>(),
            "scenario_limits": self.limits.iter().map(limit).collect::<Vec<_>>(),
            "rules": self.rules.iter().map(rule).collect::<Vec<_>>(),
            "felt": serde_json::to_value(fieldday_folder::summary::Felt::default()).unwrap(),
            "hazards": self.hazards.iter().map(|h| json!({ "hazard": h, "sentence": "", "count": 2, "first": null })).collect::<Vec<_>>(),
            "marks": self.marks.iter().map(|m| json!({ "mark": m, "count": 2 })).collect::<Vec<_>>(),
            "violations": [], "totals": { "rep_days": 4, "requests": 9, "attempts": 9, "events": 9 },
            "cost": serde_json::to_value(fieldday_folder::summary::Cost::default()).unwrap(),
            "fingerprint": self.fingerprint, "verification": null, "history": null, "reproduce": "fieldday run demo",
        });
        if !self.findings.is_empty() {
            value["contract"] = json!({ "findings": self.findings.iter().map(finding).collect::<Vec<_>>(), "more": 0 });
        }
        serde_json::from_value(value).unwrap()
    }
    pub fn run(&self) -> RunFile {
        let mut scenario = Scenario::load("demo").unwrap();
        scenario.name = self.scenario.into();
        scenario.people.reps = self.reps;
        scenario.live.speed = self.speed;
        let began = Time::parse("2026-06-01T02:00:00Z").unwrap() + Span::hours(24 * self.day);
        RunFile {
            schema: RUN_SCHEMA,
            complete: self.complete,
            version: "0.1.0".into(),
            target: self.target.clone(),
            seed: format!("{:#x}", self.seed),
            reproduce: "fieldday run demo".into(),
            started_at: began,
            ended_at: None,
            shard: None,
            merged_from: None,
            opens: None,
            host: Host::default(),
            scenario,
        }
    }
    /// As it would be read.
    pub fn night(&self) -> Night {
        let path = PathBuf::from(format!("made/{}-{}-{}", self.scenario, self.day, self.seed));
        Night { path, run: self.run(), summary: self.summary() }
    }
    /// As a folder.
    pub fn folder(&self, place: &Path) -> PathBuf {
        let path = place.join(format!("{}-{:#x}-{:03}", self.scenario, self.seed, self.day));
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("run.json"), serde_json::to_string_pretty(&self.run()).unwrap()).unwrap();
        fs::write(path.join("summary.json"), self.summary().to_json()).unwrap();
        path
    }
}
