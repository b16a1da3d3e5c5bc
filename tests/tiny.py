"""A very small language model, made in the test: Chinese, with a chat template of its own."""

from __future__ import annotations

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

POSITIONS = 512
START, END = "<|im_start|>", "<|im_end|>"
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SEEN = ["青禾大桥主跨六百二十八米，去年九月通车。", "市民说，过江只要五分钟。"]


def chinese_tokenizer(template: str | None = TEMPLATE) -> PreTrainedTokenizerFast:
    """Bytes, and what a few sentences put together: a rare character is several tokens."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=[START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(SEEN, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token=END, pad_token=END)
    tokenizer.chat_template = template
    return tokenizer


def prompt_tokens(tokenizer, messages) -> int:
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)
    return len(prompt["input_ids"])


def random_model(folder, *, template: str | None = TEMPLATE, seed: int = 7) -> None:
    """Saves a model that nobody has taught."""
    tokenizer = chinese_tokenizer(template)
    torch.manual_seed(seed)
    save(folder, tokenizer, GPT2LMHeadModel(config(tokenizer, width=32)))


def reciting_model(folder, messages, text: str, *, end: bool = True) -> None:
    """Saves a model that answers these messages with this text; without an end, again and again.

    Which token comes next depends on the place alone: the embedding of each place is a direction
    of its own, which the last layer turns into the token that belongs there.
    """
    tokenizer = chinese_tokenizer()
    ids = tokenizer(text)["input_ids"] + ([tokenizer.eos_token_id] if end else [])
    first = prompt_tokens(tokenizer, messages) - 1
    model = GPT2LMHeadModel(config(tokenizer, width=POSITIONS))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "ln_" not in name:
                weight.zero_()
        model.transformer.wpe.weight.copy_(torch.eye(POSITIONS))
        for place in range(first, POSITIONS):
            model.lm_head.weight[ids[(place - first) % len(ids)], place] = 1
    save(folder, tokenizer, model)


def config(tokenizer, *, width: int) -> GPT2Config:
    return GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=POSITIONS,
        n_embd=width,
        n_layer=1,
        n_head=2,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        tie_word_embeddings=False,
    )


def save(folder, tokenizer, model) -> None:
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
