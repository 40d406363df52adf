"""The recipe of a compact encoder: labelled photos in, the weights of a small network out."""
