"""One run over the three functions: what would be done, or what is done.

Decides order and what is told. How functions differ is for `compare`, how they are changed for `functions`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import oci

from deploy.archive import DIRECT, Archive, direct_fields, object_name, put_in_bucket
from deploy.compare import Target
from deploy.functions import FunctionsApi
from deploy.wanted import ROLES, Outputs, Wanted
from tools.package.archive import HANDLER

VARIABLES = "functions.auto.tfvars.json"
_UNKNOWN = "(known when it is made)"


class Deployment:
    """The functions of `outputs` with the code of `archive`; `out` is told what is done.

    Without `apply` it is told what would be done. `objects` is an ObjectStorageClient, for a large archive;
    `terraform` is the folder of the configuration, where the functions' OCIDs are written.
    """

    def __init__(
        self,
        *,
        outputs: Outputs,
        archive: Archive,
        runtime: str,
        api: FunctionsApi,
        objects: Any,
        terraform: Path,
        apply: bool,
        out: TextIO,
    ) -> None:
        self._outputs = outputs
        self._archive = archive
        self._runtime = runtime
        self._api = api
        self._objects = objects
        self._terraform = terraform
        self._apply = apply
        self._out = out
        self._stored: dict[str, Any] | None = None

    def run(self) -> None:
        """Compare each function, change it if that was asked for, and hand the OCIDs on to Terraform.

        Raises FunctionFailedError and the SDK's errors; what was done before stays.
        """
        archive, outputs = self._archive, self._outputs
        place = "" if archive.way == DIRECT else f" by {outputs.bucket}/{object_name(outputs)}"
        self._tell("application", outputs.application_id)
        self._tell("archive", f"{archive.path}, {archive.size} bytes{place}")
        ids: dict[str, str] = {}
        invoke_endpoint = _UNKNOWN
        changes = 0
        for role in ROLES:
            wanted = outputs.functions[role]
            config = wanted.full_config(ids, invoke_endpoint)
            target = Target(wanted=wanted, config=config, archive=archive, runtime=self._runtime)
            function = self._api.find(wanted.name)
            changes += function is None or bool(target.differences(function))
            function = self._provide(wanted, target, function)
            ids[role] = function.id if function is not None else _UNKNOWN
            if function is not None and role == ROLES[0]:
                # One for all functions of an application.
                invoke_endpoint = function.invoke_endpoint
        changes += self._hand_on(ids, invoke_endpoint)
        self._close(changes)

    def _provide(self, wanted: Wanted, target: Target, function: Any | None) -> Any | None:
        """The function as it is then."""
        if function is None:
            self._tell(wanted.role, f"{wanted.name}: create")
            if not self._apply:
                return None
            return self._api.create(wanted.name, self._source("Create"), target.fields())
        differences = target.differences(function)
        self._tell(wanted.role, f"{wanted.name}: {'update' if differences else 'unchanged'}")
        for difference in differences:
            self._tell("", str(difference))
        if not differences or not self._apply:
            return function
        source = self._source("Update") if target.changes_code(function) else None
        return self._api.update(function, source, target.fields(function))

    def _source(self, verb: str) -> Any:
        """The SDK's `CreateArchiveFunctionSourceDetails`, or `Update…`.

        An archive that travels by the bucket is uploaded first, once in a run.
        """
        models = oci.functions.models
        archive, outputs = self._archive, self._outputs
        if archive.way == DIRECT:
            place = getattr(models, f"{verb}DirectArchiveSourceDetails")(**direct_fields(archive))
        else:
            if self._stored is None:
                self._stored = put_in_bucket(archive, outputs, self._objects)
                self._tell("uploaded", f"{outputs.bucket}/{object_name(outputs)}")
            place = getattr(models, f"{verb}ObjectStorageArchiveSourceDetails")(**self._stored)
        runtime = getattr(models, f"{verb}FunctionUpdateRuntimeConfig")
        return getattr(models, f"{verb}ArchiveFunctionSourceDetails")(
            archive_source_details=place,
            handler=HANDLER,
            runtime_config=runtime(functions_runtime_name=self._runtime),
        )

    def _hand_on(self, ids: Mapping[str, str], invoke_endpoint: str) -> bool:
        """Write the variables of the second apply; whether they are new."""
        path = self._terraform / VARIABLES
        variables = {"code_only": True, "function_ids": dict(ids), "invoke_endpoint": invoke_endpoint}
        text = json.dumps(variables, indent=2, sort_keys=True) + "\n"
        is_new = not path.exists() or path.read_text("utf-8") != text
        self._tell("variables", f"{path}: {'write' if is_new else 'unchanged'}")
        if is_new and self._apply:
            path.write_text(text, "utf-8")
        return is_new

    def _close(self, changes: int) -> None:
        if not changes:
            print("Everything is as it is to be.", file=self._out)
        elif self._apply:
            print(f"Done. Next: terraform -chdir={self._terraform} apply", file=self._out)
        else:
            print("Nothing was changed. The same command with --apply does it.", file=self._out)

    def _tell(self, what: str, text: str) -> None:
        print(f"{what:12} {text}", file=self._out, flush=True)
