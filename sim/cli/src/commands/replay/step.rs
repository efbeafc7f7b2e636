//! `fieldday replay --step`: the terminal of a [`Stepper`]. Keys in, screens out.

use crate::exit;
use crate::failure::Failure;
use crate::terminal as screen;
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::style::Print;
use crossterm::terminal::{self, Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{execute, queue};
use fieldday_engine::replay;
use fieldday_kernel::time::Time;
use fieldday_paint::Paint;
use fieldday_plan::Plan;
use fieldday_stories::moment;
use fieldday_stories::stepper::{Go, Stepper};
use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The exit code of whoever's terminal was closed: 128 and the signal's number.
#[cfg(unix)]
const HUNG_UP: i32 = 129;
/// So many moments are remembered: going back to one is going through a day again.
const REMEMBERED: usize = 16;
/// How long a signal to stop may wait for a key that does not come.
const PATIENCE: Duration = Duration::from_millis(200);

/// Ends the process when its terminal is closed. Whoever reads keys would find nothing to read, again and again, without end;
/// and the signal that a closed terminal sends may be ignored, or go to others.
#[cfg(unix)]
fn leave_with(terminal: impl std::os::fd::AsFd + Send + 'static) {
    std::thread::spawn(move || {
        if is_closed(terminal.as_fd()) {
            std::process::exit(HUNG_UP);
        }
    });
}
#[cfg(not(unix))]
fn leave_with<T>(_terminal: T) {}

/// Waits until the other side is closed; false if that cannot be waited for.
#[cfg(unix)]
fn is_closed(terminal: std::os::fd::BorrowedFd<'_>) -> bool {
    use rustix::event::{PollFd, PollFlags, poll};
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    loop {
        // That it is closed is told unasked; keys are not asked for.
        let mut asked = [PollFd::new(&terminal, PollFlags::empty())];
        match poll(&mut asked, None) {
            Ok(_) if asked[0].revents().intersects(gone) => return true,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

/// The action of a key that was pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Key {
    Go(Go),
    Quit,
}

/// Fails if there is nobody who could press keys and see what they do.
pub fn terminal_is_there() -> Result<(), Failure> {
    let none = |which: &str| Err(Failure::NoTerminal { why: format!("{which} is not a terminal") });
    match (io::stdin().is_terminal(), io::stdout().is_terminal()) {
        (false, _) => none("stdin"),
        (true, false) => none("stdout"),
        (true, true) => Ok(()),
    }
}

/// Steps through a client's events until whoever does it has seen enough; an exit code if that was by a signal.
pub fn step(plan: &Plan, cell: u32, stepper: Stepper, stop: &AtomicBool) -> Result<Option<u8>, Failure> {
    let unusable = |error: io::Error| Failure::NoTerminal { why: error.to_string() };
    let screen = Screen::enter().map_err(unusable)?;
    leave_with(io::stdin());
    let ended = steps(plan, cell, stepper, stop);
    drop(screen);
    ended.map_err(unusable)
}

fn steps(plan: &Plan, cell: u32, mut stepper: Stepper, stop: &AtomicBool) -> io::Result<Option<u8>> {
    let rep = stepper.client().to_owned();
    let mut moments = Moments::default();
    let paint = Paint::new(screen::stdout_has_colour());
    while !stop.load(Ordering::Relaxed) {
        let at = stepper.current().map_or(Time::default(), |told| told.at);
        if moments.get(at).is_none() {
            show(&stepper.draw("  (re-running the cell up to this event)", size()?, paint))?;
            // Whoever holds a key down is not there yet.
            if !event::poll(Duration::ZERO)? {
                let moment = replay::moment(plan, cell, &rep, at);
                let standing = moment.map(|of| moment::standing(&of, Paint::new(false)));
                moments.put(at, standing.unwrap_or_else(|| "  (this client has no phone)".to_owned()));
            }
        }
        if let Some(standing) = moments.get(at) {
            show(&stepper.draw(standing, size()?, paint))?;
        }
        while !stop.load(Ordering::Relaxed) && !event::poll(PATIENCE)? {}
        if stop.load(Ordering::Relaxed) {
            break;
        }
        // Whatever else comes, as a screen of another size, has it drawn again.
        let Event::Key(key) = event::read()? else { continue };
        match meaning(key) {
            Some(Key::Go(go)) => stepper.go(go),
            Some(Key::Quit) => return Ok(None),
            None => {}
        }
    }
    Ok(Some(exit::INTERRUPTED))
}

fn meaning(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == KeyCode::Char('c')).then_some(Key::Quit);
    }
    Some(match key.code {
        KeyCode::Char('n' | ' ') | KeyCode::Right | KeyCode::Down => Key::Go(Go::Next),
        KeyCode::Char('p') | KeyCode::Left | KeyCode::Up => Key::Go(Go::Previous),
        KeyCode::PageDown => Key::Go(Go::TenNext),
        KeyCode::PageUp => Key::Go(Go::TenPrevious),
        KeyCode::Char('g') | KeyCode::Home => Key::Go(Go::First),
        KeyCode::Char('G') | KeyCode::End => Key::Go(Go::Last),
        KeyCode::Char('v') => Key::Go(Go::NextViolation),
        KeyCode::Char('q') | KeyCode::Esc => Key::Quit,
        _ => return None,
    })
}

/// The last moments that were looked at, in words.
#[derive(Default)]
struct Moments(VecDeque<(Time, String)>);

impl Moments {
    fn get(&self, at: Time) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == at).map(|(_, standing)| standing.as_str())
    }
    fn put(&mut self, at: Time, standing: String) {
        self.0.push_front((at, standing));
        self.0.truncate(REMEMBERED);
    }
}

fn size() -> io::Result<(usize, usize)> {
    terminal::size().map(|(width, height)| (usize::from(width), usize::from(height)))
}

fn show(screen: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (row, line) in (0..).zip(screen.split('\n')) {
        queue!(out, MoveTo(0, row), Clear(ClearType::CurrentLine), Print(line))?;
    }
    out.flush()
}

/// The terminal while it is ours: every key at once, a screen of its own. It is given back whatever happens.
struct Screen;

impl Screen {
    fn enter() -> io::Result<Screen> {
        let before = panic::take_hook();
        // What a panic says is to be read on the screen that stays.
        panic::set_hook(Box::new(move |about| {
            Screen::leave();
            before(about);
        }));
        terminal::enable_raw_mode()?;
        let screen = Screen;
        execute!(io::stdout(), EnterAlternateScreen, Hide)?;
        Ok(screen)
    }
    /// Does nothing if it was left already. If the terminal has gone away, there is nothing to give back.
    fn leave() {
        if terminal::is_raw_mode_enabled().unwrap_or(false) {
            let _ = execute!(io::stdout(), Show, LeaveAlternateScreen);
            let _ = terminal::disable_raw_mode();
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        Screen::leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_meaning_and_a_key_let_go_has_none() {
        let plain = |code| meaning(KeyEvent::new(code, KeyModifiers::NONE));
        let all = [
            (Go::Next, &[KeyCode::Char('n'), KeyCode::Char(' '), KeyCode::Right, KeyCode::Down][..]),
            (Go::Previous, &[KeyCode::Char('p'), KeyCode::Left, KeyCode::Up]),
            (Go::TenNext, &[KeyCode::PageDown]),
            (Go::TenPrevious, &[KeyCode::PageUp]),
            (Go::First, &[KeyCode::Char('g'), KeyCode::Home]),
            (Go::Last, &[KeyCode::Char('G'), KeyCode::End]),
            (Go::NextViolation, &[KeyCode::Char('v')]),
        ];
        for (go, codes) in all {
            codes.iter().for_each(|code| assert_eq!(plain(*code), Some(Key::Go(go)), "{code:?}"));
        }
        assert_eq!(meaning(KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT)), Some(Key::Go(Go::Last)));
        assert_eq!((plain(KeyCode::Char('q')), plain(KeyCode::Esc)), (Some(Key::Quit), Some(Key::Quit)));
        assert_eq!(meaning(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)), Some(Key::Quit));
        assert_eq!(plain(KeyCode::Char('c')), None);
        let released = KeyEvent::new_with_kind(KeyCode::Char('n'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(meaning(released), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_terminal_that_is_closed_is_noticed_and_one_with_keys_is_not() {
        use std::os::fd::AsFd;
        let (ours, mut theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || tell.send(is_closed(ours.as_fd())));
        theirs.write_all(b"nnn").unwrap();
        assert!(told.recv_timeout(Duration::from_millis(200)).is_err(), "keys are no end");
        drop(theirs);
        assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok(true));
    }

    #[test]
    fn the_last_moments_are_remembered() {
        let at = |n| Time::default() + fieldday_kernel::time::Span::hours(n);
        let mut moments = Moments::default();
        (0..20).for_each(|n| moments.put(at(n), n.to_string()));
        assert_eq!((moments.get(at(3)), moments.get(at(4)), moments.get(at(19))), (None, Some("4"), Some("19")));
    }
}
