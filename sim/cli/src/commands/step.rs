//! `fieldday replay --step`: the keys and the terminal of a day that is gone through a step at a time.

use crate::failure::Failure;
use crate::output;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue, style};
use fieldday_engine::replay::{self, Moment};
use fieldday_report::stepper::{Step, Stepper};
use fieldday_world::plan::Plan;
use std::io::{self, IsTerminal, Write};

/// Moments kept, so that going back and forth costs nothing.
const KEPT: usize = 16;

/// Goes through the events of a rep until somebody quits.
pub fn step(plan: &Plan, cell: u32, rep: &str, mut stepper: Stepper<'_>) -> Result<(), Failure> {
    if !io::stdin().is_terminal() || !output::stdout_is_terminal() {
        return Err(Failure::NoTerminal);
    }
    let mut moments: Vec<(u64, Option<Moment>)> = Vec::new();
    let screen = Screen::enter().map_err(Failure::Output)?;
    loop {
        let number = stepper.number();
        if !moments.iter().any(|(of, _)| *of == number) {
            moments.truncate(KEPT - 1);
            moments.insert(0, (number, replay::moment(plan, cell, rep, stepper.at())));
        }
        let moment = moments.iter().find(|(of, _)| *of == number).and_then(|(_, moment)| moment.as_ref());
        screen.show(|size| stepper.draw(moment, size)).map_err(Failure::Output)?;
        match event::read().map_err(Failure::Output)? {
            Event::Key(key) if key.kind == KeyEventKind::Press => match meant(key) {
                Some(Key::Go(step)) => stepper.go(step),
                Some(Key::Quit) => return Ok(()),
                None => {}
            },
            _ => {}
        }
    }
}

enum Key {
    Go(Step),
    Quit,
}

fn meant(key: KeyEvent) -> Option<Key> {
    Some(match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Key::Quit,
        KeyCode::Char('q') | KeyCode::Esc => Key::Quit,
        KeyCode::Char('n' | ' ') | KeyCode::Right | KeyCode::Down => Key::Go(Step::By(1)),
        KeyCode::Char('p') | KeyCode::Left | KeyCode::Up => Key::Go(Step::By(-1)),
        KeyCode::PageDown => Key::Go(Step::By(10)),
        KeyCode::PageUp => Key::Go(Step::By(-10)),
        KeyCode::Char('g') | KeyCode::Home => Key::Go(Step::First),
        KeyCode::Char('G') | KeyCode::End => Key::Go(Step::Last),
        KeyCode::Char('v') => Key::Go(Step::Violation),
        _ => return None,
    })
}

/// The terminal while it is ours. Whatever happens, it is given back as it was.
struct Screen;

impl Screen {
    fn enter() -> io::Result<Screen> {
        terminal::enable_raw_mode()?;
        let screen = Screen;
        execute!(io::stdout(), EnterAlternateScreen, cursor::Hide)?;
        Ok(screen)
    }
    fn show(&self, draw: impl FnOnce((usize, usize)) -> String) -> io::Result<()> {
        let (width, height) = terminal::size()?;
        let mut out = io::stdout().lock();
        queue!(out, terminal::Clear(terminal::ClearType::All))?;
        for (row, line) in (0..).zip(draw((width.into(), height.into())).lines()) {
            queue!(out, cursor::MoveTo(0, row), style::Print(line))?;
        }
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // There is nobody left to tell.
        let _ = execute!(io::stdout(), LeaveAlternateScreen, cursor::Show);
        let _ = terminal::disable_raw_mode();
    }
}
