//! The page's own files, in the program itself.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const FILES: &[(&str, &str, &str)] = &[
    ("page.css", "text/css; charset=utf-8", include_str!("../page/page.css")),
    ("app.js", "text/javascript; charset=utf-8", include_str!("../page/app.js")),
    ("server.js", "text/javascript; charset=utf-8", include_str!("../page/server.js")),
    ("dom.js", "text/javascript; charset=utf-8", include_str!("../page/dom.js")),
    ("keys.js", "text/javascript; charset=utf-8", include_str!("../page/keys.js")),
    ("rubric.js", "text/javascript; charset=utf-8", include_str!("../page/rubric.js")),
    ("transcript.js", "text/javascript; charset=utf-8", include_str!("../page/transcript.js")),
    ("icon.svg", "image/svg+xml", include_str!("../page/icon.svg")),
];

pub(crate) async fn index() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], include_str!("../page/index.html"))
}

pub(crate) async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(file, _, _)| *file == name) {
        Some((_, kind, text)) => ([(header::CONTENT_TYPE, *kind)], *text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
