use super::*;
use crate::Paint;

fn document() -> Document {
    let mut table = Table::new([words("endpoint"), figures("p95"), words("drawn").on(On::Page), words("")]);
    let drawn = Cell { drawn: Some("<i></i>".to_owned()), ..Cell::default() };
    table.marked(Mark::BAD, ["GET <a>".into(), "1,204 ms".into(), drawn, Cell::from("slower").tone(Tone::Bad)]);
    table.row(["PUT b|c", "76 ms", "", ""].map(Cell::from));
    table.is_by_time = true;
    let mut section = Section::new("changed", "Changed");
    section.note = "by more than chance".to_owned();
    section.add(On::All, "", Body::Table(table));
    section.add(On::Page, "", Body::Chart("<svg></svg>".to_owned()));
    section.add(On::Files, "", Body::List(vec![Item::marked(Mark::NOTE, "not used: x")]));
    section.add(On::All, "", Body::Text(String::new()));
    section.add(On::Page, "", Body::Paste("again", "fieldday compare 'a b'".to_owned()));
    let mut lead = Section::default();
    let slower = Number { what: "slower", value: "1".to_owned(), note: "of 54".to_owned() };
    lead.add(On::Page, "In numbers", Body::Numbers(vec![slower]));
    Document {
        kind: "Comparison",
        title: "A & B".to_owned(),
        verdict: Some(Verdict {
            mark: Mark::BAD,
            word: "worse".to_owned(),
            headline: "A against B".to_owned(),
            reasons: vec!["1 percentile [slower]".to_owned()],
            about: String::new(),
            place: Place::Last,
        }),
        lead: lead.blocks,
        sections: vec![section, Section::new("empty", "Empty")],
    }
}

#[test]
fn every_medium_has_the_same_figures_in_its_own_form() {
    let terminal = document().terminal(Paint::new(false));
    assert_eq!(
        terminal,
        "\nCHANGED  by more than chance\n  endpoint        p95\n  ✗ GET <a>  1,204 ms  slower\n  PUT b|c       76 ms\n\n✗ worse\n  1 percentile [slower]\n"
    );
    assert_eq!(
        document().markdown(),
        "## ✗ worse\n\n- 1 percentile \\[slower\\]\n\n### Changed\n\n| | endpoint | p95 |  |\n| --- | --- | ---: | --- |\n| ✗ | GET \\<a\\> | 1,204 ms | slower |\n|  | PUT b\\|c | 76 ms |  |\n\n- ! not used: x\n"
    );
    let page = document().html();
    for part in [
        "<section id=\"verdict\" class=\"verdict broken\" aria-labelledby=\"verdict-title\">\n<p class=\"word\">worse</p>",
        "</ul>\n<h2>In numbers</h2>\n<dl class=\"grid\"><div><dt>slower</dt><dd>1<small>of 54</small></dd></div></dl>\n</section>",
        "<code>fieldday compare &#39;a b&#39;</code><button type=\"button\" data-copy=\"fieldday compare &#39;a b&#39;\">Copy</button>",
        "<th scope=\"row\" class=\"is-broken\">✗ GET &lt;a&gt;</th><td class=\"n\">1,204 ms</td><td><i></i></td><td class=\"is-broken\">slower</td>",
        "<svg></svg>",
        "<a href=\"#changed\">Changed</a>",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(page.find("PUT b|c") < page.find("GET &lt;a"), "the latest first");
    assert!(!page.contains("Empty") && !terminal.contains("not used"));
}
