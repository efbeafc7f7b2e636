//! A cell's plan for people: everything by name, in local time.

use super::{CellPlan, OfficeDeed, RepPlan, Routine, TenantPlan, VisitFate};
use fieldday_api::mishap::Mishap;
use fieldday_kernel::time::Time;
use fieldday_radio::air::SpotKind;
use std::fmt::{self, Write};

impl CellPlan {
    /// The names of everything in it, from the outside in.
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![self.name.clone()];
        self.tenants.iter().for_each(|tenant| tenant.add_names(&mut names));
        names.extend(self.mishaps.iter().map(|m| m.name.clone()));
        names
    }

    /// Writes the plan as text for people, tenant by tenant.
    pub fn render(&self, out: &mut dyn Write) -> fmt::Result {
        writeln!(out, "{}  {}  {} to {}", self.name, self.date, self.start, self.end)?;
        for mishap in &self.mishaps {
            render_mishap(mishap, out)?;
        }
        for tenant in &self.tenants {
            tenant.render(out)?;
        }
        Ok(())
    }
}

impl Routine {
    /// The routine whose parts are those for whose names `does` is true.
    pub fn of(does: impl Fn(&str) -> bool) -> Routine {
        Routine {
            clock_in: does("clock-in"),
            recordings: does("recordings"),
            dashboard: does("dashboard"),
            shift: does("shift"),
            tasks: does("tasks"),
        }
    }
    /// The names, as they stand below the rep's.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let Routine { clock_in, recordings, dashboard, shift, tasks } = self;
        let all = [
            (clock_in, "clock-in"),
            (recordings, "recordings"),
            (dashboard, "dashboard"),
            (shift, "shift"),
            (tasks, "tasks"),
        ];
        all.into_iter().filter_map(|(does, name)| does.then_some(name))
    }
}

impl TenantPlan {
    fn add_names(&self, names: &mut Vec<String>) {
        names.push(self.name.clone());
        for rep in &self.reps {
            names.push(rep.name.clone());
            names.extend(rep.reads_back.then(|| format!("{}/proof", rep.name)));
            names.extend(rep.routine.names().map(|what| format!("{}/{what}", rep.name)));
            names.extend(rep.lunch.map(|_| format!("{}/lunch", rep.name)));
            names.extend(rep.kills.iter().map(|kill| kill.name.clone()));
        }
        names.extend(self.visits.values().map(|visit| visit.name.clone()));
        names.extend(self.rows.iter().map(|row| row.name.clone()));
        for clerk in &self.office {
            names.push(clerk.name.clone());
            names.extend(clerk.actions.iter().map(|action| action.name.clone()));
        }
        for intruder in &self.intruders {
            names.push(intruder.name.clone());
            names.extend(intruder.probes.iter().map(|probe| probe.name.clone()));
        }
        names.extend(self.off_duty.iter().map(|rep| rep.name.clone()));
        if let Some(auditor) = &self.auditor {
            names.push(auditor.name.clone());
            names.extend(auditor.rounds.iter().map(|(name, _)| name.clone()));
        }
        names.extend(self.air.names().map(str::to_owned));
    }

    /// The local time of day; with the date, if it is not the plan's.
    fn clock(&self, at: Time) -> String {
        let zone = &self.data.zone;
        let (date, time) = (zone.date(at), zone.time_of_day(at).to_string());
        let time = time.get(..5).unwrap_or_default();
        if date == self.date { time.to_owned() } else { format!("{date} {time}") }
    }
    /// A rep by name, if it is one of today's.
    fn rep_named(&self, rep_id: &str) -> String {
        let rep = self.reps.iter().find(|rep| rep.rep_id == rep_id);
        rep.map_or(rep_id.to_owned(), |rep| rep.name.clone())
    }

    fn render(&self, out: &mut dyn Write) -> fmt::Result {
        let (data, air) = (&self.data, &self.air);
        let (metro, zone, rows) = (self.territory.metro(), &data.zone.name, data.rows());
        writeln!(out, "\n{}  {}  {metro}, {zone}, {rows} rows", self.name, data.id)?;
        writeln!(out, "  network {}: 5G in {} areas", air.profile.name, air.fast.len())?;
        for outage in &air.outages {
            let place = if outage.region.is_some() { "a part" } else { "everywhere" };
            writeln!(out, "  {}  {} to {}, {place}", outage.name, self.clock(outage.from), self.clock(outage.until))?;
        }
        for hole in &air.holes {
            writeln!(out, "  {}  leaves {:?}", hole.name, hole.left)?;
        }
        for clerk in &self.office {
            writeln!(out, "  {}  {}", clerk.name, clerk.role)?;
            for action in &clerk.actions {
                writeln!(out, "    {}  {}  {}", self.clock(action.at), action.name, self.deed(&action.what))?;
            }
        }
        for intruder in &self.intruders {
            writeln!(out, "  {}  {} probes", intruder.name, intruder.probes.len())?;
            for probe in &intruder.probes {
                let what: Vec<String> = probe.steps.iter().map(|step| step.call.op().to_string()).collect();
                writeln!(out, "    {}  {}  {}", self.clock(probe.at), probe.name, what.join(", "))?;
            }
        }
        if let Some(rep) = &self.off_duty {
            writeln!(out, "  {}  has the day off", rep.name)?;
        }
        for (name, at) in self.auditor.iter().flat_map(|auditor| &auditor.rounds) {
            writeln!(out, "  {}  {name}  reads back", self.clock(*at))?;
        }
        for rep in &self.reps {
            self.render_rep(out, rep)?;
        }
        Ok(())
    }

    fn render_rep(&self, out: &mut dyn Write, rep: &RepPlan) -> fmt::Result {
        let (leaves, stops) = (self.clock(rep.leaves_home), self.clock(rep.stops_work));
        let traced =
            rep.trace.as_ref().map_or(String::new(), |trace| format!(", network {} of {}", trace.length(), trace.name));
        writeln!(out, "  {}  {}  leaves home {leaves}, finishes {stops}{traced}", rep.name, rep.persona.name)?;
        let own = |name: &str| name.strip_prefix(rep.name.as_str()).is_some_and(|rest| rest.starts_with('/'));
        for visit in self.visits.values().filter(|v| own(&v.name)) {
            let (from, to, mode) = (self.clock(visit.start), self.clock(visit.end), visit.mode);
            let fate = match visit.fate {
                VisitFate::Held { outcome, deal_size: Some(deal) } => format!("{outcome} ${deal}"),
                VisitFate::Held { outcome, deal_size: None } => outcome.to_string(),
                VisitFate::NoShow => "nobody at home".to_owned(),
                VisitFate::CancelledAtTheDoor => "cancelled at the door".to_owned(),
            };
            let (kbit_s, over) = (visit.audio_kbit_s, visit.overrun.as_seconds() / 60);
            writeln!(out, "    {}  {from} to {to} ({over:+} min)  {fate}, {mode} {kbit_s} kbit/s", visit.name)?;
        }
        if let Some(lunch) = &rep.lunch {
            writeln!(out, "    {}/lunch  {}, {} min", rep.name, self.clock(lunch.at), lunch.minutes)?;
        }
        for spot in self.air.spots.iter().filter(|s| own(&s.name)) {
            match spot.kind {
                SpotKind::Basement { after, lasts } => writeln!(out, "    {}  after {after} for {lasts}", spot.name)?,
                SpotKind::Portal { accepted_after } => writeln!(out, "    {}  until {accepted_after}", spot.name)?,
            }
        }
        for gap in self.air.gaps_of(rep.key) {
            writeln!(out, "    {}  no network {} to {}", gap.name, self.clock(gap.from), self.clock(gap.until))?;
        }
        for kill in &rep.kills {
            writeln!(out, "    {}  {}", kill.name, self.clock(kill.at))?;
        }
        for row in self.rows.iter().filter(|r| own(&r.name)) {
            writeln!(out, "    {}  {}", row.name, row.id)?;
        }
        Ok(())
    }

    fn deed(&self, deed: &OfficeDeed) -> String {
        let visit = |id: &str| self.visits.get(id).map_or(id.to_owned(), |visit| visit.name.clone());
        match deed {
            OfficeDeed::Look { rep_id } => format!("looks at the day of {}", self.rep_named(rep_id)),
            OfficeDeed::Move { appointment_id, start, .. } => {
                format!("moves {} to {}", visit(appointment_id), self.clock(*start))
            }
            OfficeDeed::Cancel { appointment_id } => format!("cancels {}", visit(appointment_id)),
            OfficeDeed::Reassign { appointment_id, to_rep_id } => {
                format!("gives {} to {}", visit(appointment_id), self.rep_named(to_rep_id))
            }
            OfficeDeed::CreateTask { appointment_id, due, .. } => {
                format!("makes a task about {} due {}", visit(appointment_id), self.clock(*due))
            }
            OfficeDeed::UpdateTask { task_id, due } => {
                let row = self.rows.iter().find(|row| row.id == *task_id);
                format!("puts {} off to {}", row.map_or(task_id.as_str(), |row| &row.name), self.clock(*due))
            }
            OfficeDeed::ReadThread { contact_card_id } => {
                let about = self.data.appointments.iter().find(|a| a.contact_card_id == *contact_card_id);
                format!("reads the messages about {}", about.map_or(contact_card_id.to_string(), |a| visit(&a.id)))
            }
        }
    }
}

fn render_mishap(mishap: &Mishap, out: &mut dyn Write) -> fmt::Result {
    let Mishap { name, kind, figures, from, until, rate_ppm, .. } = mishap;
    write!(out, "  {name}  {kind:?}")?;
    match kind.figure() {
        Some("status") => write!(out, " {{ status: {} }}", figures.status)?,
        Some("extra_ms") => write!(out, " {{ extra_ms: {} }}", figures.extra_ms)?,
        Some("retry_after_s") => write!(out, " {{ retry_after_s: {} }}", figures.retry_after_s)?,
        Some("factor") => write!(out, " {{ factor: {} }}", figures.factor)?,
        _ => {}
    }
    write!(out, "  {from} to {until}, {rate_ppm} ppm")?;
    for op in &mishap.ops {
        write!(out, ", {op}")?;
    }
    match &mishap.tenant {
        Some(tenant) => writeln!(out, ", {tenant} alone"),
        None => writeln!(out),
    }
}
