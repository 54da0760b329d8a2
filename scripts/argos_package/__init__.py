"""Makes `.argosmodel` packages: a translation model, its tokenizer and its licence in one file."""
