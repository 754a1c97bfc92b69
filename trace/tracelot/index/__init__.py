"""The tracing index: a book in arrays, kept up with the records, that answers as the rules define."""
