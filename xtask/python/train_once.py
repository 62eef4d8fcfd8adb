"""One training step in its trainer for every configuration of every data set in a folder,
by the train.py and the TRL files that the data sets ship.

    python train_once.py FOLDER

The model is a tiny one with random weights and a tokenizer of bytes, both made here.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
SCRATCH = Path(tempfile.mkdtemp(prefix="rehearsal-trainers-"))
os.environ["HF_HOME"] = str(SCRATCH / "home")

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|im_end|>' }}"
    "{% endgeneration %}{% else %}{{ message['content'] + '<|im_end|>' }}{% endif %}{{ '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def tiny_model():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<|pad|>", "<|im_start|>", "<|im_end|>"]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate(special + letters)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=special[0], eos_token=special[2],
        additional_special_tokens=special[1:2],
    )
    tokenizer.chat_template = CHATML
    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=32, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=4096,
        pad_token_id=0, eos_token_id=2, bos_token_id=None,
    )
    folder = SCRATCH / "model"
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def main(folder):
    model = tiny_model()
    steps = 0
    for dataset in sorted(path.parent for path in folder.glob("*/manifest.json")):
        for name in sorted(json.loads((dataset / "manifest.json").read_text())["counts"]):
            out = SCRATCH / dataset.name / name
            command = [
                sys.executable, "train/train.py", f"train/trl/{name}.yaml",
                "--model_name_or_path", str(model), "--output_dir", str(out),
                "--max_steps", "1", "--per_device_train_batch_size", "2",
                "--gradient_accumulation_steps", "1", "--logging_steps", "1",
                "--eval_strategy", "no", "--save_strategy", "no", "--use_cpu", "true",
                "--bf16", "false", "--gradient_checkpointing", "false",
            ]
            done = subprocess.run(command, cwd=dataset, capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"{dataset.name}, {name} does not train:\n{done.stdout}\n{done.stderr}")
            assert (out / "model.safetensors").is_file(), f"{name} left no model"
            loss = [line for line in done.stdout.splitlines() if "loss" in line][:1]
            print(f"{dataset.name:15} {name:20} one step: {''.join(loss)}")
            steps += 1
    print(f"{steps} configurations take a training step")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
