"""Files that are copied as they are; nothing of them runs in lkrun itself."""
