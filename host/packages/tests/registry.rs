//! Whatever a registry answers, what is fetched is what was published, or nothing.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use proptest::prelude::*;
use rehearsal_packages::{Error, Reference, Settings, fetch};

/// An empty component and its digest.
const BLOB: &[u8] = b"\0asm\x0d\0\x01\0";
const TAGS: &str = r#"{"name":"acme/mine","tags":["0.1.0","latest","0.2.0","sha256-aa.sig"]}"#;
const CONFIG: &str = r#"{"created":"2026-01-01T00:00:00Z","author":null,"architecture":"wasm","os":"wasip2","layerDigests":["sha256:24eaf3439a60c96764c4f2c92a0a81b52bd4fe5d5b91f090184a0f6486b1bf29"],"component":null}"#;
const MANIFEST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.wasm.config.v0+json","digest":"sha256:CONFIG","size":SIZE},"layers":[{"mediaType":"application/wasm","digest":"sha256:24eaf3439a60c96764c4f2c92a0a81b52bd4fe5d5b91f090184a0f6486b1bf29","size":8}]}"#;
/// Of [`CONFIG`].
const CONFIG_DIGEST: &str = "bce2b60efbb2b4a35c50c9e032c6d01cd9454af7f9d51783e8e9b4214cd93aa2";
const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// What a registry answers with.
#[derive(Clone)]
struct Answers {
    status: u16,
    tags: Vec<u8>,
    manifest: Vec<u8>,
    config: Vec<u8>,
    blob: Vec<u8>,
}

impl Default for Answers {
    fn default() -> Self {
        let manifest = MANIFEST.replace("CONFIG", CONFIG_DIGEST);
        Self {
            status: 200,
            tags: TAGS.into(),
            manifest: manifest.replace("SIZE", &CONFIG.len().to_string()).into(),
            config: CONFIG.into(),
            blob: BLOB.into(),
        }
    }
}

type Shown = Arc<Mutex<Answers>>;

/// One registry for all tests of this file, each of which waits for its turn.
struct Registry {
    shown: Shown,
    reference: Reference,
    turn: Mutex<()>,
}

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let shown = Shown::default();
    let router = Router::new().fallback(answer).with_state(Arc::clone(&shown));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("a port").port();
    listener.set_nonblocking(true).expect("a setting");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router).await.expect("it serves");
        });
    });
    let reference = format!("oci://127.0.0.1:{port}/acme/mine").parse().expect("a reference");
    Registry { shown, reference, turn: Mutex::default() }
});

async fn answer(State(shown): State<Shown>, request: Request) -> Response {
    let answers = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let path = request.uri().path();
    let (form, body) = match path {
        "/v2/" => return StatusCode::OK.into_response(),
        path if path.ends_with("/tags/list") => ("application/json", answers.tags),
        path if path.contains("/manifests/") => (MANIFEST_TYPE, answers.manifest),
        path if path.contains(CONFIG_DIGEST) => ("application/octet-stream", answers.config),
        _ => ("application/octet-stream", answers.blob),
    };
    let status = StatusCode::from_u16(answers.status).expect("a status");
    (status, [(header::CONTENT_TYPE, form)], body).into_response()
}

fn fetched(answers: Answers) -> Result<(Vec<u8>, String), Error> {
    let registry = &*REGISTRY;
    let _turn = registry.turn.lock().unwrap_or_else(PoisonError::into_inner);
    *registry.shown.lock().unwrap_or_else(PoisonError::into_inner) = answers;
    let settings = Settings { max_bytes: 1024, ..Settings::default() };
    let fetched = fetch(&registry.reference, &settings)?;
    Ok((fetched.bytes, fetched.source.map(|source| source.to_string()).unwrap_or_default()))
}

#[test]
fn the_newest_version_of_a_sound_registry_is_fetched() {
    let (bytes, source) = fetched(Answers::default()).expect("it arrives");
    assert_eq!(bytes, BLOB);
    assert!(source.ends_with("/acme/mine:0.2.0"), "{source}");
}

#[test]
fn a_component_that_is_not_the_manifests_is_refused() {
    let other = b"\0asm\x0d\0\x01\x01";
    for blob in [&other[..], b"", &[7; 4096]] {
        let refused = fetched(Answers { blob: blob.into(), ..Answers::default() });
        let refused = refused.expect_err("another digest").to_string();
        assert!(refused.contains("acme/mine"), "{refused}");
    }
}

/// Which answer is damaged, where, how far and with what.
fn damage() -> impl Strategy<Value = (u8, f64, usize, String)> {
    let with = "null|-1|1e400|\"\"|\\[\\]|\\{\\}|\"sha256:\"|\"md5:aa\"|\"\\.\\./\\.\\.\"|\
                18446744073709551616|99999999999999999999\\.0\\.0|\\PC{0,12}";
    (0..4_u8, 0.0..1.0_f64, 0_usize..80, with)
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn damaged_answers_give_the_published_bytes_or_an_error_in_words(
        (which, at, length, with) in damage(),
        status in prop_oneof![9 => Just(200_u16), 1 => prop::sample::select(vec![201, 204, 404, 418])],
    ) {
        let mut answers = Answers { status, ..Answers::default() };
        let text = match which {
            0 => &mut answers.tags,
            1 => &mut answers.manifest,
            2 => &mut answers.config,
            _ => &mut answers.blob,
        };
        let at = (at * text.len() as f64) as usize;
        let end = (at + length).min(text.len());
        text.splice(at..end, with.bytes());
        match fetched(answers) {
            Ok((bytes, _)) => prop_assert_eq!(bytes, BLOB),
            Err(error) => prop_assert!(error.to_string().contains("acme/mine"), "{error}"),
        }
    }
}
