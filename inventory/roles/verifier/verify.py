"""Verifying one run: from the pointer or a run id to everything that was found."""

from __future__ import annotations

from dataclasses import dataclass

from inventory.errors import ObjectNotFound
from inventory.model.names import ObjectNames
from inventory.ports.store import ObjectStore
from inventory.roles.verifier.bucket import Bucket
from inventory.roles.verifier.content import check_content
from inventory.roles.verifier.documents import read_pointer, read_run
from inventory.roles.verifier.findings import Findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was verified and what was found; `run_id` is None where the pointer does not tell a run."""

    run_id: str | None
    findings: Findings

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings.told


def verify_run(store: ObjectStore, names: ObjectNames, run_id: str | None) -> Verification:
    """Verify a run, or the one that the pointer names where none is given; nothing is written.

    Raises ObjectNotFound where there is no such run or nothing was published yet, RetryLater and RecordGap
    where the store does not answer.
    """
    findings = Findings()
    bucket = Bucket(store, names, findings)
    pointer = read_pointer(bucket)
    if run_id is None:
        if pointer is None:
            if not bucket.exists(names.latest):
                raise ObjectNotFound(f"no inventory has been published: there is no {names.latest}")
            return Verification(run_id=None, findings=findings)
        run_id = pointer.run_id
    root = names.run(run_id).root + "/"
    found = [info.name for info in store.list_objects(root)]
    if not found:
        if pointer is not None and pointer.run_id == run_id:
            return Verification(run_id=run_id, findings=findings)
        raise ObjectNotFound(f"there is no run {run_id}: nothing is stored below {root}")
    if found == [names.run(run_id).closed]:
        findings.note(root, "the run was removed; its closing is all that is left")
        return Verification(run_id=run_id, findings=findings)
    run = read_run(bucket, run_id, pointer)
    if run is not None:
        check_content(bucket, run)
    return Verification(run_id=run_id, findings=findings)
