//! Times as transcripts write them.

/// Milliseconds of `H:MM:SS.mmm`, `MM:SS,mmm`, `M:SS` and the like; none if it is no time.
#[must_use]
pub fn parse(text: &str) -> Option<u32> {
    let text = text.trim();
    let (clock, fraction) = match text.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let mut seconds = 0_u64;
    let mut parts = 0;
    for part in clock.split(':') {
        parts += 1;
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let value =
            if digits && part.len() <= 5 { part.parse::<u64>().ok()? } else { return None };
        // Minutes and seconds after the first part stop at 59.
        if parts > 1 && value > 59 {
            return None;
        }
        seconds = seconds * 60 + value;
    }
    if !(2..=3).contains(&parts) {
        return None;
    }
    let millis = match fraction {
        None => 0,
        Some(digits)
            if (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) =>
        {
            format!("{digits:0<3}")[..3].parse().ok()?
        }
        Some(_) => return None,
    };
    u32::try_from(seconds * 1_000 + millis).ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_the_forms_of_transcripts_and_nothing_else() {
        assert_eq!(parse("00:12"), Some(12_000));
        assert_eq!(parse("1:02:03.5"), Some(3_723_500));
        assert_eq!(parse("01:02,250"), Some(62_250));
        for wrong in
            ["", "12", "1:60", "a:10", "1:2:3:4", "1:00.", "99999999:00", "-1:00", "1:00.é"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
