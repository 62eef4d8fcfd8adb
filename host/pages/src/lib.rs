//! Calls and runs as pages for people: one HTML file each, without scripts and without
//! anything from elsewhere, so that it can be mailed, archived and printed.
//!
//! Templates escape everything by default: what was said on a call is never markup.

mod call;
mod measure;
mod report;
mod timeline;

pub use call::{CallPage, Pitch};
pub use measure::{measure_name, place, range_text};
pub use report::{
    Bar, Block, DatasetPart, DuplicatesPart, FamilyPart, Interval, ReportPage, Sample, Section,
    SourcePart, SplitPart, TablePart, ValidatorPart,
};

use minijinja::Environment;
use serde::Serialize;

/// A page that could not be rendered: a fault of its template.
#[derive(Debug, thiserror::Error)]
#[error("a page cannot be rendered: {0:#}")]
pub struct PageError(#[from] minijinja::Error);

const STYLE: &str = include_str!("../templates/style.css");
const TEMPLATES: [(&str, &str); 2] = [
    ("call.html", include_str!("../templates/call.html")),
    ("report.html", include_str!("../templates/report.html")),
];

/// A template filled with a page. Names end in `.html`, which turns escaping on.
fn render(template: &str, page: &impl Serialize) -> Result<String, PageError> {
    let mut environment = Environment::new();
    environment.add_global("style", minijinja::Value::from_safe_string(STYLE.to_owned()));
    environment.add_filter("group", group);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment.get_template(template)?.render(minijinja::value::Serde(page))?)
}

/// A whole number with thin spaces between groups of three: 12 345.
fn group(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    if number < 0 { format!("−{out}") } else { out }
}

/// The colour of an extractor: one of six.
pub(crate) const fn hue(extractor: usize) -> usize {
    extractor % 6
}

/// A number with as many digits as a person wants.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        _ if value.fract() == 0.0 && value.abs() < 1e9 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// `1:02:03`, or `2:03` below an hour.
pub(crate) fn clock(ms: u32) -> String {
    let seconds = ms / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}
