//! A picture of a run at the end of stderr, where that is a terminal. It is drawn over its last state, line by line, without
//! raw keys or a second screen, so there is nothing to put right again: when it goes, however it goes, its lines go with it.

use crate::output;
use fieldday_report::view::View;
use indicatif::{ProgressBar, ProgressStyle};

pub struct Picture {
    bar: ProgressBar,
}

impl Picture {
    /// Where somebody can see it.
    pub fn begin() -> Option<Picture> {
        if !output::stderr_is_terminal() {
            return None;
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        output::stands_at_the_end(Some(&bar));
        Some(Picture { bar })
    }
    pub fn draw(&self, view: &View) {
        let paint = output::stderr_paint();
        // A line that fills the last column would be broken by some terminals.
        self.bar.set_message(view.draw(paint.within(paint.width() - 1)));
        self.bar.tick();
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        output::stands_at_the_end(None);
        self.bar.finish_and_clear();
    }
}
