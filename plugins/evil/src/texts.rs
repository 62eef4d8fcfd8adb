//! Texts that several attacks use.

/// Clears the screen, turns it red, renames the window, rings, goes back over the
/// line, turns the reading direction, and claims that all is well.
pub const ESCAPES: &str =
    "\u{1b}[2J\u{1b}[31m\u{1b}]0;owned\u{7}\u{9b}1mred\r\u{202e}lla\u{202c}\u{8}all is well";

/// A string beyond the limit on one.
#[must_use]
pub fn huge() -> String {
    "x".repeat(9 << 20)
}

/// Strings within the limit on each and beyond that on all.
#[must_use]
pub fn huge_together() -> Vec<String> {
    vec!["x".repeat(8 << 20); 12]
}

/// More elements than a list may have.
pub const TOO_LONG: usize = 1_000_001;

/// An error text beyond all measure.
#[must_use]
pub fn long_error() -> String {
    ESCAPES.repeat(20_000)
}

/// Names that lead elsewhere on some system or other.
#[must_use]
pub fn tricky_names() -> Vec<String> {
    let plain = [
        "..",
        "../pipeline.toml",
        "../../../../../../../../etc/passwd",
        "/etc/passwd",
        "//etc/passwd",
        "./.",
        "x/../../pipeline.toml",
        "..\\pipeline.toml",
        "C:\\Windows\\win.ini",
        "\\\\?\\C:\\Windows\\win.ini",
        "%2e%2e/pipeline.toml",
        "..%2fpipeline.toml",
        "..;/pipeline.toml",
        "file:///etc/passwd",
        "/proc/self/environ",
        "/dev/stdin",
        "~/.ssh/id_rsa",
        "$HOME/.netrc",
        ".",
        "",
        "/",
        "\u{2025}/pipeline.toml",
        "..\u{2215}pipeline.toml",
        "a\0../pipeline.toml",
        "con",
        "\n",
    ];
    let mut names: Vec<String> = plain.map(str::to_owned).into();
    names.push("../".repeat(2_000) + "etc/passwd");
    names.push("x".repeat(100_000));
    names
}
