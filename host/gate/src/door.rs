//! A stage's way through the gate: the order of checks, attempts and pauses.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::budget;
use crate::error::SendError;
use crate::gate::{Shared, Traffic};
use crate::message::{Request, Response};
use crate::meter::{Price, Spent};
use crate::policy::{Grantee, Rule, decide};
use crate::retry;
use crate::secret::Value;
use crate::target::Target;
use crate::wire::Broken;

/// What one stage may send. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Door(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    gate: Arc<Shared>,
    grantee: Grantee,
    rules: Vec<Rule>,
}

/// How much time whoever waits for an answer has.
pub trait Patience: Send + Sync {
    /// Time left for work.
    fn left(&self) -> Duration;
    /// The request is about to wait for its turn, which is nobody's work.
    fn pausing(&self, pause: Duration);
}

/// Time for every single request.
impl Patience for Duration {
    fn left(&self) -> Duration {
        *self
    }

    fn pausing(&self, _: Duration) {}
}

/// Headers that say how an answer travelled, which is over, or that are a session's.
const NOT_HANDED_ON: &[&str] =
    &["set-cookie", "set-cookie2", "connection", "keep-alive", "transfer-encoding", "trailer"];

impl Door {
    pub(crate) fn new(gate: Arc<Shared>, grantee: Grantee, rules: Vec<Rule>) -> Self {
        Self(Arc::new(Inner { gate, grantee, rules }))
    }

    /// What was spent by each of its grants so far, with the grant's prices.
    #[must_use]
    pub fn spent(&self) -> Vec<(Spent, Price)> {
        self.0.rules.iter().map(|rule| rule.meter.spent()).collect()
    }

    /// Sends a request, as often as it takes, and gives the last answer. Blocks.
    ///
    /// # Errors
    /// It was not granted, or nobody answered. An answer of status 4xx or 5xx is none.
    pub fn send(&self, request: &Request, patience: &dyn Patience) -> Result<Response, SendError> {
        let Inner { gate, grantee, rules } = self.0.as_ref();
        let target = Target::parse(&request.url).map_err(SendError::Invalid)?;
        check_form(request)?;
        let rule = decide(grantee, rules, &request.method, &target)?;
        rule.check_headers(request)?;
        if let Traffic::Replay(tape) = &gate.traffic {
            return tape.play(request, &target, rule.wire.keep.as_ref());
        }
        rule.wire.check_room()?;
        let secret = match &rule.secret {
            Some(secret) => Some((secret.header(), secret.value().map_err(SendError::Permanent)?)),
            None => None,
        };
        let mut attempt = Attempt { gate, rule, request, target: &target, secret, patience };
        let answer = attempt.run().map_err(|error| scrubbed(error, secret))?;
        let answer = handed_on(answer, secret.map(|(_, value)| value))?;
        if let Traffic::Record(tape) = &gate.traffic {
            tape.keep(request, &target, &answer)?;
        }
        Ok(answer)
    }
}

fn check_form(request: &Request) -> Result<(), SendError> {
    let with_body = matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
    let known = with_body || matches!(request.method.as_str(), "GET" | "HEAD" | "DELETE");
    let problem = if !known {
        format!("`{}` is no method that can be granted", request.method.escape_debug())
    } else if !request.body.is_empty() && !with_body {
        format!("a {} request has no body", request.method)
    } else if request.body.len() > Request::MAX_BODY {
        let (size, most) = (request.body.len(), Request::MAX_BODY);
        format!("the request's body has {size} bytes; at most {most}")
    } else {
        return Ok(());
    };
    Err(SendError::Invalid(problem))
}

/// One request on its way.
struct Attempt<'a> {
    gate: &'a Shared,
    rule: &'a Rule,
    request: &'a Request,
    target: &'a Target,
    secret: Option<(&'a str, &'a Value)>,
    patience: &'a dyn Patience,
}

impl Attempt<'_> {
    fn run(&mut self) -> Result<Response, SendError> {
        let mut attempt = 1;
        loop {
            self.wait_for_turn()?;
            let again = attempt < retry::ATTEMPTS;
            let pause = match self.once() {
                Ok(answer) => match self.pause_after(&answer, attempt).filter(|_| again) {
                    Some(pause) => pause,
                    None => return Ok(answer),
                },
                Err(problem) if again => problem.retry(self, attempt)?,
                Err(problem) => return Err(problem.last(self)),
            };
            self.pause(pause);
            attempt += 1;
        }
    }

    fn once(&self) -> Result<Response, Broken> {
        let held = self.rule.meter.take(self.request);
        let held = held.map_err(|why| Broken::Final(self.rule.spent(&why)))?;
        let secret = self.secret.map(|(name, value)| (name, value.header.as_str()));
        let answer = self.rule.wire.send(self.request, self.target, secret, self.patience.left());
        match &answer {
            Ok(answer) => held.settle(answer),
            Err(Broken::NotSent(_) | Broken::Address { .. }) => held.release(),
            // It may have arrived: what was set aside stays spent.
            Err(Broken::Unknown(_) | Broken::Final(_)) => {}
        }
        answer
    }

    /// Until rates and the server's last wish allow a request; not for ever.
    fn wait_for_turn(&self) -> Result<(), SendError> {
        let origin = self.target.origin.to_string();
        let mut waited = Duration::ZERO;
        loop {
            match self.gate.budgets.take(&origin, &self.rule.rates, budget::now()) {
                Ok(()) => return Ok(()),
                Err(wait) if waited + wait > retry::LONGEST_PAUSE => {
                    let text = format!(
                        "the requests that {origin} allows are used up for {}; the next run goes \
                         on from here",
                        in_words(wait)
                    );
                    return Err(SendError::Transient(text));
                }
                Err(wait) => {
                    self.pause(wait);
                    waited += wait;
                }
            }
        }
    }

    /// How long to wait before sending it again; none if this answer stands. What the
    /// server wishes holds for all requests that follow.
    fn pause_after(&self, answer: &Response, attempt: u32) -> Option<Duration> {
        let wish = retry::wish(answer, SystemTime::now());
        if let Some(wish) = wish {
            self.gate.budgets.close(&self.target.origin.to_string(), wish, budget::now());
        }
        let again = retry::is_refusal(answer.status)
            || (retry::is_failure(answer.status) && self.request.may_repeat());
        match wish {
            _ if !again => None,
            // The turn is waited for, like everybody else's.
            Some(wish) if wish <= retry::LONGEST_PAUSE => Some(Duration::ZERO),
            Some(_) => None,
            None => Some(retry::back_off(attempt)),
        }
    }

    fn pause(&self, pause: Duration) {
        if !pause.is_zero() {
            self.patience.pausing(pause);
            thread::sleep(pause);
        }
    }
}

impl Broken {
    /// How long to wait before another attempt.
    fn retry(self, request: &Attempt<'_>, attempt: u32) -> Result<Duration, SendError> {
        let worth_it = match &self {
            Self::NotSent(_) => true,
            Self::Unknown(_) => request.request.may_repeat(),
            Self::Address { .. } | Self::Final(_) => false,
        };
        let pause = retry::back_off(attempt);
        if worth_it && request.patience.left() > pause {
            Ok(pause)
        } else {
            Err(self.last(request))
        }
    }

    fn last(self, request: &Attempt<'_>) -> SendError {
        let name = request.target.name();
        match self {
            Self::Address { kind, by_name } => request.rule.address_denied(kind, by_name).into(),
            Self::NotSent(problem) | Self::Unknown(problem) => {
                SendError::Transient(format!("no answer from {name}: {problem}"))
            }
            Self::Final(SendError::Permanent(problem)) => {
                SendError::Permanent(format!("{name}: {problem}"))
            }
            Self::Final(error) => error,
        }
    }
}

/// An answer as a plugin may see it.
fn handed_on(answer: Response, secret: Option<&Value>) -> Result<Response, SendError> {
    if answer.is_compressed() {
        let coding = answer.header("content-encoding").unwrap_or_default();
        return Err(SendError::Permanent(format!(
            "the answer is compressed ({coding}), which nobody asked for"
        )));
    }
    let Response { status, mut headers, mut body, kept } = answer;
    headers.retain(|(name, _)| !NOT_HANDED_ON.contains(&name.as_str()));
    if let Some(secret) = secret {
        for text in headers.iter_mut().flat_map(|(name, value)| [name, value]) {
            *text = secret.scrub_text(text);
        }
        body = secret.scrub(body);
    }
    Ok(Response { status, headers, body, kept })
}

/// An error may quote the server.
fn scrubbed(error: SendError, secret: Option<(&str, &Value)>) -> SendError {
    let Some((_, secret)) = secret else { return error };
    match error {
        SendError::Transient(text) => SendError::Transient(secret.scrub_text(&text)),
        SendError::Permanent(text) => SendError::Permanent(secret.scrub_text(&text)),
        SendError::Invalid(text) => SendError::Invalid(secret.scrub_text(&text)),
        // What the gate says by itself.
        SendError::Denied(_) | SendError::Spent(_) => error,
    }
}

/// `3 h 20 min`
fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
