"""One page that shows results anywhere: no network, no script."""
