"""Indexes that older programs made, taken over with their vectors.

`artefacts` reads and checks the files, `rows` counts a CSV's rows as those programs did,
`matching` brings vectors and photos together, `sample` asks the encoder whether it made
them, and `run` does the whole of it.
"""
