//! Whether a scenario that reads well also makes sense. Ranges and words are checked against the schema, so that what an
//! editor says and what the program says cannot differ; what concerns several keys is checked here.

use super::error::Finding;
use super::limits::Limit;
use super::locate::Path;
use super::metrics::is_name;
use super::words::nearest;
use super::{Data, MetricsSettings, Mishap, Network, Scenario, TokenSource, Tokens, TraceFiles};
use fieldday_api::rules::RuleWeight;
use fieldday_kernel::time::Date;
use fieldday_radio::trace::is_csv;
use serde_json::Value;
use std::sync::LazyLock;

/// The most reps that a tenant may have: a cell is held in memory whole.
const MOST_REPS_PER_TENANT: u64 = 1000;

/// Every problem of a scenario, in the order in which the checks find them.
pub(super) fn problems(scenario: &Scenario) -> Vec<Finding> {
    static SCHEMA: LazyLock<Value> = LazyLock::new(Scenario::json_schema);
    let mut findings = Findings(Vec::new());
    match serde_json::to_value(scenario) {
        Ok(value) => findings.against(&SCHEMA, &SCHEMA, &value, &mut Path::new()),
        Err(error) => findings.add(&[], error.to_string(), None),
    }
    if findings.0.is_empty() {
        findings.names(scenario);
        findings.day(scenario);
        findings.people(scenario);
        findings.sums_and_bounds(scenario);
        findings.rules(scenario);
        findings.dialect(scenario);
        findings.traces(scenario);
        findings.data(&scenario.data);
        findings.tokens(&scenario.tokens);
        findings.metrics(&scenario.live.metrics);
        findings.disturbances(scenario);
        for (key, message, allowed) in scenario.plant.problems() {
            let path: Vec<&str> = std::iter::once("plant").chain(key.iter().map(String::as_str)).collect();
            findings.add(&path, message, allowed);
        }
        for (i, mishap) in scenario.mishap.iter().enumerate() {
            findings.mishap(scenario, &i.to_string(), mishap);
        }
    }
    findings.0
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, path: &[&str], message: impl Into<String>, allowed: Option<String>) {
        let path = path.iter().map(|step| (*step).to_owned()).collect();
        self.0.push(Finding { path, message: message.into(), allowed, suggestion: None });
    }

    /// Compares a value with its part of the schema: ranges, lengths, words.
    fn against(&mut self, root: &Value, schema: &Value, value: &Value, path: &mut Path) {
        if let Some(name) = schema["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/")) {
            self.against(root, &root["$defs"][name], value, path);
        }
        // Of what may be absent, the schema has two forms, and the value is of the one that is not null. Where there are more,
        // as of a law, reading it has chosen.
        for several in ["anyOf", "oneOf"] {
            let forms: Vec<&Value> =
                schema[several].as_array().into_iter().flatten().filter(|form| form["type"] != "null").collect();
            if let ([form], false) = (forms.as_slice(), value.is_null()) {
                self.against(root, form, value, path);
            }
        }
        for form in schema["allOf"].as_array().into_iter().flatten() {
            self.against(root, form, value, path);
        }
        self.range(schema, value, path);
        if let Some(words) = schema["enum"].as_array() {
            self.check_value(words, value, path);
        }
        match value {
            Value::Object(entries) => {
                for (key, inner) in entries {
                    path.push(key.clone());
                    if let Some(words) = schema["propertyNames"]["enum"].as_array() {
                        self.check_value(words, &Value::String(key.clone()), path);
                    }
                    let property = schema["properties"].get(key).unwrap_or(&schema["additionalProperties"]);
                    self.against(root, property, inner, path);
                    path.pop();
                }
            }
            Value::Array(entries) => {
                for (i, inner) in entries.iter().enumerate() {
                    path.push(i.to_string());
                    self.against(root, schema["prefixItems"].get(i).unwrap_or(&schema["items"]), inner, path);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    /// Disturbances without a name or a command, or that may break what is no limit of the scenario.
    fn disturbances(&mut self, scenario: &Scenario) {
        let built_in = Limit::built_in(&scenario.limits);
        let texts: Vec<&str> = scenario.limits.iter().chain(&built_in).map(Limit::text).collect();
        for (i, planned) in scenario.live.disturb.iter().enumerate() {
            let i = i.to_string();
            let of = |key: &'static str| ["live", "disturb", &i, key].map(str::to_owned);
            let empty = [("name", planned.name.as_str()), ("run", planned.run.as_str())];
            for (key, _) in empty.into_iter().filter(|(_, text)| text.trim().is_empty()) {
                let path = of(key);
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                self.add(&path, "is empty", Some("a name, and a command line for the shell".to_owned()));
            }
            for limit in planned.may_break.iter().filter(|limit| !texts.contains(&limit.text())) {
                let path = of("may_break");
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let allowed = Some(texts.join("; "));
                self.add(&path, format!("{:?} is no limit of this scenario", limit.text()), allowed);
            }
        }
    }

    /// Names of metrics and labels that no exporter can have.
    fn metrics(&mut self, metrics: &MetricsSettings) {
        for (i, metric) in metrics.keep.iter().enumerate() {
            let words = "letters, digits and _, with : in names of metrics";
            let path = ["live", "metrics", "keep", &i.to_string()];
            if !is_name(&metric.name, true) {
                let path = [&path[..], &["name"]].concat();
                self.add(&path, format!("{:?} is no name of a metric", metric.name), Some(words.to_owned()));
            }
            for label in metric.labels.keys().filter(|label| !is_name(label, false)) {
                let path = [&path[..], &["labels", label]].concat();
                self.add(&path, format!("{label:?} is no name of a label"), Some(words.to_owned()));
            }
        }
    }

    fn range(&mut self, schema: &Value, value: &Value, path: &Path) {
        let (what, number, least, most) = match value {
            Value::Number(number) => ("", number.as_i64().unwrap_or(i64::MAX), "minimum", "maximum"),
            Value::Array(list) => (" entries", list.len() as i64, "minItems", "maxItems"),
            Value::Object(map) => (" entries", map.len() as i64, "minProperties", "maxProperties"),
            _ => return,
        };
        let (least, most) = (schema[least].as_i64(), schema[most].as_i64());
        if least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most) {
            let allowed = match (least, most) {
                (Some(least), Some(most)) => format!("{least} to {most}{what}"),
                (Some(least), None) => format!("at least {least}{what}"),
                (None, most) => format!("at most {}{what}", most.unwrap_or(i64::MAX)),
            };
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            self.add(&path, format!("{number}{what} is out of range"), Some(allowed));
        }
    }

    fn check_value(&mut self, words: &[Value], value: &Value, path: &Path) {
        if words.contains(value) {
            return;
        }
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        self.0.push(Finding {
            path: path.clone(),
            message: format!("unknown value {value}"),
            allowed: Some(words.join(", ")),
            suggestion: nearest(value.as_str().unwrap_or_default(), words).map(str::to_owned),
        });
    }

    fn names(&mut self, scenario: &Scenario) {
        let allowed = || Some("lower-case letters, digits and hyphens, 40 at most".to_owned());
        let well = |name: &str| {
            let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            !name.is_empty() && name.len() <= 40 && name.bytes().all(word)
        };
        if !well(&scenario.name) {
            self.add(&["name"], "is not a valid name", allowed());
        }
        let outages: Vec<&str> = scenario.outage.iter().map(|o| o.name.as_str()).collect();
        let mishaps: Vec<&str> = scenario.mishap.iter().map(|m| m.name.as_str()).collect();
        for (list, names) in [("outage", outages), ("mishap", mishaps)] {
            for (i, name) in names.iter().enumerate() {
                let path = [list, &i.to_string(), "name"];
                if !well(name) {
                    self.add(&path, "is not a valid name", allowed());
                } else if names[..i].contains(name) {
                    self.add(&path, format!("{name:?} appears twice"), Some("use each name once".to_owned()));
                }
            }
        }
        for (i, name) in scenario.remove.iter().enumerate() {
            if !name.starts_with("cell-") {
                let allowed = "a name of the plan, such as cell-0/tenant-1/rep-07/visit-3".to_owned();
                self.add(&["remove", &i.to_string()], format!("{name:?} is not the name of an element"), Some(allowed));
            }
        }
        let path = &scenario.switches.health_path;
        if !path.starts_with('/') || path.len() > 200 || !path.bytes().all(|b| b.is_ascii_graphic()) {
            self.add(&["switches", "health_path"], "is not a path", Some("a path such as \"/health\"".to_owned()));
        }
    }

    fn day(&mut self, scenario: &Scenario) {
        let day = &scenario.day;
        let (first, last) = (Date::parse("2000-01-01"), Date::parse("2099-12-31"));
        for (i, date) in day.dates.iter().enumerate() {
            if Some(*date) < first || Some(*date) > last {
                let allowed = Some("2000-01-01 to 2099-12-31".to_owned());
                self.add(&["day", "dates", &i.to_string()], format!("{date} is out of range"), allowed);
            } else if day.dates[..i].contains(date) {
                self.add(&["day", "dates", &i.to_string()], format!("{date} appears twice"), None);
            }
        }
        if day.leave_home.0 > day.leave_home.1 {
            self.add(&["day", "leave_home"], "ends before it begins", Some("[earliest, latest]".to_owned()));
        }
        if day.leave_home.1.seconds() + 3600 > day.latest.seconds() {
            let allowed = format!("a time at least an hour after {}", day.leave_home.1);
            self.add(&["day", "latest"], "leaves no time for a visit", Some(allowed));
        }
    }

    fn people(&mut self, scenario: &Scenario) {
        let people = &scenario.people;
        let even = people.reps.div_ceil(u64::from(people.tenants));
        if !people.tenants.is_multiple_of(people.tenants_per_cell) {
            let allowed = format!("a multiple of tenants_per_cell, which is {}", people.tenants_per_cell);
            self.add(&["people", "tenants"], format!("{} do not fill whole cells", people.tenants), Some(allowed));
        } else if people.reps_per_tenant.is_none() && even > MOST_REPS_PER_TENANT {
            let allowed = format!("at least {} tenants", people.reps.div_ceil(MOST_REPS_PER_TENANT));
            let message = format!("{even} reps per tenant are more than {MOST_REPS_PER_TENANT}");
            self.add(&["people", "tenants"], message, Some(allowed));
        } else if scenario.cells_a_day() * people.tenants_per_cell != people.tenants {
            let (tenants, each) = (scenario.cells_a_day() * people.tenants_per_cell, scenario.reps_per_tenant());
            let message = format!("{} reps at {each} per tenant do not match {} tenants", people.reps, people.tenants);
            self.add(&["people", "tenants"], message, Some(tenants.to_string()));
        }
    }

    fn sums_and_bounds(&mut self, scenario: &Scenario) {
        let (modes, deeds, office) = (scenario.visits.modes, scenario.office.deeds, scenario.office);
        let deeds = [
            deeds.look,
            deeds.move_,
            deeds.cancel,
            deeds.reassign,
            deeds.create_task,
            deeds.update_task,
            deeds.read_thread,
        ];
        let some = || Some("at least one weight above 0".to_owned());
        if scenario.people.mix.values().all(|weight| *weight == 0) {
            self.add(&["people", "mix"], "has no kind of person", some());
        }
        if modes.full + modes.ghost + modes.ephemeral == 0 {
            self.add(&["visits", "modes"], "has no mode", some());
        }
        if deeds.iter().sum::<u32>() == 0 && office.actions_per_rep.1 > 0 {
            self.add(&["office", "deeds"], "has no action", some());
        }
        let bounds = [
            (["office", "actions_per_rep"], office.actions_per_rep),
            (["intruders", "probes"], scenario.intruders.probes),
            (["network", "gap_minutes"], scenario.network.gap_minutes),
            (["shunya", "transcription_s"], scenario.shunya.transcription_s),
            (["shunya", "analysis_s"], scenario.shunya.analysis_s),
        ];
        for (path, (least, most)) in bounds {
            if least > most {
                self.add(&path, format!("{least} is more than {most}"), Some("[least, most]".to_owned()));
            }
        }
        for (i, outage) in scenario.outage.iter().enumerate() {
            for (j, tenant) in outage.tenants.iter().enumerate() {
                self.tenant(scenario, &["outage", &i.to_string(), "tenants", &j.to_string()], *tenant);
            }
        }
    }

    /// A rule is muted for a reason, and none is demanded that nobody judges.
    fn rules(&mut self, scenario: &Scenario) {
        for (rule, setting) in &scenario.rules.0 {
            if setting.why.trim().is_empty() {
                let allowed = Some("a short reason, which the report shows".to_owned());
                self.add(&["rules", rule.name(), "why"], "is empty", allowed);
            }
        }
        let must = &scenario.must_exercise;
        for (i, rule) in must.named().iter().enumerate().filter(|_| !must.is_all()) {
            if scenario.rules.weight(*rule) == RuleWeight::Off {
                let message = format!("{rule} is off in [rules], so it is never exercised");
                let allowed = Some("one of the two".to_owned());
                self.add(&["must_exercise", &i.to_string()], message, allowed);
            }
        }
    }

    /// What a deployment calls things is a word of its wire.
    fn dialect(&mut self, scenario: &Scenario) {
        let well = |word: &str| {
            let byte = |b: u8| b.is_ascii_alphanumeric() || b"_-.:".contains(&b);
            (1..=60).contains(&word.len()) && word.bytes().all(byte)
        };
        let allowed = || Some("letters, digits, `_`, `-`, `.` and `:`, 60 at most".to_owned());
        let dialect = &scenario.dialect;
        for (set, of) in &dialect.names {
            for (own, here) in of.iter().filter(|(_, here)| !well(here)) {
                self.add(&["dialect", "names", set, own], format!("{here:?} is not a valid name"), allowed());
            }
        }
        for (set, of) in &dialect.also {
            for here in of.keys().filter(|here| !well(here)) {
                self.add(&["dialect", "also", set, here], format!("{here:?} is not a valid name"), allowed());
            }
        }
        for (set, of) in &dialect.sent {
            for (own, here) in of.iter().filter(|(_, here)| !well(here)) {
                self.add(&["dialect", "sent", set, own], format!("{here:?} is not a valid name"), allowed());
            }
        }
        for lossy in dialect.lossy() {
            let path: Vec<&str> = lossy.path.iter().map(String::as_str).collect();
            self.add(&path, lossy.message, Some(lossy.allowed));
        }
        for (own, here) in &dialect.fields {
            if !well(own) || !well(here) {
                self.add(&["dialect", "fields", own], format!("{own:?} = {here:?} does not name a field"), allowed());
            } else if dialect.fields.iter().any(|(other, name)| other != own && name == here) {
                let message = format!("{here:?} is the name of two fields");
                self.add(&["dialect", "fields", own], message, Some("use each name once".to_owned()));
            }
        }
    }

    fn data(&mut self, data: &Data) {
        if data.users.as_deref().is_some_and(|path| !path.ends_with(".json") && !path.ends_with(".csv")) {
            let allowed = Some("the path of a .json or .csv file".to_owned());
            self.add(&["data", "users"], "is not a file of users", allowed);
        }
        if data.rotate && data.users.is_none() {
            let allowed = Some("set `users` to a file with more users than one run needs".to_owned());
            self.add(&["data", "rotate"], "needs users to rotate", allowed);
        }
        if data.provision.as_ref().is_some_and(|command| command.trim().is_empty()) {
            self.add(&["data", "provision"], "is not a command", Some("a command line for the shell".to_owned()));
        }
        if data.found && data.provision.is_some() {
            let message = "cannot be combined with `provision`: rows are either loaded or used as found";
            self.add(&["data", "found"], message, Some("one of the two".to_owned()));
        }
    }

    /// A trace is a file, and only one of mahimahi's needs a second one. A persona with a trace is one that reps have. A
    /// territory with one may lie outside the scenario's: a roster of users can move tenants there.
    fn traces(&mut self, scenario: &Scenario) {
        let Network { trace, trace_down, personas, territories, .. } = &scenario.network;
        self.trace(&["network"], trace.as_deref(), trace_down.as_deref());
        for (list, of) in [("personas", personas), ("territories", territories)] {
            for (name, TraceFiles { trace, trace_down }) in of {
                self.trace(&["network", list, name], Some(trace), trace_down.as_deref());
            }
        }
        let mix = &scenario.people.mix;
        let is_had = |name: &str| mix.get(name).is_some_and(|weight| *weight > 0);
        for name in personas.keys().filter(|name| !is_had(name)) {
            let there: Vec<&str> = mix.keys().map(String::as_str).filter(|name| is_had(name)).collect();
            let message = "no rep has this persona: its weight in `people.mix` is 0";
            self.add(&["network", "personas", name], message, Some(there.join(", ")));
        }
    }
    fn trace(&mut self, table: &[&str], trace: Option<&str>, trace_down: Option<&str>) {
        let below = |key| [table, &[key]].concat();
        for (key, file) in [("trace", trace), ("trace_down", trace_down)] {
            if file.is_some_and(|file| file.trim().is_empty()) {
                self.add(&below(key), "is empty", Some("the name of a file".to_owned()));
            }
        }
        let path = below("trace_down");
        match (trace, trace_down) {
            (None, Some(_)) => self.add(&path, "needs `trace`, the file of the uplink", None),
            (Some(up), Some(_)) if is_csv(up) => {
                self.add(&path, "cannot be combined with a .csv file, which has both directions", None);
            }
            (_, Some(down)) if is_csv(down) => {
                let allowed = Some("a file in mahimahi's format; a .csv file goes into `trace`".to_owned());
                self.add(&path, "is a .csv file", allowed);
            }
            _ => {}
        }
    }

    fn tenant(&mut self, scenario: &Scenario, path: &[&str], tenant: u32) {
        let last = scenario.people.tenants_per_cell - 1;
        if tenant > last {
            self.add(path, format!("a cell has no tenant {tenant}"), Some(format!("0 to {last}")));
        }
    }

    /// A source of tokens has the keys that it needs, and none that it would not heed.
    fn tokens(&mut self, tokens: &Tokens) {
        use TokenSource::{Clerk, Command, File, Local};
        let plain = Tokens::default();
        let keys: [(&str, bool, &[TokenSource]); 9] = [
            ("key", tokens.key.is_some(), &[Local]),
            ("path", tokens.path.is_some(), &[File]),
            ("command", !tokens.command.is_empty(), &[Command]),
            ("life_s", tokens.life_s.is_some(), &[Local, Clerk]),
            ("issuer", tokens.issuer.is_some(), &[Local]),
            ("azp", tokens.azp.is_some(), &[Local]),
            ("tenant_claim", tokens.tenant_claim != plain.tenant_claim, &[Local]),
            ("user_claim", tokens.user_claim != plain.user_claim, &[Local]),
            ("role_claim", tokens.role_claim != plain.role_claim, &[Local]),
        ];
        for (key, given, heeding) in keys {
            let is_needed = matches!((tokens.source, key), (File, "path") | (Command, "command"));
            if is_needed && !given {
                self.add(&["tokens", key], "is required for this source", None);
            } else if given && !heeding.contains(&tokens.source) {
                self.add(&["tokens", key], "is not used by this source", None);
            }
        }
        let empty = [("key", tokens.key.as_ref()), ("path", tokens.path.as_ref()), ("command", tokens.command.first())];
        for (key, text) in empty {
            if text.is_some_and(|text| text.trim().is_empty()) {
                self.add(&["tokens", key], "is empty", Some("the name of a file".to_owned()));
            }
        }
    }

    /// A mishap has the figures that its kind needs, and no others.
    fn mishap(&mut self, scenario: &Scenario, index: &str, mishap: &Mishap) {
        if mishap.from >= mishap.until {
            self.add(&["mishap", index, "until"], "is not after `from`", Some(format!("a time after {}", mishap.from)));
        }
        if let Some(tenant) = mishap.tenant {
            self.tenant(scenario, &["mishap", index, "tenant"], tenant);
        }
        let needed = mishap.kind.figure().unwrap_or_default();
        let figures = [
            ("status", mishap.status.is_some()),
            ("extra_ms", mishap.extra_ms.is_some()),
            ("retry_after_s", mishap.retry_after_s.is_some()),
            ("factor", mishap.factor.is_some()),
        ];
        for (key, given) in figures {
            if key == needed && !given {
                self.add(&["mishap", index, key], "is required for this kind of mishap", None);
            } else if key != needed && given {
                self.add(&["mishap", index, key], "is not used by this kind of mishap", None);
            }
        }
    }
}
