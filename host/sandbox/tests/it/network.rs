//! A guest with a way to the network, and what it can make of it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rehearsal_gate::{
    Budget, Door, Encoding, Gate, Grant, Grantee, Price, Rate, SecretGrant, SecretOrigin, Settings,
};
use rehearsal_sandbox::{CallError, Capability, Failure, Grants, Limits, Loader, PluginError};
use rehearsal_standins::{Fault, Server, fathom};

use crate::guest::spy;
use crate::{load, plugins};

const SECRET: &str = "sk-standin-0123456789";

struct Stage {
    server: Server,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let account = fathom::Account::new(SECRET).with_meetings(fathom::invented(1));
        let server = Server::start(account.router());
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.pem"), server.certificate()).expect("a file");
        std::fs::write(folder.path().join("key"), SECRET).expect("a file");
        Self { server, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn loader(&self, rates: Vec<Rate>, limits: Limits) -> Loader {
        let grants = Grants { http: Some(self.door(rates)), ..Grants::default() };
        Loader::prepare("spy", &load(&spy()), grants, limits).expect("it links")
    }

    fn door(&self, rates: Vec<Rate>) -> Door {
        let grant = Grant {
            url: format!("{}/external/v1/*", self.server.url()),
            methods: vec!["GET".to_owned(), "POST".to_owned()],
            secret: Some(SecretGrant {
                header: "X-Api-Key".to_owned(),
                origin: SecretOrigin::File(self.file("key")),
                prefix: String::new(),
                encoding: Encoding::Plain,
            }),
            allow_private: true,
            rates,
            ca: Some(self.file("ca.pem")),
            max_body: 1 << 20,
            keep: None,
            budget: Budget::default(),
            price: Price::default(),
            place: "pipeline.toml:12".to_owned(),
        };
        let grantee = Grantee { stage: "spy".to_owned(), place: "pipeline.toml:9".to_owned() };
        let gate = Gate::new(Settings::default()).expect("a gate");
        gate.door(grantee, vec![grant]).expect("a door")
    }

    /// All that the guest could read of an answer.
    async fn read(&self, loader: &Loader, path: &str) -> PluginError {
        let url = format!("{}{path}", self.server.url());
        match *loader.load(&url, 0).await.expect_err("the spy tells by an error").failure {
            Failure::Plugin(error) => error,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_server_gets_the_secret_and_the_guest_never_does() {
    let stage = Stage::new();
    let loader = stage.loader(vec![], Limits::default());
    let seen = stage.read(&loader, "/external/v1/meetings").await.to_string();
    assert!(seen.contains("Acme disco 0"), "{seen}");
    assert_eq!(stage.server.seen()[0].header("x-api-key"), Some(SECRET));
    // A server that says everything back.
    stage.server.fail("/external", Fault::Echo);
    let echoed = stage.read(&loader, "/external/v1/meetings").await.to_string();
    assert!(echoed.contains("x-api-key") && echoed.contains("[secret]"), "{echoed}");
    assert!(!echoed.contains(SECRET) && !echoed.contains(&SECRET[3..]), "{echoed}");
}

#[tokio::test]
async fn what_is_not_granted_is_denied_with_the_line_that_would_grant_it() {
    let stage = Stage::new();
    let loader = stage.loader(vec![], Limits::default());
    let denied = stage.read(&loader, "/internal").await;
    assert!(matches!(denied, PluginError::Denied(_)), "{denied}");
    let text = denied.to_string();
    assert!(text.contains("`grant.http` of `spy` (pipeline.toml:9)"), "{text}");
    let wanted = format!("{{ url = \"{}/internal\", methods = [\"GET\"] }}", stage.server.url());
    assert!(text.contains(&wanted), "{text}");
    assert!(stage.server.seen().is_empty());
}

#[tokio::test]
async fn waiting_for_a_turn_is_not_the_calls_time() {
    let stage = Stage::new();
    let rate = Rate { count: 1, per: Duration::from_secs(2) };
    let limits = Limits { deadline: Duration::from_millis(1500), ..Limits::default() };
    let loader = stage.loader(vec![rate], limits);
    let started = Instant::now();
    for _ in 0..2 {
        let seen = stage.read(&loader, "/external/v1/meetings").await.to_string();
        assert!(seen.contains("Acme disco 0"), "{seen}");
    }
    assert!(started.elapsed() > Duration::from_secs(2), "{:?}", started.elapsed());
}

#[tokio::test]
async fn answers_count_as_the_guests_memory() {
    let stage = Stage::new();
    let memory = 2 * 65_536 + 500;
    let loader = stage.loader(vec![], Limits { memory, ..Limits::default() });
    let url = format!("{}/external/v1/meetings?include_transcript=true", stage.server.url());
    let error = loader.load(&url, 0).await.expect_err("it is stopped");
    assert!(matches!(error.failure.as_ref(), Failure::Limit(_)), "{error}");
}

/// A component that knows `wasi:http` only, as run-times of languages do.
struct Fetcher(Loader);

impl Fetcher {
    fn new(door: Option<Door>) -> Option<Self> {
        let component = plugins::built("evil/evil-fetcher")?;
        assert_eq!((component.needs(), component.uses()), (&[][..], &[Capability::Http][..]));
        let grants = Grants { http: door, ..Grants::default() };
        Some(Self(Loader::prepare("spy", &component, grants, Limits::default()).expect("it links")))
    }

    /// All that the guest saw, and what the operator sees beside it.
    async fn fetch(&self, request: &str) -> (String, CallError) {
        let error = self.0.load(request, 0).await.expect_err("it tells by an error");
        match &*error.failure {
            Failure::Plugin(seen) => (seen.to_string(), error.clone()),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_languages_own_client_goes_through_the_same_gate() {
    let stage = Stage::new();
    let Some(fetcher) = Fetcher::new(Some(stage.door(vec![]))) else { return };
    let url = format!("{}/external/v1/meetings", stage.server.url());
    let (seen, _) = fetcher.fetch(&format!("GET {url}")).await;
    assert!(seen.contains("status 200") && seen.contains("Acme disco 0"), "{seen}");
    let request = &stage.server.seen()[0];
    assert_eq!(request.header("x-api-key"), Some(SECRET), "the host adds the secret");
    assert_eq!(request.header("accept-encoding"), None, "no compression, whoever asks");

    stage.server.fail("/external", Fault::Echo);
    let (echoed, _) = fetcher.fetch(&format!("POST {url}")).await;
    assert!(echoed.contains("x-api-key") && echoed.contains("[secret]"), "{echoed}");
    assert_eq!(stage.server.seen()[1].header("content-length"), Some("10"));
    assert!(!echoed.contains(&SECRET[3..]), "{echoed}");
}

#[tokio::test]
async fn a_languages_own_client_is_denied_what_is_not_granted() {
    let stage = Stage::new();
    let Some(fetcher) = Fetcher::new(Some(stage.door(vec![]))) else { return };
    let url = stage.server.url();
    for request in [
        format!("GET {url}/internal"),
        format!("GET {url}/external/v1/meetings X-Api-Key: mine"),
        format!("GET {}/external/v1/meetings", url.replace("https", "http")),
        "GET https://169.254.169.254/latest/meta-data".to_owned(),
    ] {
        let (seen, error) = fetcher.fetch(&request).await;
        assert!(seen.contains("HttpRequestDenied"), "{request}: {seen}");
        assert!(error.to_string().contains("[host] "), "{request}: {error}");
    }
    let (_, error) = fetcher.fetch(&format!("GET {url}/internal")).await;
    let wanted = format!("{{ url = \"{url}/internal\", methods = [\"GET\"] }}");
    assert!(error.to_string().contains(&wanted), "{error}");
    assert!(stage.server.seen().is_empty(), "nothing left the machine");
    // A redirect is an answer like any other.
    stage.server.fail("/external", Fault::Redirect(format!("{url}/internal")));
    let (seen, _) = fetcher.fetch(&format!("GET {url}/external/v1/meetings")).await;
    assert!(seen.contains("status 30"), "{seen}");
    assert_eq!(stage.server.seen().len(), 1);
}

#[tokio::test]
async fn without_any_grant_a_languages_own_client_is_linked_and_denied() {
    let Some(fetcher) = Fetcher::new(None) else { return };
    let (seen, error) = fetcher.fetch("GET https://example.com/").await;
    assert!(seen.contains("HttpRequestDenied"), "{seen}");
    assert!(error.to_string().contains("[host] http is not granted"), "{error}");
}
