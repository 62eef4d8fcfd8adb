//! Compiled code is kept, and never believed unless this user made it.

use std::fs;
use std::path::{Path, PathBuf};

use rehearsal_sandbox::{Sandbox, Settings};

use crate::guest::{EMPTY_ROWS, extractor};
use crate::{call, id};

fn sandbox(cache: &Path) -> Sandbox {
    let settings = Settings { cache: Some(cache.to_owned()), pool: None, ..Settings::default() };
    Sandbox::new(&settings).unwrap_or_else(|error| panic!("{error}"))
}

fn code(cache: &Path) -> PathBuf {
    let entries = fs::read_dir(cache).expect("the folder is there");
    let mut paths = entries.map(|entry| entry.expect("an entry").path());
    paths.find(|path| path.extension().is_some_and(|ext| ext == "code")).expect("code was kept")
}

async fn works(cache: &Path) {
    let component = sandbox(cache).load_bytes("guest.wasm", &extractor(EMPTY_ROWS));
    let guest = rehearsal_sandbox::Extractor::prepare(
        "guest",
        &component.expect("a plugin"),
        Default::default(),
        Default::default(),
    );
    let call = call();
    let called = guest.expect("it links").extract(&[(id("a"), &call)]).await;
    assert_eq!(called.expect("the call succeeds").value, [Ok(vec![])]);
}

#[tokio::test]
async fn code_is_kept_for_the_next_run_in_a_private_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("code");
    works(&cache).await;
    let made = fs::metadata(code(&cache)).and_then(|meta| meta.modified()).expect("a time");
    works(&cache).await;
    let still = fs::metadata(code(&cache)).and_then(|meta| meta.modified()).expect("a time");
    assert_eq!(made, still, "the second run compiled again");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode =
            |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode(&cache), 0o700);
        assert_eq!(mode(&cache.join("key")), 0o600);
        assert_eq!(mode(&code(&cache)), 0o600);
    }
}

#[tokio::test]
async fn code_that_was_changed_is_compiled_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    works(folder.path()).await;
    let path = code(folder.path());
    let good = fs::read(&path).expect("code");
    let mut changed = good.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    for bad in [changed, good[..40].to_vec(), Vec::new(), b"x".repeat(100)] {
        fs::write(&path, &bad).expect("it is written");
        works(folder.path()).await;
        assert_eq!(fs::read(&path).expect("code").len(), good.len(), "it was replaced");
    }
}

#[tokio::test]
async fn code_of_somebody_else_is_compiled_anew() {
    let (own, other) =
        (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    works(own.path()).await;
    works(other.path()).await;
    let foreign = fs::read(code(other.path())).expect("code");
    // The same code, under another key.
    let path = code(own.path());
    fs::write(&path, &foreign).expect("it is written");
    works(own.path()).await;
    assert_ne!(fs::read(&path).expect("code"), foreign, "it was replaced");
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, b"").expect("a file");
    let settings = Settings { cache: Some(file), pool: None, ..Settings::default() };
    let error = Sandbox::new(&settings).err().expect("it is refused").to_string();
    assert!(error.contains("name another one"), "{error}");
}
