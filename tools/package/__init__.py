"""`make package`: the archive of a code-only function, and the build context of the image.

What both hold is decided in `selection`; `wheels`, `archive` and `image` only fetch and write.
`files`, `imports`, `services`, `left_out`, `selection` and `prune` need nothing but Python, because the
image's build runs them too.
"""
