"""Many questions at once: suites, shards, what is missing and what it would cost."""
