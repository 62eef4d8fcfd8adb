//! A language model as an extractor: the built plugin against a server that stands in for
//! one, through pipeline.toml, over real HTTPS.

use std::collections::BTreeSet;
use std::fs;

use rehearsal_standins::openai::{Chat, Whim};
use rehearsal_standins::{Fault, Seen, Server, fathom};
use rehearsal_tests::{Outcome, Project, invented_call, outcome};
use serde_json::{Value, json};

const SECRET: &str = "sk-standin-0123456789";
const MODEL: &str = "judge-7b";
const PATH: &str = "/v1/chat/completions";
/// Tokens that hold the prompt and half a call, and no whole one.
const CONTEXT: u64 = 1_450;

/// What the model finds: nothing that the cues of `nepq` find.
fn finds(side: &str, text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    if side == "SELLER" && text.contains("Say it stays like this") {
        found.push(
            json!({ "set": "nepq", "label": "consequence", "quote": "say it stays like this" }),
        );
    }
    if side == "PROSPECT" && text.contains("a lot of money") {
        let quote = "a lot of money";
        found.push(
            json!({ "set": "objection", "label": "price", "quote": quote, "outcome": "unclear" }),
        );
    }
    found
}

fn chat() -> Chat {
    Chat::new(SECRET, MODEL, finds)
}

/// A project whose calls come from `source`; `grant` is the rest of the model's grant.
fn with_source(server: &Server, source: &str, privacy: &str, config: &str, grant: &str) -> Project {
    let url = server.url();
    let project = Project::new(&format!(
        "[pipeline]\nname = \"test\"\nworkers = 2\nbatch = 2\n\n{privacy}\n\n{source}\n\n\
         [[extractor]]\nid = \"nepq\"\nplugin = \"nepq\"\n\n\
         [[extractor]]\nid = \"judge\"\nplugin = \"llm-labels\"\n\
         config = {{ base_url = \"{url}/v1\", model = \"{MODEL}\"{config} }}\n\n\
         [[extractor.grant.http]]\nurl = \"{url}{PATH}\"\nmethods = [\"POST\"]\n\
         allow_private = true\nca = \"ca.pem\"\n\
         secret = {{ header = \"Authorization\", env = \"STANDIN_KEY\", prefix = \"Bearer \" }}\n\
         {grant}\n\n\
         [[path]]\nid = \"feedback\"\nplugin = \"feedback\"\n",
    ));
    project.write("ca.pem", server.certificate());
    project
}

const TEXTS: &str = "[[source]]\nid = \"texts\"\nplugin = \"transcripts\"\ngrant.files = \"texts\"";

fn project(server: &Server, calls: usize, config: &str, grant: &str) -> Project {
    let project = with_source(server, TEXTS, "", config, grant);
    for number in 0..calls {
        let said = "Customer: You can reach Sarah Thompson at 555 123 4567.\n";
        let text = format!("{}{said}", invented_call(number, 16));
        project.write(&format!("texts/{number:02}.txt"), text);
    }
    project
}

fn with_key(project: &Project, key: &str, arguments: &[&str]) -> Outcome {
    let mut command = project.command(arguments);
    outcome(command.env("STANDIN_KEY", key).output().expect("the program starts"))
}

fn run(project: &Project) -> Outcome {
    with_key(project, SECRET, &["run", "--json"])
}

/// A run that tells people what happened, as the others do not.
fn told(project: &Project, key: &str, code: i32) -> String {
    let outcome = with_key(project, key, &["run"]).expect(code);
    assert!(!outcome.out.contains(key) && !outcome.err.contains(key), "{outcome:?}");
    format!("{}\n{}", outcome.out, outcome.err)
}

fn stage(outcome: &Outcome, what: &str) -> u64 {
    outcome.json()["summary"]["stages"]["judge"][what].as_u64().unwrap_or_default()
}

fn asked(server: &Server) -> Vec<Seen> {
    server.seen().into_iter().filter(|one| one.target == PATH).collect()
}

/// What the model's extractor said of each call.
fn said(project: &Project) -> Vec<Vec<Value>> {
    let calls = project.run(&["show", "--json"]).expect(0).json();
    let ids = calls.as_array().expect("calls").iter();
    ids.map(|call| {
        let id = call["id"].as_str().expect("an id");
        let call = project.run(&["show", id, "--json"]).expect(0).json();
        call["annotations"]["judge"].as_array().cloned().unwrap_or_default()
    })
    .collect()
}

fn text_of(said: &[Value], name: &str) -> String {
    let one = said.iter().find(|one| one["name"] == name);
    one.map(|one| one["value"].to_string()).unwrap_or_default()
}

#[test]
fn a_model_labels_what_cues_miss_once_and_sees_no_names() {
    let server = Server::start(chat().router());
    let project = project(&server, 3, "", "");
    let first = run(&project).expect(0);
    assert_eq!((stage(&first, "worked"), stage(&first, "put_off")), (3, 0), "{}", first.err);
    let requests = asked(&server);
    assert_eq!(requests.len(), 3);
    for request in &requests {
        let body: Value = serde_json::from_str(&request.body).expect("JSON");
        assert_eq!((&body["temperature"], &body["seed"]), (&json!(0), &json!(7)));
        assert_eq!(body["response_format"]["type"], "json_schema");
        assert!(!request.body.contains("Thompson"), "{}", request.body);
        assert!(!request.body.contains("123 4567"), "{}", request.body);
    }
    for said in said(&project) {
        let labels: Vec<&Value> =
            said.iter().filter(|one| one["value"]["label"]["tier"] == "llm").collect();
        assert!(!labels.is_empty(), "{said:?}");
        let rule = format!("llm:{MODEL}+labels@1.");
        let ruled = |one: &Value| one["rule"].as_str().is_some_and(|of| of.starts_with(&rule));
        assert!(labels.iter().all(|one| ruled(one)), "{labels:?}");
    }
    // Rows to learn from say who gave the label, and a model's labels stand alone.
    let rows = project.rows("feedback", "labelled");
    let tier = |row: &Value| {
        let tags = row["tags"].as_array().expect("tags").iter();
        tags.filter(|tag| tag["name"] == "tier").map(|tag| tag["value"].clone()).next()
    };
    let of_nepq = rows.iter().filter(|row| row["task"] == "nepq_type");
    let tiers: BTreeSet<String> = of_nepq.filter_map(|row| Some(tier(row)?.to_string())).collect();
    assert_eq!(tiers, BTreeSet::from(["\"llm\"".to_owned()]), "{rows:?}");

    // A trainer learns from them by their own trust.
    let pipeline = fs::read_to_string(project.path().join("pipeline.toml")).expect("a pipeline");
    let trainer = "[[trainer]]\nid = \"coach\"\nkind = \"classifier\"\n\
                   dataset = \"feedback\"\ntask = \"nepq_type\"\n";
    project.write("pipeline.toml", format!("{pipeline}{trainer}"));
    let made = project.run(&["train", "--json"]).expect(0).json();
    let lessons = made["trained"][0]["model"]["lessons"].as_object().expect("raters");
    assert_eq!(lessons.keys().collect::<Vec<_>>(), ["llm"], "{made}");
    project.write("pipeline.toml", format!("{pipeline}{trainer}trust = {{ llm = 0.0 }}\n"));
    let none = project.run(&["train"]).expect(1).err;
    assert!(none.contains("0 examples"), "{none}");
    project.write("pipeline.toml", pipeline);

    // Another run asks nothing; a changed call is asked about alone.
    let again = run(&project).expect(0);
    assert_eq!((asked(&server).len(), stage(&again, "worked")), (3, 0));
    project.write("texts/01.txt", invented_call(11, 12));
    let changed = run(&project).expect(0);
    assert_eq!((asked(&server).len(), stage(&changed, "worked")), (4, 1));
    for outcome in [&first, &again, &changed] {
        assert!(!outcome.out.contains(SECRET) && !outcome.err.contains(SECRET));
    }
}

#[test]
fn calls_leave_with_pseudonyms_or_not_at_all() {
    let server = Server::start(chat().router());
    for mode in ["report", "off"] {
        let privacy = format!("[privacy]\nmode = \"{mode}\"");
        let project = with_source(&server, TEXTS, &privacy, "", "");
        project.write("texts/a.txt", invented_call(1, 12));
        let refused = told(&project, SECRET, 2);
        assert!(refused.contains("`judge` may ask servers about calls"), "{refused}");
        assert!(refused.contains("mode = \"redact\""), "{refused}");
    }
    assert!(asked(&server).is_empty());

    // What pipeline.toml says now is not enough: these calls were loaded before.
    let account = fathom::Account::new(SECRET).with_meetings(fathom::invented(2));
    let meetings = Server::start(account.router());
    let source = format!(
        "[[source]]\nid = \"meetings\"\nplugin = \"fathom\"\n\
         config = {{ base_url = \"{0}/external/v1\" }}\n\n[[source.grant.http]]\n\
         url = \"{0}/external/v1/*\"\nallow_private = true\nca = \"fathom.pem\"\n\
         secret = {{ header = \"X-Api-Key\", env = \"STANDIN_KEY\" }}",
        meetings.url()
    );
    let project = with_source(&server, &source, "", "", "");
    project.write("fathom.pem", meetings.certificate());
    let careful = fs::read_to_string(project.path().join("pipeline.toml")).expect("a pipeline");
    let open = careful.replace("batch = 2", "batch = 2\n\n[privacy]\nmode = \"off\"");
    let (head, tail) = open.split_once("[[extractor]]\nid = \"judge\"").expect("it has one");
    let (_, tail) = tail.split_once("[[path]]").expect("it has one");
    project.write("pipeline.toml", format!("{head}[[path]]{tail}"));
    let _ = run(&project).expect(0);
    project.write("pipeline.toml", careful);
    meetings.fail("/external", Fault::Status(403));
    let kept = told(&project, SECRET, 3);
    assert!(asked(&server).is_empty());
    assert!(kept.contains("2 calls are put off"), "{kept}");
    assert!(kept.contains("its personal data was not replaced"), "{kept}");
    // Loaded again, they may.
    let _ = run(&project);
    assert_eq!(asked(&server).len(), 2);
}

#[test]
fn a_budget_holds_over_all_workers_and_the_next_run_goes_on() {
    let server = Server::start(chat().router());
    let project = project(&server, 5, "", "budget = { requests = 2 }\nparallel = 2");
    let first = told(&project, SECRET, 3);
    assert_eq!(asked(&server).len(), 2);
    assert!(first.contains("judge: 2 calls worked on"), "{first}");
    assert!(first.contains("3 put off to the next run"), "{first}");
    assert!(first.contains("judge: 2 requests, "), "{first}");
    assert!(first.contains("2 of 2 requests were sent"), "{first}");
    assert!(project.run(&["status"]).expect(0).out.contains("judge: 3 calls are put off"));
    // Nothing is taken from these calls but the model's labels, and the reason is told.
    assert!(!project.rows("feedback", "labelled").is_empty());
    assert_eq!(project.run(&["dead-letters"]).expect(0).out.matches("judge").count(), 0);
    let said = said(&project);
    let reasons = said.iter().filter(|said| {
        text_of(said, "nepq").contains("unavailable") && text_of(said, "nepq").contains("budget")
    });
    assert_eq!(reasons.count(), 3);
    let second = run(&project).expect(3);
    assert_eq!((asked(&server).len(), stage(&second, "put_off")), (4, 1));
    let third = run(&project).expect(0);
    assert_eq!((asked(&server).len(), stage(&third, "worked")), (5, 1));
    // What a run with one budget gives is what three gave.
    let whole = project_like(&server, 5);
    let _ = run(&whole).expect(0);
    assert_eq!(whole.merkle_root("feedback"), project.merkle_root("feedback"));

    // Money, by the prices of the grant and the server's own count.
    server.reset();
    let grant = "price = { input = 1000.0, output = 1000.0 }\nbudget = { money = 0.0 }";
    let poor = self::project(&server, 1, "", grant);
    let spent = told(&poor, SECRET, 3);
    assert!(asked(&server).is_empty());
    assert!(spent.contains("is spent, and the next request may cost"), "{spent}");
}

fn project_like(server: &Server, calls: usize) -> Project {
    project(server, calls, "", "")
}

#[test]
fn what_a_model_says_wrong_costs_no_more_than_it_must() {
    let model = chat().without_structure();
    let server = Server::start(model.router());
    let project = project(&server, 1, "", "");
    // No `response_format` here: asked again without, and the fence is read.
    let _ = run(&project).expect(0);
    assert_eq!(asked(&server).len(), 2);
    let labels = |project: &Project| {
        let said = said(project).remove(0);
        said.iter().filter(|one| one["value"]["label"]["tier"] == "llm").count()
    };
    let expected = labels(&project);
    assert!(expected > 0);

    let cases: [(&[Whim], usize, bool, &str); 6] = [
        (&[Whim::Rambles], 2, true, ""),
        (&[Whim::BreaksOff, Whim::BreaksOff], 2, false, "no answer that can be read"),
        (&[Whim::Refuses], 1, false, "refused: I'm sorry"),
        (&[Whim::Filtered], 1, false, "refused"),
        (&[Whim::CutOff], 3, true, ""),
        (
            &[Whim::Says(json!({ "findings": [
                { "turn": 0, "set": "nepq", "label": "small_talk", "quote": "" },
                { "turn": 0, "set": "nepq", "label": "situation", "quote": "never said" },
                { "turn": 99, "set": "nepq", "label": "situation", "quote": "" },
            ] }))],
            1,
            false,
            "1 dropped: a quote that is not in its turn",
        ),
    ];
    let model = chat();
    let server = Server::start(model.router());
    for (whims, requests, whole, told) in cases {
        server.reset();
        whims.iter().for_each(|whim| model.will(whim.clone()));
        let project = self::project(&server, 1, "", "");
        let _ = run(&project).expect(0);
        assert_eq!(asked(&server).len(), requests, "{whims:?}");
        assert_eq!(labels(&project), if whole { expected } else { 0 }, "{whims:?}");
        let tally = text_of(&said(&project)[0], "llm_labels");
        assert!(tally.contains(told), "{whims:?}: {tally}");
    }
    // A call that is too long for the model is asked about in parts.
    let small = Server::start(chat().with_context(CONTEXT).router());
    let project = self::project(&small, 1, ", around = 0", "");
    let _ = run(&project).expect(0);
    assert!(asked(&small).len() > 1);
    assert_eq!(labels(&project), expected);
}

#[test]
fn a_server_that_cannot_puts_calls_off_and_nothing_else() {
    let server = Server::start(chat().router());
    let project = project(&server, 8, "", "parallel = 1");
    let wrong = told(&project, "sk-another-9876543210", 3);
    assert!(wrong.contains("8 put off to the next run"), "{wrong}");
    assert!(wrong.contains("invalid_api_key"), "{wrong}");
    assert!(asked(&server).len() < 8, "it stops asking");
    let without = project.run(&["run"]).expect(3).err;
    assert!(without.contains("`STANDIN_KEY` is not set"), "{without}");
    assert!(!project.rows("feedback", "labelled").is_empty());
    // The right key, and a refusal that is waited out.
    server.fail(PATH, Fault::TooMany { retry_after: "1" });
    let right = run(&project).expect(0);
    assert_eq!((stage(&right, "worked"), stage(&right, "put_off")), (8, 0));
}

/// Another model: of one mind with the first, but for one sentence.
fn finds_otherwise(side: &str, text: &str) -> Vec<Value> {
    let mut found = finds(side, text);
    if side == "SELLER" && text.contains("Shall we say Tuesday") {
        found.push(json!({ "set": "nepq", "label": "commitment", "quote": "Tuesday" }));
    }
    found
}

#[test]
fn where_two_differ_experts_look_first_and_the_report_tells_how_far_they_agree() {
    let one = Server::start(chat().router());
    let other = Server::start(Chat::new(SECRET, MODEL, finds_otherwise).router());
    let project = project(&one, 8, "", "");
    let pipeline = fs::read_to_string(project.path().join("pipeline.toml")).expect("a pipeline");
    let (head, tail) = pipeline.split_once("[[extractor]]\nid = \"judge\"").expect("it has one");
    let (judge, tail) = tail.split_once("[[path]]").expect("it has one");
    let second = judge.replace(&one.url(), &other.url()).replace("ca.pem", "other.pem");
    let review = "[review]\nrubric = \"rubric.toml\"\n\n";
    project.write(
        "pipeline.toml",
        format!(
            "{review}{head}[[extractor]]\nid = \"judge\"{judge}[[extractor]]\nid = \"second\"\
             {second}[[path]]{tail}"
        ),
    );
    project.write("other.pem", other.certificate());
    project.write(
        "rubric.toml",
        "name = \"r\"\n[[check]]\nid = \"asked\"\nquestion = \"Does the seller ask?\"\n",
    );
    for number in 5..8 {
        let text = format!("{}Rep: Shall we say Tuesday?\n", invented_call(number, 16));
        project.write(&format!("texts/{number:02}.txt"), text);
    }
    let _ = run(&project).expect(0);
    let calls = project.run(&["show", "--json"]).expect(0).json();
    let split: BTreeSet<String> = calls
        .as_array()
        .expect("calls")
        .iter()
        .filter(|call| call["entry"].as_str().is_some_and(|entry| entry >= "05.txt"))
        .map(|call| call["id"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(split.len(), 3, "{calls}");
    let _ = project.run(&["review", "next", "--batch", "4"]).expect(0);
    let batch = project.path().join(".rehearsal/review/batch-001/batch.json");
    let batch: Value = serde_json::from_str(&fs::read_to_string(batch).expect("a batch"))
        .expect("a batch is JSON");
    let doubted: Vec<&str> = batch["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter(|item| item["why"] == "doubt")
        .map(|item| item["item_id"].as_str().expect("an id"))
        .collect();
    assert_eq!(doubted.len(), 2, "{batch}");
    assert!(doubted.iter().all(|call| split.contains(*call)), "{batch}");

    let _ = project.run(&["report", "--out", "report.html"]).expect(0);
    let page = fs::read_to_string(project.path().join("report.html")).expect("a page");
    assert!(page.contains("Heads and language models"), "{page}");
    assert!(page.contains("nepq: judge and second"), "{page}");
    // Of one mind on objections.
    let (_, objections) = page.split_once("objection: judge and second").expect("a row");
    assert!(objections.starts_with("</th><td class=\"n\">1.000</td>"), "{page}");
}
