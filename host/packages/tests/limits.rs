//! What a server may send, and what not.

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use rehearsal_packages::{Error, Reference, Settings, fetch};
use rehearsal_standins::Server;

const SIZE: usize = 4096;

#[test]
fn nothing_larger_than_the_limit_is_taken_however_it_is_sent() {
    let router = Router::new().route("/known", get(|| async { vec![7_u8; SIZE] })).route(
        "/unknown",
        get(|| async {
            // Without a length that could be looked at first.
            let blocks = (0..4).map(|_| Ok::<_, std::io::Error>(vec![7_u8; SIZE / 4]));
            axum::body::Body::from_stream(futures_util::stream::iter(blocks))
        }),
    );
    let server = Server::start(router);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, server.certificate()).expect("it is written");
    let file = folder.path().join("file.wasm");
    std::fs::write(&file, vec![7_u8; SIZE]).expect("it is written");
    for from in ["/known", "/unknown", "file"] {
        let reference = match from {
            "file" => Reference::File(file.clone()),
            path => Reference::Url(format!("{}{path}", server.url())),
        };
        let get = |max_bytes| fetch(&reference, &Settings { ca: Some(ca.clone()), max_bytes });
        assert_eq!(get(SIZE as u64).expect(from).bytes.len(), SIZE);
        let refused = get(SIZE as u64 - 1).expect_err(from);
        assert!(matches!(refused, Error::TooLarge { .. }), "{from}: {refused}");
    }
}

#[test]
fn no_redirect_leads_to_an_unencrypted_line_or_round_in_circles() {
    let router = Router::new()
        .route("/plain", get(|| async { Redirect::temporary("http://localhost:9/x") }))
        .route("/circle", get(|| async { Redirect::temporary("/circle") }));
    let server = Server::start(router);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, server.certificate()).expect("it is written");
    for path in ["/plain", "/circle"] {
        let reference = Reference::Url(format!("{}{path}", server.url()));
        let settings = Settings { ca: Some(ca.clone()), ..Settings::default() };
        let refused = fetch(&reference, &settings).expect_err(path);
        assert!(matches!(refused, Error::Network { .. }), "{path}: {refused}");
    }
    assert!(server.seen().len() < 20);
}
