"""As train.py, with Unsloth's kernels and a LoRA adapter:

    python train/unsloth.py train/trl/NAME.yaml [--model_name_or_path MODEL] ...
"""

# Unsloth patches the other libraries, so it comes before them.
from unsloth import FastLanguageModel  # isort: skip

from train import main


def fast(method, name, arguments):
    if method == "classify":
        raise SystemExit("Unsloth trains language models; use train.py for classes")
    model, tokenizer = FastLanguageModel.from_pretrained(
        model_name=name, max_seq_length=arguments.max_length, load_in_4bit=True
    )
    model = FastLanguageModel.get_peft_model(model, r=16, lora_alpha=16)
    return model, tokenizer


if __name__ == "__main__":
    main(fast)
