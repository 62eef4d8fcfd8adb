//! LLaMA-Factory: `dataset_info.json` names the ShareGPT files, a configuration file a
//! data set trains on them.

use serde_json::{Map, Value, json};

use super::super::{Config, Contents, readme::quoted};
use super::{LONGEST, MODEL};
use crate::form::Form;
use crate::shard::{Format, folder_of};
use crate::split::Split;

fn name(config: &Config, split: Split) -> String {
    format!("{}_{split}", config.name.replace('-', "_"))
}

/// Every split of every dialogue, by name.
pub(super) fn dataset_info(contents: &Contents<'_>) -> String {
    let mut info = Map::new();
    for config in contents.configs.iter().filter(|config| Format::Sharegpt.writes(config.form)) {
        for split in config.splits.keys() {
            let mut columns = json!({ "messages": "conversations", "system": "system" });
            match config.form {
                Form::Preference => {
                    columns["chosen"] = "chosen".into();
                    columns["rejected"] = "rejected".into();
                }
                Form::Feedback => columns["kto_tag"] = "label".into(),
                Form::Conversation | Form::Chat | Form::Critique | Form::Labelled => {}
            }
            let folder = folder_of(Format::Sharegpt, &config.family, config.form, *split);
            let mut entry = json!({
                "file_name": folder,
                "formatting": "sharegpt",
                "columns": columns,
                "tags": {
                    "role_tag": "from",
                    "content_tag": "value",
                    "user_tag": "human",
                    "assistant_tag": "gpt",
                },
            });
            if config.form == Form::Preference {
                entry["ranking"] = Value::Bool(true);
            }
            info.insert(name(config, *split), entry);
        }
    }
    let mut text = serde_json::to_string_pretty(&info).unwrap_or_default();
    text.push('\n');
    text
}

/// None for rows that are no dialogue.
pub(super) fn yaml(config: &Config) -> Option<String> {
    let stage = match config.form {
        Form::Conversation | Form::Labelled => return None,
        Form::Chat | Form::Critique => "sft",
        Form::Preference => "dpo",
        Form::Feedback => "kto",
    };
    let mut text = format!(
        "# {} of `{}`. Run in the data set's folder:\n\
         #   llamafactory-cli train train/llama-factory/{}.yaml\n\
         model_name_or_path: {MODEL}\nstage: {stage}\ndo_train: true\nfinetuning_type: lora\n\
         template: qwen3\ndataset_dir: .\ndataset: {}\n",
        config.form.about(),
        config.name,
        config.name,
        name(config, config.train()),
    );
    if let Some(split) = config.validation() {
        text.push_str(&format!("eval_dataset: {}\n", name(config, split)));
    }
    text.push_str(&format!(
        "output_dir: {}\ncutoff_len: {LONGEST}\nnum_train_epochs: 1.0\n\
         per_device_train_batch_size: 2\ngradient_accumulation_steps: 8\nlearning_rate: 2.0e-5\n\
         logging_steps: 10\nseed: 7\nreport_to: none\n",
        quoted(&format!("out/{}", config.name)),
    ));
    Some(text)
}
