"""Vietnamese text: folding, dates, document numbers, bylines, legacy encodings; below everything else."""
