//! Pulls over a real connection to this machine: cut off, gone on with, and two at once.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::*;

/// What a server was asked for: the first byte of each request.
type Asked = Arc<Mutex<Vec<usize>>>;

/// Serves `content`, but breaks the first connection off after `cut` bytes.
fn serve(content: Vec<u8>, cut: usize, ranges: bool) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/model.bin", listener.local_addr().unwrap());
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            answer(connection.unwrap(), &content, &log, cut, ranges);
        }
    });
    (url, asked)
}

fn answer(mut stream: TcpStream, content: &[u8], log: &Asked, cut: usize, ranges: bool) {
    let mut from = 0;
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    while let Some(Ok(line)) = lines.next() {
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.to_lowercase().strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().unwrap();
        }
    }
    let sent_from = if ranges { from } else { 0 };
    let status = if sent_from > 0 { "206 Partial Content" } else { "200 OK" };
    let rest = &content[sent_from..];
    let end = if log.lock().unwrap().is_empty() { cut } else { rest.len() };
    log.lock().unwrap().push(from);
    let length = rest.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    // Whoever asked may be gone already.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&rest[..end]));
}

/// A model of one file behind `url`. Catalogues are made at compile time, so it is leaked.
fn model(url: &str, content: &[u8]) -> &'static Model {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("content");
    fs::write(&path, content).unwrap();
    let origins = Box::leak(Box::new([Origin::Hub(String::leak(url.to_owned()))]));
    let files = Box::leak(Box::new([ModelFile {
        name: "model.bin",
        bytes: content.len() as u64,
        sha256: String::leak(sha256_of_file(&path).unwrap()),
        origins,
    }]));
    Box::leak(Box::new(Model {
        name: "model",
        kind: Kind::Speech,
        summary: "",
        licence: "MIT",
        files,
    }))
}

fn content() -> Vec<u8> {
    (0..3_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn is_whole(path: &Path) -> bool {
    fs::read(path).unwrap() == content()
}

#[test]
fn a_download_that_was_cut_off_goes_on_where_it_stopped() {
    let (url, asked) = serve(content(), 1_000_000, true);
    let model = model(&url, &content());
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path());
    let error = store.fetch(model, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains(&url), "{error}");
    assert!(!folder.path().join("model.bin").exists());
    let mut done = Vec::new();
    let path = store
        .fetch(model, &mut |event| {
            if let PullEvent::Progress { done: bytes, .. } = event {
                done.push(bytes);
            }
        })
        .unwrap();
    assert!(is_whole(&path));
    assert_eq!(*asked.lock().unwrap(), [0, 1_000_000]);
    assert!(done.iter().all(|bytes| *bytes > 1_000_000), "{done:?}");
}

#[test]
fn a_server_that_cannot_resume_sends_it_all_again() {
    let (url, asked) = serve(content(), 1_000_000, false);
    let model = model(&url, &content());
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path());
    store.fetch(model, &mut |_| ()).unwrap_err();
    assert!(is_whole(&store.fetch(model, &mut |_| ()).unwrap()));
    assert_eq!(*asked.lock().unwrap(), [0, 1_000_000]);
}

#[test]
fn what_arrives_and_is_not_the_pinned_file_is_thrown_away() {
    let mut wrong = content();
    wrong[5] ^= 1;
    let (url, _) = serve(wrong, 3_000_000, true);
    let model = model(&url, &content());
    let folder = tempfile::tempdir().unwrap();
    let error = Store::at(folder.path()).fetch(model, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("sha256"), "{error}");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(left.iter().all(|path| path.extension().is_some_and(|e| e == "lock")), "{left:?}");
}

#[test]
fn two_pulls_at_once_fetch_it_once() {
    let (url, asked) = serve(content(), 3_000_000, true);
    let model = model(&url, &content());
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        let pulls: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| Store::at(folder.path()).fetch(model, &mut |_| ()).unwrap()))
            .collect();
        for pull in pulls {
            assert!(is_whole(&pull.join().unwrap()));
        }
    });
    assert_eq!(asked.lock().unwrap().len(), 1);
}
