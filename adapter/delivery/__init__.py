"""Where a message is in its life: state tables, retry, duplicates."""
