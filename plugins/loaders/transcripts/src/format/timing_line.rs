//! `START --> END`, shared by WebVTT and SRT.

use rehearsal_dialogue::time;

/// Start and end of a line with an arrow; `Err` says what is wrong with it.
pub(super) fn parse(line: &str) -> Result<(u32, u32), String> {
    let (start, rest) = line.split_once("-->").ok_or("this is no `START --> END` line")?;
    // WebVTT has settings behind the end.
    let end = rest.split_whitespace().next().unwrap_or_default();
    let time = |text: &str| {
        time::parse(text).ok_or_else(|| format!("`{}` is no time; `00:01:02.345` is", text.trim()))
    };
    let (start, end) = (time(start)?, time(end)?);
    if end < start {
        return Err("the cue ends before it starts".to_owned());
    }
    Ok((start, end))
}
