"""The papers that people print: each module makes the bytes of a PDF of what the core gave it.

Only this package knows reportlab. `typefaces` sets text, `sheets` lays out pages, the others say
what stands on which paper.
"""
