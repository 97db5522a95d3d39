"""The verifier: reads a run from the bucket and says everything that is not as it should be."""
