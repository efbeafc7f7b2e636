//! The frame of every page: one file that needs nothing else, with its style, its scripts and its data inside. A policy in
//! its head forbids it to load anything, from anywhere.

use crate::text::printable;
use askama::Template;
use serde::Serialize;
use std::borrow::Cow;

/// What every page can do: theme, values under pointer and keys, copying.
const SCRIPT: &str = include_str!("../templates/page.js");
const STYLE: &str = include_str!("../templates/style.css");

/// The frame that all pages have: title, navigation, styles.
#[derive(Template)]
#[template(path = "frame.html")]
pub struct Frame<'a> {
    /// The title in the browser's tab.
    pub title: &'a str,
    /// What is left and right of the theme's button at the top: what page this is.
    pub kind: &'a str,
    /// The sections to jump to: id and words.
    pub sections: &'a [(&'a str, String)],
    /// What is in it, as HTML that is escaped already.
    pub body: &'a str,
    /// What further scripts read: id and JSON, from [`data`].
    pub data: &'a [(&'a str, String)],
    /// Scripts beside the frame's own.
    pub scripts: &'a [&'a str],
}

impl Frame<'_> {
    /// The page as one file of HTML.
    pub fn html(&self) -> String {
        // Writing to memory: it cannot fail. The frame is the last that all text of a page goes through.
        let html = self.render().unwrap_or_default();
        match printable(&html) {
            Cow::Borrowed(_) => html,
            Cow::Owned(clean) => clean,
        }
    }
    fn style(&self) -> &'static str {
        STYLE
    }
    fn script(&self) -> &'static str {
        SCRIPT
    }
}

/// A value as JSON that can stand within a `<script>`: nothing in it ends one or begins a comment.
pub fn data(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Text as it may stand in HTML, within an element or a quoted attribute.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_page_ends_what_it_stands_in() {
        let sections = [("a", "A & B".to_owned())];
        let data = [("numbers", data(&["</script><b>"]))];
        let frame = Frame {
            title: "</title><i>",
            kind: "Report",
            sections: &sections,
            body: "<p>body</p>",
            data: &data,
            scripts: &["go();"],
        };
        let html = frame.html();
        assert!(html.contains("\\u003c/script>\\u003cb>") && !html.contains("</script><b>"));
        assert!(!html.contains("<i>") && html.contains("A &#38; B") && html.contains("<p>body</p>"));
        assert_eq!(html.matches("</script>").count(), 3);
        assert_eq!(escaped("<a b='\"&'>"), "&lt;a b=&#39;&quot;&amp;&#39;&gt;");
    }
}
