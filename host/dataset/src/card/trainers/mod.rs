//! Files that trainers take as they are. Models and sizes in them are a start, not a
//! recommendation; data, columns and masks are what the data set needs.

mod axolotl;
mod llama_factory;
mod trl;

use super::Contents;
use crate::form::Form;
use crate::shard::Format;

/// What the configuration files name where the user has no model of their own yet.
const MODEL: &str = "Qwen/Qwen3-0.6B";
/// Tokens of a row; longer ones are cut.
const LONGEST: u32 = 4096;

/// The training method of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    /// Supervised fine-tuning.
    Sft,
    /// Direct preference optimisation (Rafailov et al. 2023).
    Dpo,
    /// Kahneman-Tversky optimisation (Ethayarajh et al. 2024).
    Kto,
    /// A classifier's head.
    Classify,
}

impl Method {
    const fn of(form: Form) -> Self {
        match form {
            Form::Conversation | Form::Chat | Form::Critique => Self::Sft,
            Form::Preference => Self::Dpo,
            Form::Feedback => Self::Kto,
            Form::Labelled => Self::Classify,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Sft => "sft",
            Self::Dpo => "dpo",
            Self::Kto => "kto",
            Self::Classify => "classify",
        }
    }
}

pub(super) fn files(contents: &Contents<'_>) -> Vec<(String, String)> {
    if contents.configs.is_empty() {
        return Vec::new();
    }
    let mut all = vec![
        ("train/README.md".to_owned(), include_str!("README.md").to_owned()),
        ("train/train.py".to_owned(), include_str!("train.py").to_owned()),
        ("train/unsloth.py".to_owned(), include_str!("unsloth.py").to_owned()),
    ];
    if contents.writes(Format::Sharegpt) {
        all.push(("dataset_info.json".to_owned(), llama_factory::dataset_info(contents)));
    }
    for config in contents.configs {
        let name = |trainer: &str| format!("train/{trainer}/{}.yaml", config.name);
        all.push((name("trl"), trl::yaml(config)));
        all.extend(axolotl::yaml(config).map(|text| (name("axolotl"), text)));
        if contents.writes(Format::Sharegpt) && config.splits.contains_key(&config.train()) {
            let text = llama_factory::yaml(config);
            all.extend(text.map(|text| (name("llama-factory"), text)));
        }
    }
    all
}
