//! TRL's own configuration files: `trl sft --config train/trl/NAME.yaml`. `train.py` and
//! `unsloth.py` beside them read the same.

use super::super::{Config, readme::quoted};
use super::{LONGEST, MODEL, Method};
use crate::form::Form;

pub(super) fn yaml(config: &Config) -> String {
    let method = Method::of(config.form);
    let mut lines = vec![
        format!("# {} of `{}`: {}.", method.name(), config.name, config.form.about()),
        "# Run in the data set's folder; any key can be given on the command line too.".to_owned(),
        match method {
            Method::Classify => format!("#   python train/train.py train/trl/{}.yaml", config.name),
            // `datasets` does not take a folder without its name.
            _ => format!(
                "#   trl {} --config train/trl/{}.yaml --dataset_name \"$PWD\"",
                method.name(),
                config.name
            ),
        },
        format!("model_name_or_path: {MODEL}"),
        "dataset_name: .".to_owned(),
        format!("dataset_config: {}", quoted(&config.name)),
        format!("dataset_train_split: {}", config.train()),
    ];
    match config.validation() {
        Some(split) => {
            lines.push(format!("dataset_test_split: {split}\neval_strategy: epoch"));
        }
        None => lines.push("eval_strategy: \"no\"".to_owned()),
    }
    lines.push(format!("output_dir: {}", quoted(&format!("out/{}", config.name))));
    if method != Method::Classify {
        lines.push(format!("max_length: {LONGEST}"));
    }
    match config.form {
        // TRL itself tells sides apart by the template; train.py keeps to `train` exactly.
        Form::Chat => lines.push("assistant_only_loss: true".to_owned()),
        Form::Critique => lines.push("completion_only_loss: true".to_owned()),
        Form::Conversation | Form::Preference | Form::Feedback | Form::Labelled => {}
    }
    let rate = match method {
        Method::Sft | Method::Classify => "2.0e-5",
        Method::Dpo | Method::Kto => "1.0e-6",
    };
    lines.push(format!("learning_rate: {rate}"));
    lines.push("num_train_epochs: 1\nper_device_train_batch_size: 2".to_owned());
    lines.push(
        "gradient_accumulation_steps: 8\nlogging_steps: 10\nseed: 7\nreport_to: none".to_owned(),
    );
    lines.join("\n") + "\n"
}
