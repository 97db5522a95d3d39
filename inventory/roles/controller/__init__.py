"""The controller: starts runs, fans out, finishes what others left, and removes old runs."""
