//! Embeddings against a reference implementation, with the pinned model. Skipped where
//! it was not pulled (`rehearsal model pull all-minilm-l6-v2`).

use rehearsal_semantics::{Embedder, SemanticsError, f16};
use rehearsal_speech::models::Store;
use serde_json::Value;

fn embedder() -> Option<Embedder> {
    let located = Store::open_default().ok()?.locate("all-minilm-l6-v2").ok()?;
    if located.is_none() {
        println!("skipped: the model all-minilm-l6-v2 is not here");
    }
    Some(Embedder::load(&located?).expect("the model loads"))
}

fn reference() -> Value {
    serde_json::from_str(include_str!("reference.json")).expect("the reference is JSON")
}

fn texts(reference: &Value) -> Vec<&str> {
    let texts = reference["texts"].as_array().expect("a list");
    texts.iter().map(|text| text["text"].as_str().expect("a text")).collect()
}

fn cosine(left: &[f16], right: &[f16]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left.to_f64() * right.to_f64()).sum()
}

#[test]
fn vectors_are_those_of_the_reference() {
    let Some(embedder) = embedder() else { return };
    let reference = reference();
    let texts = texts(&reference);
    let vectors = embedder.embed(&texts).expect("it embeds");
    for (index, vector) in vectors.iter().enumerate() {
        assert_eq!(vector.len(), 384);
        for (at, value) in vector.iter().take(8).enumerate() {
            let expected = reference["texts"][index]["head"][at].as_f64().expect("a number");
            assert!((value.to_f64() - expected).abs() < 1e-4, "{} at {at}", texts[index]);
        }
        for (other, second) in vectors.iter().enumerate() {
            let expected = reference["cosines"][index][other].as_f64().expect("a number");
            let found = cosine(vector, second);
            assert!((found - expected).abs() < 1e-3, "{found} {expected} {}", texts[index]);
        }
    }
}

#[test]
fn a_text_has_the_same_vector_in_any_company_and_order() {
    let Some(embedder) = embedder() else { return };
    let reference = reference();
    let texts = texts(&reference);
    let alone: Vec<_> =
        texts.iter().map(|text| embedder.embed(&[text]).expect("it embeds").remove(0)).collect();
    let fillers: Vec<String> = (0..90).map(|n| "and then some ".repeat(1 + n % 13)).collect();
    let mut company: Vec<&str> = fillers.iter().map(String::as_str).collect();
    for (at, text) in texts.iter().rev().enumerate() {
        company.insert(at * 9, text);
    }
    let together = embedder.embed(&company).expect("it embeds");
    for (text, vector) in company.iter().zip(&together) {
        if let Some(at) = texts.iter().position(|other| other == text) {
            assert_eq!(vector, &alone[at], "{text}");
        }
    }
    assert!(embedder.embed::<&str>(&[]).expect("nothing is fine").is_empty());
}

#[test]
fn a_model_that_is_none_is_named() {
    let folder = std::env::temp_dir().join(format!("rehearsal-semantics-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let weights = folder.join("model.safetensors");
    std::fs::write(&weights, b"nothing").expect("a file");
    let error = Embedder::load(&weights).err().expect("there is no tokenizer");
    assert!(matches!(error, SemanticsError::Tokenizer { .. }), "{error}");
    assert!(error.to_string().contains("tokenizer.json"), "{error}");
    std::fs::remove_dir_all(&folder).expect("it goes");
}
