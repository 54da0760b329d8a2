"""From samples to words: audio, utterances, hypotheses, what of them is shown."""
