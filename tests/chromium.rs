//! A real browser for tests: headless Chromium over its DevTools protocol.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// How long anything in a page may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// A running browser with a profile of its own; it ends with this value.
pub struct Browser {
    process: Child,
    profile: tempfile::TempDir,
    socket: WebSocket<MaybeTlsStream<std::net::TcpStream>>,
    last: u64,
}

/// A page of it.
#[derive(Debug, Clone)]
pub struct Tab(String);

impl Browser {
    /// Starts one; none where this machine has none, which is said.
    ///
    /// # Panics
    /// Where there is one and it does not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        let there = |program: &&&str| {
            let mut ask = Command::new(program);
            ask.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
            ask.status().is_ok_and(|status| status.success())
        };
        let Some(program) = PROGRAMS.iter().find(there) else {
            println!("skipped: this machine has no Chromium (`apt-get install chromium`)");
            return None;
        };
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let process = Command::new(program)
            // Tests may run as root and in containers, where Chromium's own sandbox does
            // not start; what it opens is the page under test.
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--disable-background-networking", "--mute-audio"])
            .args(["--autoplay-policy=no-user-gesture-required", "--window-size=1440,900"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(["--remote-debugging-port=0", "about:blank"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Chromium starts");
        let mut process = Guarded(Some(process));
        let address = devtools(profile.path());
        let (socket, _) = tungstenite::connect(address).expect("Chromium answers");
        let process = process.0.take().expect("it was just put there");
        Some(Self { process, profile, socket, last: 0 })
    }

    /// A new page.
    ///
    /// # Panics
    /// Where the browser refuses.
    pub fn open(&mut self, url: &str) -> Tab {
        let target = self.ask(None, "Target.createTarget", json!({ "url": url }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = self.ask(None, "Target.attachToTarget", attach);
        let tab = Tab(session["sessionId"].as_str().expect("a session").to_owned());
        self.ask(Some(&tab), "Page.enable", json!({}));
        // Pages beside each other all take keys.
        self.ask(Some(&tab), "Emulation.setFocusEmulationEnabled", json!({ "enabled": true }));
        tab
    }

    /// What an expression in the page comes to.
    ///
    /// # Panics
    /// Where it throws.
    pub fn eval(&mut self, tab: &Tab, expression: &str) -> Value {
        let asked = json!({
            "expression": expression, "returnByValue": true, "awaitPromise": true,
        });
        let answer = self.ask(Some(tab), "Runtime.evaluate", asked);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    ///
    /// # Panics
    /// Where it is not in time; with what the page shows.
    pub fn wait(&mut self, tab: &Tab, expression: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let shielded = format!(
                "(() => {{ try {{ return !!({expression}); }} catch {{ return false; }} }})()"
            );
            if self.eval(tab, &shielded) == true {
                return;
            }
            if Instant::now() > end {
                let shown = self.eval(tab, "document.body?.innerText");
                panic!("never true: {expression}\n{shown}");
            }
            std::thread::sleep(Duration::from_millis(40));
        }
    }

    /// Presses a key as a person does: `j`, `Enter`, `?`.
    pub fn press(&mut self, tab: &Tab, key: &str) {
        let text = match key {
            "Enter" => "\r",
            key if key.chars().count() == 1 => key,
            _ => "",
        };
        let code = match key {
            "Enter" => 13,
            "Escape" => 27,
            key => key.chars().next().map_or(0, |c| c.to_ascii_uppercase() as u32),
        };
        let down = json!({
            "type": if text.is_empty() { "rawKeyDown" } else { "keyDown" },
            "key": key, "text": text, "windowsVirtualKeyCode": code,
        });
        self.ask(Some(tab), "Input.dispatchKeyEvent", down);
        let up = json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code });
        self.ask(Some(tab), "Input.dispatchKeyEvent", up);
    }

    /// Types a text where the cursor is.
    pub fn write(&mut self, tab: &Tab, text: &str) {
        self.ask(Some(tab), "Input.insertText", json!({ "text": text }));
    }

    /// Loads the page again.
    pub fn reload(&mut self, tab: &Tab) {
        // What was there before must not be taken for what comes.
        self.eval(tab, "window.beforeReload = true");
        self.ask(Some(tab), "Page.reload", json!({}));
        self.wait(tab, "!window.beforeReload && document.readyState === 'complete'");
    }

    /// Sets what pages see of the screen.
    pub fn screen(&mut self, tab: &Tab, width: u32, height: u32, dark: bool) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.ask(Some(tab), "Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.ask(Some(tab), "Emulation.setEmulatedMedia", media);
    }

    /// A picture of the page, as PNG in base64.
    ///
    /// # Panics
    /// Where there is none.
    pub fn picture(&mut self, tab: &Tab) -> String {
        let shot = self.ask(Some(tab), "Page.captureScreenshot", json!({ "format": "png" }));
        shot["data"].as_str().expect("a picture").to_owned()
    }

    fn ask(&mut self, tab: Option<&Tab>, method: &str, params: Value) -> Value {
        self.last += 1;
        let id = self.last;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(Tab(session)) = tab {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).expect("Chromium takes it");
        loop {
            let Message::Text(text) = self.socket.read().expect("Chromium answers") else {
                continue;
            };
            let mut answer: Value = serde_json::from_str(&text).expect("JSON");
            // Events have no id.
            if answer["id"] == id {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].take();
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        end(&mut self.process);
        // Its helpers write for a moment longer; the folder goes with the test's machine
        // where that is in the way.
        let _ = fs::remove_dir_all(self.profile.path());
    }
}

/// Ends a browser that a panic would leave behind.
struct Guarded(Option<Child>);

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Some(process) = &mut self.0 {
            end(process);
        }
    }
}

fn end(process: &mut Child) {
    let _ = process.kill();
    let _ = process.wait();
}

/// Where the browser listens: it writes port and path into its profile.
fn devtools(profile: &Path) -> String {
    let end = Instant::now() + PATIENCE;
    loop {
        let text = fs::read_to_string(profile.join("DevToolsActivePort")).unwrap_or_default();
        if let Some((port, path)) = text.split_once('\n').filter(|(_, path)| !path.is_empty()) {
            return format!("ws://127.0.0.1:{}{}", port.trim(), path.trim());
        }
        assert!(Instant::now() < end, "Chromium did not open its port");
        std::thread::sleep(Duration::from_millis(50));
    }
}
