"""What is written down while the user's code runs: samples of its threads, and what hooks count beside them."""
