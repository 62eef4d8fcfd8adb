//! A fine-tuned Whisper in HuggingFace's and in CTranslate2's form is the same model.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rehearsal_speech::models::{Kind, Store};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize_to_file};

const WIDTH: usize = 64;

/// Weights under HuggingFace's names: shape and values.
type Weights = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A Whisper of one layer a side, filled with numbers that differ everywhere.
fn little_whisper() -> Weights {
    let mut weights = Weights::new();
    let mut seed = 1_u32;
    let mut add = |name: String, shape: &[usize]| {
        let count = shape.iter().product();
        let values = (0..count)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // Exact in f16, so that the forms can be compared bit by bit.
                ((seed >> 20) as f32 - 2_048.0) / 4_096.0
            })
            .collect();
        weights.insert(name, (shape.to_vec(), values));
    };
    for (side, context) in [("encoder", 1_500), ("decoder", 448)] {
        add(format!("{side}.embed_positions.weight"), &[context, WIDTH]);
        let mut norms = vec![format!("{side}.layer_norm")];
        let layer = format!("{side}.layers.0");
        norms.extend(["self_attn_layer_norm", "final_layer_norm"].map(|n| format!("{layer}.{n}")));
        let mut attentions = vec!["self_attn"];
        if side == "decoder" {
            norms.push(format!("{layer}.encoder_attn_layer_norm"));
            attentions.push("encoder_attn");
        }
        for norm in norms {
            add(format!("{norm}.weight"), &[WIDTH]);
            add(format!("{norm}.bias"), &[WIDTH]);
        }
        for attention in attentions {
            for part in ["q", "k", "v", "out"] {
                add(format!("{layer}.{attention}.{part}_proj.weight"), &[WIDTH, WIDTH]);
                if part != "k" {
                    add(format!("{layer}.{attention}.{part}_proj.bias"), &[WIDTH]);
                }
            }
        }
        for (fc, rows, columns) in [("fc1", 4 * WIDTH, WIDTH), ("fc2", WIDTH, 4 * WIDTH)] {
            add(format!("{layer}.{fc}.weight"), &[rows, columns]);
            add(format!("{layer}.{fc}.bias"), &[rows]);
        }
    }
    add("decoder.embed_tokens.weight".into(), &[120, WIDTH]);
    add("encoder.conv1.weight".into(), &[WIDTH, 80, 3]);
    add("encoder.conv1.bias".into(), &[WIDTH]);
    add("encoder.conv2.weight".into(), &[WIDTH, WIDTH, 3]);
    add("encoder.conv2.bias".into(), &[WIDTH]);
    weights
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn write_huggingface(weights: &Weights, folder: &Path) {
    let data: BTreeMap<String, (Vec<usize>, Vec<u8>)> = weights
        .iter()
        .map(|(name, (shape, values))| (format!("model.{name}"), (shape.clone(), bytes(values))))
        .collect();
    let views = data.iter().map(|(name, (shape, bytes))| {
        (name.clone(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    serialize_to_file(views.collect::<Vec<_>>(), None, &folder.join("model.safetensors")).unwrap();
}

/// The same weights as CTranslate2 names and fuses them.
fn write_ctranslate2(weights: &Weights, folder: &Path) {
    let get = |name: String| weights.get(&name).cloned().unwrap_or((vec![WIDTH], vec![0.0; WIDTH]));
    let mut variables = Weights::new();
    for side in ["encoder", "decoder"] {
        let norm = |variables: &mut Weights, ours: String, theirs: String| {
            variables.insert(format!("{ours}/gamma"), get(format!("{theirs}.weight")));
            variables.insert(format!("{ours}/beta"), get(format!("{theirs}.bias")));
        };
        let (ours, theirs) = (format!("{side}/layer_0"), format!("{side}.layers.0"));
        let positions = get(format!("{side}.embed_positions.weight"));
        variables.insert(format!("{side}/position_encodings/encodings"), positions);
        norm(&mut variables, format!("{side}/layer_norm"), format!("{side}.layer_norm"));
        let ffn = format!("{ours}/ffn/layer_norm");
        norm(&mut variables, ffn, format!("{theirs}.final_layer_norm"));
        let own = format!("{ours}/self_attention/layer_norm");
        norm(&mut variables, own, format!("{theirs}.self_attn_layer_norm"));
        let mut fused = vec![
            ("self_attention/linear_0", "self_attn", vec!["q", "k", "v"]),
            ("self_attention/linear_1", "self_attn", vec!["out"]),
        ];
        if side == "decoder" {
            let cross = format!("{ours}/attention/layer_norm");
            norm(&mut variables, cross, format!("{theirs}.encoder_attn_layer_norm"));
            fused.push(("attention/linear_0", "encoder_attn", vec!["q"]));
            fused.push(("attention/linear_1", "encoder_attn", vec!["k", "v"]));
            fused.push(("attention/linear_2", "encoder_attn", vec!["out"]));
        }
        for (linear, attention, parts) in fused {
            for kind in ["weight", "bias"] {
                let mut values = Vec::new();
                for part in &parts {
                    values.extend(get(format!("{theirs}.{attention}.{part}_proj.{kind}")).1);
                }
                let mut shape = vec![parts.len() * WIDTH];
                shape.extend((kind == "weight").then_some(WIDTH));
                variables.insert(format!("{ours}/{linear}/{kind}"), (shape, values));
            }
        }
        for (linear, fc) in [("linear_0", "fc1"), ("linear_1", "fc2")] {
            for kind in ["weight", "bias"] {
                let weight = get(format!("{theirs}.{fc}.{kind}"));
                variables.insert(format!("{ours}/ffn/{linear}/{kind}"), weight);
            }
        }
    }
    variables.insert("decoder/embeddings/weight".into(), get("decoder.embed_tokens.weight".into()));
    for name in ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"] {
        let ours = format!("encoder/{}", name.replace('.', "/"));
        variables.insert(ours, get(format!("encoder.{name}")));
    }
    let mut out = Vec::new();
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend((text.len() as u16 + 1).to_le_bytes());
        out.extend(text.as_bytes());
        out.push(0);
    };
    out.extend(6_u32.to_le_bytes());
    text(&mut out, "WhisperSpec");
    out.extend(3_u32.to_le_bytes());
    out.extend((variables.len() as u32).to_le_bytes());
    for (name, (shape, values)) in &variables {
        text(&mut out, name);
        out.push(shape.len() as u8);
        shape.iter().for_each(|n| out.extend((*n as u32).to_le_bytes()));
        out.push(0);
        out.extend((4 * values.len() as u32).to_le_bytes());
        out.extend(bytes(values));
    }
    out.extend(0_u32.to_le_bytes());
    fs::write(folder.join("model.bin"), out).unwrap();
}

#[test]
fn both_forms_become_the_same_file() {
    let scratch = tempfile::tempdir().unwrap();
    let weights = little_whisper();
    let store = Store::at(scratch.path().join("models"));
    let mut files = Vec::new();
    for (name, write) in [
        ("from-safetensors", write_huggingface as fn(&Weights, &Path)),
        ("from-ctranslate2", write_ctranslate2),
    ] {
        let folder = scratch.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("vocab.json"), r#"{"a": 0, "Ġb": 1}"#).unwrap();
        write(&weights, &folder);
        let path = store.import(&folder, name).unwrap();
        assert_eq!(store.locate(name).unwrap(), Some(path.clone()));
        files.push(fs::read(path).unwrap());
    }
    assert!(files[0] == files[1], "the two forms differ");
    assert_eq!(&files[0][..4], b"lmgg");
    let list = store.list().unwrap();
    assert!(list.iter().all(|m| m.kind == Kind::Speech && !m.pinned) && list.len() == 2);
    // A file in whisper.cpp's own form is taken as it is.
    let again = store.import(&list[0].path, "copy").unwrap();
    assert!(fs::read(again).unwrap() == files[0]);
}
