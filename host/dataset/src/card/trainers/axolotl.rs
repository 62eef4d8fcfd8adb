//! Axolotl: chats by `type: chat_template`, each message trained as its flag says.

use super::super::{Config, readme::quoted};
use super::{LONGEST, MODEL};
use crate::form::Form;
use crate::shard::{Format, folder_of};
use crate::split::Split;

/// None for rows that are no dialogue.
pub(super) fn yaml(config: &Config) -> Option<String> {
    let (method, how) = match config.form {
        Form::Conversation | Form::Labelled => return None,
        Form::Chat => (
            "",
            "    type: chat_template\n    field_messages: messages\n    message_property_mappings:\n      \
             role: role\n      content: content\n    message_field_training: train\n    \
             roles_to_train: []\n    train_on_eos: turn\n",
        ),
        Form::Critique => (
            "",
            "    type: chat_template\n    field_messages: conversations\n    \
             message_property_mappings:\n      role: from\n      content: value\n    \
             field_system: system\n    roles:\n      user: [human]\n      assistant: [gpt]\n    \
             roles_to_train: [assistant]\n    train_on_eos: turn\n",
        ),
        Form::Preference => (
            "rl: dpo\n",
            "    type: chat_template.default\n    field_messages: prompt\n    field_chosen: chosen\n    \
             field_rejected: rejected\n",
        ),
        Form::Feedback => ("rl: kto\n", "    type: chat_template.argilla\n"),
    };
    let data = |split: Split| {
        let format = if config.form == Form::Critique { Format::Sharegpt } else { Format::Jsonl };
        let folder = folder_of(format, &config.family, config.form, split);
        format!(
            "  - path: json\n    ds_type: json\n    data_files: {}\n    split: train\n{how}",
            quoted(&format!("{folder}/*.jsonl"))
        )
    };
    let mut text = format!(
        "# {} of `{}`. Run in the data set's folder:\n#   axolotl train train/axolotl/{}.yaml\n\
         base_model: {MODEL}\n{method}chat_template: tokenizer_default\ndatasets:\n{}",
        config.form.about(),
        config.name,
        config.name,
        data(config.train()),
    );
    if let Some(split) = config.validation() {
        text.push_str(&format!("test_datasets:\n{}", data(split)));
    }
    text.push_str(&format!(
        "output_dir: {}\nsequence_len: {LONGEST}\nnum_epochs: 1\nmicro_batch_size: 2\n\
         gradient_accumulation_steps: 8\noptimizer: adamw_torch\nlr_scheduler: cosine\n\
         learning_rate: 2.0e-5\nbf16: auto\nlogging_steps: 10\nseed: 7\n",
        quoted(&format!("out/{}", config.name)),
    ));
    Some(text)
}
