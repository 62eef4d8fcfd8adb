//! The language of a call: as the source says, else by its text.

use rehearsal_sdk::prelude::*;

/// A language, and how it is known.
pub(crate) struct Language {
    /// BCP 47 without region: `en`.
    pub(crate) code: String,
    pub(crate) evidence: &'static str,
}

/// Bytes of text that are looked at: enough for trigrams, whatever the call's length.
const SAMPLE: usize = 600;

/// None where neither the source nor the text is clear.
pub(crate) fn of(call: &Call<'_>) -> Option<Language> {
    if let Some(tag) = call.conversation().language.as_deref() {
        let code = tag.split(['-', '_']).next().unwrap_or(tag).to_lowercase();
        return Some(Language { code, evidence: "the source says so" });
    }
    let text = &call.conversation().text;
    let mut end = text.len().min(SAMPLE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let found = whatlang::detect(&text[..end])?;
    found
        .is_reliable()
        .then(|| Language { code: two_letters(found.lang()), evidence: "by its text" })
}

/// The ISO 639-1 code where the language has one, which is what BCP 47 asks for.
fn two_letters(language: whatlang::Lang) -> String {
    use whatlang::Lang;
    let code = match language {
        Lang::Eng => "en",
        Lang::Deu => "de",
        Lang::Fra => "fr",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Nld => "nl",
        Lang::Swe => "sv",
        Lang::Dan => "da",
        Lang::Fin => "fi",
        Lang::Pol => "pl",
        Lang::Ces => "cs",
        Lang::Tur => "tr",
        Lang::Rus => "ru",
        Lang::Ukr => "uk",
        Lang::Ell => "el",
        Lang::Heb => "he",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Cmn => "zh",
        Lang::Vie => "vi",
        Lang::Ind => "id",
        Lang::Ron => "ro",
        Lang::Hun => "hu",
        other => other.code(),
    };
    code.to_owned()
}
