"""The word tables of models that have French in Portuguese words, made from parallel text."""
