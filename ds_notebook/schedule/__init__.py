"""The scheduler: notebooks, training runs and services share one machine by measured need."""
