"""Reports: what each figure means, how it is counted, and how it is written out."""
