//! Hostile plugins with a way to the network: what they try through the host's `http`,
//! what a user is told of it, and that nothing else is lost.

use rehearsal_standins::{Fault, Server, fathom};
use rehearsal_tests::{Outcome, Project, invented_call, outcome, plugin};

const SECRET: &str = "sk-standin/0123456789+abc";

/// A server of some API with an address that is granted, and the certificate to trust.
fn server() -> Server {
    Server::start(fathom::Account::new(SECRET).router())
}

/// Where the kit stands: its world, the export of the attack, and what it is made on.
#[derive(Debug, Clone, Copy)]
struct Place {
    section: &'static str,
    world: &'static str,
    export: &'static str,
    when: &'static str,
}

const LIST: Place = Place { section: "source", world: "loader", export: "list", when: "" };
const LOAD: Place = Place { section: "source", world: "loader", export: "load", when: "bad.txt" };
const EXTRACT: Place =
    Place { section: "extractor", world: "extractor", export: "extract", when: "margaret" };

/// What came of an attack.
struct Attacked {
    project: Project,
    run: Outcome,
}

impl Attacked {
    /// Runs two calls through a pipeline with the kit in a place of its own. `URL` in
    /// `targets` and `grants` is the server's.
    fn run(server: &Server, place: Place, attack: &str, targets: &str, grants: &str) -> Self {
        let Place { section, world, export, when } = place;
        let kit = plugin(&format!("evil/evil-{world}"));
        let other = if world == "loader" { "files = \"texts\"" } else { "audio = true" };
        let backwards: String = SECRET.chars().rev().collect();
        let text = format!(
            "[pipeline]\nname = \"evil\"\n\
             [[source]]\nid = \"texts\"\nplugin = \"transcripts\"\ngrant.files = \"texts\"\n\
             [[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n\
             [[{section}]]\nid = \"stranger\"\nplugin = \"{}\"\n\
             config = {{ attack = \"{attack}\", in = \"{export}\", when = \"{when}\", \
             target = \"{targets}\", backwards = \"{backwards}\", aloud = true }}\n\
             grant = {{ {other}, http = [{grants}] }}\n",
            kit.display()
        );
        let project = Project::new(&text.replace("URL", &server.url()));
        project.write("ca.pem", server.certificate());
        project.write("texts/good.txt", invented_call(1, 12));
        project.write("texts/bad.txt", format!("{}Rep: margaret?\n", invented_call(2, 12)));
        let mut command = project.command(&["run", "--json"]);
        let run = outcome(command.env("STANDIN_KEY", SECRET).output().expect("it starts"));
        let attacked = Self { project, run: run.expect(3) };
        attacked.assert_intact(place);
        attacked
    }

    /// Everything that the attack was not made on is there, and data sets are written.
    fn assert_intact(&self, place: Place) {
        let summary = &self.run.json()["summary"];
        let loaded = |source: &str| summary["sources"][source]["loaded"].as_u64();
        assert_eq!(loaded("texts"), Some(2), "{summary}");
        match place.export {
            "load" => assert_eq!(loaded("stranger"), Some(1), "{summary}"),
            "extract" => assert_eq!(summary["stages"]["stranger"]["worked"], 1, "{summary}"),
            _ => {}
        }
        assert!(!self.project.rows("roleplay", "chat").is_empty(), "{place:?}");
    }

    /// The lines of the message that a user gets of the only thing that failed.
    fn told(&self) -> Vec<String> {
        let letters = self.project.run(&["dead-letters", "--json"]).expect(0).json();
        assert_eq!(letters.as_array().map(Vec::len), Some(1), "{letters}");
        assert_eq!(letters[0]["stage"], "stranger");
        let told = letters[0]["error"].as_str().expect("a message");
        // The same words are on the terminal and in no other than the user's hands.
        for text in [told, &self.run.out, &self.run.err] {
            assert!(!text.contains("escaped: ") && !text.contains(SECRET), "{text}");
        }
        let told = told.strip_prefix("invalid input: ").unwrap_or(told);
        told.lines().map(str::to_owned).collect()
    }
}

/// A grant of the server's `/v1`, with the secret.
const GRANT: &str = "{ url = \"URL/v1\", allow_private = true, ca = \"ca.pem\", \
                     secret = { header = \"X-Api-Key\", env = \"STANDIN_KEY\" } }";

/// The message about an address that is not granted, in the lines that it has.
fn not_granted(url: &str) -> [String; 2] {
    [
        format!(
            "held: GET {url} is not granted to `stranger`; to allow it, add to `grant.http` of \
             `stranger` (pipeline.toml:14):"
        ),
        format!("{{ url = \"{url}\", methods = [\"GET\"] }}"),
    ]
}

#[test]
fn an_address_that_is_not_granted_is_refused_in_words_that_say_what_to_do() {
    let named = [
        "https://leak.example.com/",
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://10.0.0.1/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://metadata.google.internal/computeMetadata/v1/",
    ];
    let refused = [
        "held: `file:///etc/passwd` is no URL: invalid format",
        "held: `ftp://leak.example.com/` wants `https://` or `http://` first",
        "held: `data:text/plain,leak` is no URL: invalid format",
        "held: `//leak.example.com/` wants `https://` or `http://` first",
        "held: a URL cannot carry a user name or password",
        "held: `https://leak.example.com\\\\@api.example.com/` has characters that no URL has",
        "held: `https://leak.example.com/\\r\\nHost: api.example.com` has characters that no URL has",
    ];
    let expected: Vec<String> = named
        .iter()
        .flat_map(|url| not_granted(url))
        .chain(refused.iter().map(ToString::to_string))
        .collect();
    for place in [LIST, LOAD, EXTRACT] {
        let server = server();
        let told = Attacked::run(&server, place, "http", "", GRANT).told();
        assert_eq!(told, expected, "{place:?}");
        assert!(server.seen().is_empty(), "{:?}", server.seen());
    }
}

#[test]
fn methods_headers_and_paths_of_a_granted_address_are_no_way_around() {
    for place in [LIST, LOAD, EXTRACT] {
        let server = server();
        let told = Attacked::run(&server, place, "http-smuggle", "URL/v1", GRANT).told();
        let url = format!("{}/v1", server.url());
        let method = |name: &str| {
            format!(
                "held: {name} {url} is not granted to `stranger`; to allow it, write `methods = \
                 [\"GET\", \"{name}\"]` into the grant at pipeline.toml:14"
            )
        };
        let header = |name: &str| {
            format!(
                "held: the header `{name}` is the host's to set; to allow it, the plugin must \
                 leave it out: no grant covers it"
            )
        };
        let path = |behind: &str| {
            format!(
                "held: the path of `{url}{behind}` can be read in two ways (`.`, `..`, `%2f` or \
                 `%5c`); write it out"
            )
        };
        let expected = [
            method("POST"),
            method("DELETE"),
            "held: `CONNECT` is no method that can be granted".to_owned(),
            "held: `get` is no method that can be granted".to_owned(),
            header("host"),
            header("content-length"),
            header("transfer-encoding"),
            header("connection"),
            header("cookie"),
            header("accept-encoding"),
            header("range"),
            "held: the header `x-api-key` carries the operator's secret; to allow it, remove \
             `secret` from the grant at pipeline.toml:14"
                .to_owned(),
            "held: failed to parse header value".to_owned(),
            path("/../leak"),
            path("/%2e%2e/leak"),
            path("/..%2fleak"),
            format!("held: `{url}#leak` has characters that no URL has"),
        ];
        assert_eq!(told, expected, "{place:?}");
        assert!(server.seen().is_empty(), "{:?}", server.seen());
    }
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    for place in [LIST, LOAD, EXTRACT] {
        let (server, elsewhere) = (server(), server());
        let to = format!("{}/leak", elsewhere.url());
        server.fail("/v1", Fault::Redirect(to.clone()));
        let told = Attacked::run(&server, place, "http-redirect", "URL/v1", GRANT).told();
        assert_eq!(told, not_granted(&to), "{place:?}");
        assert_eq!(server.seen().len(), 1);
        assert!(elsewhere.seen().is_empty());
    }
}

#[test]
fn granted_names_that_lead_inside_are_refused() {
    let targets = "URL/v1 http://127.0.0.1:9/ http://169.254.169.254/latest/ http://[::1]:9/";
    let grants = "{ url = \"URL/v1\", ca = \"ca.pem\" }, { url = \"http://127.0.0.1:9/\" }, \
                  { url = \"http://169.254.169.254/*\" }, { url = \"http://[::1]:9/\" }";
    for place in [LIST, LOAD, EXTRACT] {
        let server = server();
        let told = Attacked::run(&server, place, "http-inside", targets, grants).told();
        let inside = |host: &str, what: &str| {
            format!(
                "held: `{host}` is {what}; to allow it, add `allow_private = true` to the grant \
                 at pipeline.toml:14"
            )
        };
        let expected = [
            inside("localhost", "a loopback address"),
            inside("127.0.0.1", "a loopback address"),
            inside("169.254.169.254", "a link-local address, where metadata services are"),
            inside("[::1]", "a loopback address"),
        ];
        assert_eq!(told, expected, "{place:?}");
        assert!(server.seen().is_empty());
    }
}

#[test]
fn a_plugin_that_looks_for_the_secret_in_all_it_can_read_finds_none() {
    let faults = [Fault::Echo, Fault::Status(401), Fault::Malformed, Fault::Truncated];
    for (place, fault) in
        [(LIST, Fault::Echo), (EXTRACT, Fault::Echo)].into_iter().chain(faults.map(|f| (LOAD, f)))
    {
        let server = server();
        server.fail("/v1", fault.clone());
        let told = Attacked::run(&server, place, "http-secret", "URL/v1", GRANT).told();
        let blots = if matches!(fault, Fault::Echo) { 6 } else { 0 };
        let expected =
            format!("held: the secret was blotted out {blots} times and is nowhere else");
        assert!(
            told.len() == 1 && told[0].starts_with(&expected),
            "{place:?}, {fault:?}: {told:?}"
        );
        // It was there to be found: the server had it.
        let seen = server.seen();
        assert!(seen.iter().any(|one| one.header("x-api-key") == Some(SECRET)), "{fault:?}");
    }
}
