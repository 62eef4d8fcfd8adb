"""Trains on one configuration of this data set with TRL, exactly as its rows say.

    python train/train.py train/trl/NAME.yaml [--model_name_or_path MODEL] [--max_steps N] ...

Chats are learned message by message as their `train` flags say, whatever the model's
chat template is: the tokens that a trained message adds to the text before it are
learned, and no others.
"""

import os
import sys

from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.trainer_utils import get_last_checkpoint
from trl import ModelConfig, ScriptArguments, TrlParser


def masked(messages, tokenizer, max_length):
    """Tokens of a chat, and labels that are -100 wherever nothing is to be learned."""
    plain = [{"role": m["role"], "content": m["content"]} for m in messages]
    text, ids, labels = "", [], []

    def add(piece, learn):
        tokens = tokenizer(piece, add_special_tokens=False)["input_ids"]
        ids.extend(tokens)
        labels.extend(tokens if learn else [-100] * len(tokens))

    for index, message in enumerate(messages):
        if not message["train"]:
            continue
        before = tokenizer.apply_chat_template(
            plain[:index], tokenize=False, add_generation_prompt=True
        )
        after = tokenizer.apply_chat_template(plain[: index + 1], tokenize=False)
        if not (before.startswith(text) and after.startswith(before)):
            raise ValueError("this model's chat template rewrites what was said before")
        add(before[len(text):], False)
        add(after[len(before):], True)
        text = after
    return {"input_ids": ids[:max_length], "labels": labels[:max_length]}


def spoken(row):
    """A call as plain text, to learn how such calls go on."""
    return {"text": "\n".join(f"[{t['role'].upper()}] {t['text']}" for t in row["turns"])}


def learned(row):
    return any(label != -100 for label in row["labels"])


def sft(data, arguments, model, tokenizer):
    from trl import SFTTrainer

    columns = next(iter(data.values())).column_names
    if "messages" in columns:
        arguments.assistant_only_loss = False
        length = arguments.max_length
        data = data.map(
            lambda row: masked(row["messages"], tokenizer, length), remove_columns=columns
        ).filter(learned)
    elif "turns" in columns and "prompt" not in columns:
        data = data.map(spoken, remove_columns=columns)
    else:
        data = data.select_columns(["prompt", "completion"])
    return SFTTrainer(model=model, args=arguments, processing_class=tokenizer, **parts(data))


def dpo(data, arguments, model, tokenizer):
    from trl import DPOTrainer

    data = data.select_columns(["prompt", "chosen", "rejected"])
    return DPOTrainer(model=model, args=arguments, processing_class=tokenizer, **parts(data))


def kto(data, arguments, model, tokenizer):
    from trl import KTOTrainer

    data = data.select_columns(["prompt", "completion", "label"])
    return KTOTrainer(model=model, args=arguments, processing_class=tokenizer, **parts(data))


def classify(data, arguments, model_name, tokenizer):
    from transformers import AutoModelForSequenceClassification, DataCollatorWithPadding, Trainer

    names = sorted({(row["task"], row["label_name"]) for part in data.values() for row in part})
    model = AutoModelForSequenceClassification.from_pretrained(model_name, num_labels=len(names))
    model.config.pad_token_id = tokenizer.pad_token_id

    def encode(row):
        encoded = tokenizer(row["text"], truncation=True, max_length=512)
        return {**encoded, "labels": names.index((row["task"], row["label_name"]))}

    data = data.map(encode, remove_columns=next(iter(data.values())).column_names)
    collator = DataCollatorWithPadding(tokenizer)
    return Trainer(model=model, args=arguments, data_collator=collator, **parts(data))


def parts(data):
    return {"train_dataset": data["train"], "eval_dataset": data.get("test")}


def method_of(columns):
    if "chosen" in columns:
        return "dpo"
    if "completion" in columns and "label" in columns:
        return "kto"
    return "classify" if "label_name" in columns else "sft"


def arguments_of(method):
    if method == "dpo":
        from trl import DPOConfig as Arguments
    elif method == "kto":
        from trl import KTOConfig as Arguments
    elif method == "classify":
        from transformers import TrainingArguments as Arguments
    else:
        from trl import SFTConfig as Arguments
    return Arguments


def read(config, rest):
    """The data of a configuration file, its trainer's arguments, and its model's."""
    first = TrlParser(ScriptArguments)
    script = first.parse_args_and_config(
        ["--config", config, *rest], return_remaining_strings=True
    )[0]
    # A local folder: nothing is looked for anywhere else. It needs its name: `datasets`
    # does not take `.`.
    data = load_dataset(os.path.abspath(script.dataset_name), script.dataset_config)
    method = method_of(next(iter(data.values())).column_names)
    parser = TrlParser((ScriptArguments, arguments_of(method), ModelConfig))
    script, arguments, model = parser.parse_args_and_config(["--config", config, *rest])
    kept = {"train": data[script.dataset_train_split]}
    if arguments.eval_strategy != "no":
        kept["test"] = data[script.dataset_test_split]
    return method, type(data)(kept), arguments, model


def last_checkpoint(folder):
    """Where `rehearsal train` goes on with a training that was cut off."""
    if os.environ.get("REHEARSAL_RESUME") != "1" or not os.path.isdir(folder):
        return None
    return get_last_checkpoint(folder)


def main(load):
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    method, data, arguments, settings = read(sys.argv[1], sys.argv[2:])
    model, tokenizer = load(method, settings.model_name_or_path, arguments)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    make = {"sft": sft, "dpo": dpo, "kto": kto, "classify": classify}[method]
    trainer = make(data, arguments, model, tokenizer)
    trainer.train(resume_from_checkpoint=last_checkpoint(arguments.output_dir))
    trainer.save_model(arguments.output_dir)


def plain(method, name, arguments):
    tokenizer = AutoTokenizer.from_pretrained(name)
    # A classifier gets a head of its own.
    return name if method == "classify" else AutoModelForCausalLM.from_pretrained(name), tokenizer


if __name__ == "__main__":
    main(plain)
