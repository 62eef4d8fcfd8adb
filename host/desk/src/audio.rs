//! Recordings, in ranges as players ask for them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path as FilePath;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use crate::{Shared, Sound, guard};

/// Read and sent at once, so that memory does not grow with a recording.
const PIECE: u64 = 256 * 1024;

pub(crate) async fn audio(
    State(shared): State<Arc<Shared>>,
    Path(item): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !guard::may_hear(&shared.keys, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let sheet = shared.desk.sheets.iter().find(|sheet| sheet.item_id == item);
    let Some(sound) = sheet.and_then(|sheet| sheet.recording.clone()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok()).map(str::to_owned);
    let opened = tokio::task::spawn_blocking(move || open(&sound)).await;
    let (file, length, kind) = match opened.map_err(|error| error.to_string()).flatten() {
        Ok(opened) => opened,
        Err(problem) => return (StatusCode::NOT_FOUND, problem).into_response(),
    };
    let (status, start, end) = match range.as_deref().map(|range| part(range, length)) {
        None => (StatusCode::OK, 0, length),
        Some(Some((start, end))) => (StatusCode::PARTIAL_CONTENT, start, end),
        Some(None) => {
            let all = format!("bytes */{length}");
            let headers = [(header::CONTENT_RANGE, all)];
            return (StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response();
        }
    };
    let mut headers = vec![
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CONTENT_LENGTH, (end - start).to_string()),
    ];
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {start}-{}/{length}", end - 1);
        headers.push((header::CONTENT_RANGE, range));
    }
    let mut answer = (status, Body::from_stream(pieces(file, start, end))).into_response();
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

/// The file of a sound, its length in bytes and its kind.
fn open(sound: &Sound) -> Result<(File, u64, &'static str), String> {
    let path = sound.get()?;
    let gone = |error| format!("the recording is not where it was: {error}");
    let file = File::open(&path).map_err(gone)?;
    let length = file.metadata().map_err(gone)?.len();
    Ok((file, length, kind(&path)))
}

/// `bytes=START-END`, `bytes=START-` or `bytes=-LAST` as a half-open range; none for what
/// is not in the file. Of several ranges the first is sent, as is allowed.
fn part(range: &str, length: u64) -> Option<(u64, u64)> {
    let (start, end) = range.strip_prefix("bytes=")?.split(',').next()?.trim().split_once('-')?;
    let (start, end) = match (start.parse::<u64>().ok(), end.parse::<u64>().ok()) {
        (Some(start), Some(end)) => (start, end.checked_add(1)?.min(length)),
        (Some(start), None) if end.is_empty() => (start, length),
        (None, Some(last)) if start.is_empty() => (length.saturating_sub(last), length),
        _ => return None,
    };
    (start < end).then_some((start, end))
}

fn pieces(
    file: File,
    start: u64,
    end: u64,
) -> impl stream::Stream<Item = Result<Vec<u8>, std::io::Error>> {
    stream::unfold(Some((file, start)), move |state| async move {
        let (mut file, at) = state.filter(|(_, at)| *at < end)?;
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = Vec::new();
            file.seek(SeekFrom::Start(at))?;
            (&mut file).take(PIECE.min(end - at)).read_to_end(&mut piece)?;
            Ok::<_, std::io::Error>((file, piece))
        });
        match read.await.map_err(std::io::Error::other).flatten() {
            Ok((_, piece)) if piece.is_empty() => {
                Some((Err(std::io::ErrorKind::UnexpectedEof.into()), None))
            }
            Ok((file, piece)) => {
                let next = at + piece.len() as u64;
                Some((Ok(piece), Some((file, next))))
            }
            Err(error) => Some((Err(error), None)),
        }
    })
}

fn kind(path: &FilePath) -> &'static str {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "wav" | "wave" => "audio/wav",
        "mp3" => "audio/mpeg",
        "flac" => "audio/flac",
        "m4a" | "aac" | "m4b" => "audio/mp4",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "mp4" | "m4v" | "mov" => "video/mp4",
        "webm" | "mkv" => "video/webm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn ranges_are_read_as_players_write_them() {
        assert_eq!(part("bytes=0-", 100), Some((0, 100)));
        assert_eq!(part("bytes=10-19", 100), Some((10, 20)));
        assert_eq!(part("bytes=90-500", 100), Some((90, 100)));
        assert_eq!(part("bytes=-10", 100), Some((90, 100)));
        for wrong in [
            "bytes=100-",
            "bytes=20-10",
            "bytes=a-b",
            "lines=1-2",
            "bytes=--",
            "bytes=0-18446744073709551615",
        ] {
            assert_eq!(part(wrong, 100), None, "{wrong}");
        }
        assert_eq!(part("bytes=0-", 0), None);
    }
}
