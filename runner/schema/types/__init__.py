"""What a value of a key can be: blocks, texts by whom they are for, names, settings, words."""
