//! Text of a Word document: `word/document.xml`, a line a paragraph or break.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use rehearsal_sdk::prelude::*;

use crate::{Archive, Lines};

const DOCUMENT: &str = "word/document.xml";

/// The lines of a document that unpacks to at most `most` bytes.
///
/// # Errors
/// It is no Word document, too large, or damaged.
pub fn lines(blob: &Blob, most: u64) -> Result<Lines<'static>> {
    let name = blob.name();
    let mut archive = Archive::open(blob)?;
    let index = archive.find(DOCUMENT).ok_or_else(|| {
        Error::invalid(format!("{name}: no Word document: there is no `{DOCUMENT}` in it"))
    })?;
    let bytes = archive.read(index, most)?;
    let xml = String::from_utf8(bytes)
        .map_err(|_| Error::invalid(format!("{name}/{DOCUMENT}: not UTF-8")))?;
    let text = text(&xml).map_err(|what| Error::invalid(format!("{name}/{DOCUMENT}: {what}")))?;
    Ok(Lines::of_text(&name, text))
}

/// What `w:t` holds, tabs and breaks as they are, a line a paragraph. What was deleted
/// with changes tracked (`w:delText`) and field codes are no `w:t`.
fn text(xml: &str) -> Result<String, String> {
    let mut reader = Reader::from_str(xml);
    let mut out = String::new();
    let mut in_text = false;
    loop {
        let at = reader.buffer_position();
        let event = reader.read_event().map_err(|error| format!("byte {at}: {error}"))?;
        match event {
            Event::Start(tag) => in_text = tag.name().as_ref() == "w:t",
            Event::Empty(tag) => match tag.name().as_ref() {
                "w:tab" => out.push('\t'),
                "w:br" | "w:cr" | "w:p" => out.push('\n'),
                "w:noBreakHyphen" => out.push('-'),
                _ => {}
            },
            Event::End(tag) => {
                in_text = false;
                if tag.name().as_ref() == "w:p" {
                    out.push('\n');
                }
            }
            Event::Text(text) if in_text => out.push_str(&text.xml10_content()),
            Event::CData(text) if in_text => out.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) if in_text => {
                let character = reference.resolve_char_ref().ok().flatten();
                let name = reference.into_inner();
                match (character, resolve_predefined_entity(&name)) {
                    (Some(character), _) => out.push(character),
                    (None, Some(text)) => out.push_str(text),
                    (None, None) => return Err(format!("byte {at}: `&{name};` means nothing")),
                }
            }
            Event::Eof => return Ok(out),
            _ => {}
        }
    }
}
