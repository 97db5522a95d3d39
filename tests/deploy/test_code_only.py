"""Functions from an archive, against the emulated Functions API: made, left alone, changed, and told of."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import oci

from deploy.code_only import PROJECT
from deploy.wanted import ROLES
from inventory.settings import Settings
from tests.deploy.tenancy import BUCKET, NAMESPACE, TOPIC, Place, write_archive
from tests.terraform.blocks import labelled, read_directory

CREATE = "POST /20260325/functions"
UPDATE = "PUT /20260325/functions/{id}"
UPLOAD = "PUT /n/{namespaceName}/b/{bucketName}/o/{objectName}"


def variables(place: Place) -> Path:
    return place.folder / "terraform" / "functions.auto.tfvars.json"


def test_without_apply_it_says_what_it_would_make_and_makes_nothing(place: Place) -> None:
    assert place.run() == 0
    for role in ROLES:
        assert re.search(rf"{role} +oci-inventory-{role}: create", place.told)
    assert "Nothing was changed" in place.told
    assert place.writes() == []
    assert place.functions.functions() == []
    assert not variables(place).exists()


def test_functions_are_made_in_the_order_in_which_they_are_told_of_each_other(place: Place) -> None:
    """Each takes a while to make, and is waited for."""
    place.functions.management.work.seconds = 0.3
    place.apply()
    assert place.writes() == [CREATE] * 3
    assert [function.display_name for function in place.functions.functions()] == [
        f"oci-inventory-{role}" for role in ROLES
    ]
    made = place.made()
    assert "INVENTORY_AGGREGATOR_FUNCTION_ID" not in place.answers("aggregator")["config"]
    for role in ("region", "controller"):
        config = place.answers(role)["config"]
        assert config["INVENTORY_AGGREGATOR_FUNCTION_ID"] == made["aggregator"].ocid
        assert config["INVENTORY_INVOKE_ENDPOINT"] == made["aggregator"].invoke_endpoint
    controller = place.answers("controller")
    assert controller["config"]["INVENTORY_REGION_FUNCTION_ID"] == made["region"].ocid
    assert controller["word"] == "one"


def test_their_configurations_are_settings_that_each_role_accepts(place: Place) -> None:
    place.apply()
    for role, function in place.made().items():
        settings = Settings.from_mapping({**function.config, "FN_FN_ID": function.ocid})
        assert settings.role == role
        assert settings.aggregator_function_id == place.made()["aggregator"].ocid


def test_limits_destination_tags_and_source_are_those_that_terraform_wants(place: Place) -> None:
    place.values["function_limits"]["region"]["memory_in_mbs"] = 2048
    place.values["function_options"]["tracing_enabled"] = True
    place.apply()
    shown = place.made()["region"].to_dict()
    assert (shown["memoryInMBs"], shown["timeoutInSeconds"], shown["detachedModeTimeoutInSeconds"]) == (
        2048,
        120,
        1800,
    )
    assert shown["failureDestination"] == {"kind": "NOTIFICATION", "topicId": TOPIC}
    assert shown["traceConfig"] == {"isEnabled": True}
    sha256 = hashlib.sha256(place.archive.read_bytes())
    assert shown["freeformTags"] == {"team": "platform", "archive_sha256": sha256.hexdigest()}
    assert shown["definedTags"] == {"Operations": {"CostCenter": "42"}}
    source = shown["sourceDetails"]
    assert source["handler"] == "func.handler"
    assert source["archiveSourceDetails"] == {"archiveSourceType": "DIRECT_ARCHIVE"}
    assert base64.b64decode(source["sourceCodeSha256"]) == sha256.digest()
    assert source["runtimeConfig"] == {
        "runtimeConfigType": "FUNCTION_UPDATE",
        "functionsRuntimeName": "python312.ol9",
    }


def test_the_outputs_that_are_read_are_those_that_terraform_has(place: Place) -> None:
    outputs = dict(labelled(read_directory(PROJECT / "terraform")["output"]))
    assert set(place.values) <= set(outputs)
    assert set(outputs["function_configs"]["value"]) == set(ROLES)
    assert set(outputs["function_options"]["value"]) == set(place.values["function_options"])
    for name in list(place.values):
        kept = place.values.pop(name)
        assert place.run() == 2, name
        assert f"no output {name};" in place.complained
        place.values[name] = kept


def test_ids_and_endpoint_are_written_for_the_second_apply(place: Place) -> None:
    place.apply()
    made = place.made()
    assert json.loads(variables(place).read_text()) == {
        "code_only": True,
        "function_ids": {role: function.ocid for role, function in made.items()},
        "invoke_endpoint": made["aggregator"].invoke_endpoint,
    }
    assert f"terraform -chdir={place.folder / 'terraform'} apply" in place.told


def test_a_second_run_sends_nothing(place: Place) -> None:
    """Also when Terraform has been told of the functions, and so outputs their whole configuration."""
    place.apply()
    place.writes()
    place.apply()
    assert place.writes() == []
    assert place.told.count("unchanged") == 4
    place.values["function_configs"] = {role: dict(each.config) for role, each in place.made().items()}
    place.apply()
    assert place.writes() == []
    assert "Everything is as it is to be." in place.told


def test_a_changed_setting_updates_the_one_function_without_its_code(place: Place) -> None:
    place.apply()
    place.writes()
    place.values["function_configs"]["region"]["INVENTORY_DEPTH"] = "bulk"
    assert place.run() == 0
    assert "config INVENTORY_DEPTH: full -> bulk" in place.told
    assert place.told.count(": update") == 1
    assert place.writes() == []
    place.apply()
    assert place.writes() == [UPDATE]
    assert place.answers("region")["config"]["INVENTORY_DEPTH"] == "bulk"
    assert place.answers("region")["word"] == "one"
    assert place.answers("aggregator")["config"]["INVENTORY_DEPTH"] == "full"
    place.apply()
    assert place.writes() == []


def test_every_difference_is_told_and_taken_away(place: Place) -> None:
    place.apply()
    place.values["topic_id"] = "t2"
    place.values["function_options"] = {
        "tracing_enabled": True,
        "freeform_tags": {"team": "other"},
        "defined_tags": {"Operations.CostCenter": "42", "Operations.Owner": "me"},
    }
    place.values["function_limits"]["region"] = {
        "memory_in_mbs": 512,
        "timeout_in_seconds": 60,
        "detached_timeout_in_seconds": 90,
    }
    place.values["function_configs"]["region"].pop("INVENTORY_DEPTH")
    everywhere = [
        f"failure_destination: {TOPIC} -> t2",
        "tracing: False -> True",
        "tag team: platform -> other",
        "tag Operations.Owner: (none) -> me",
    ]
    of_one = [
        "memory_in_mbs: 1024 -> 512",
        "timeout_in_seconds: 120 -> 60",
        "detached_mode_timeout_in_seconds: 1800 -> 90",
        "config INVENTORY_DEPTH: full -> (none)",
    ]
    assert place.run() == 0
    told = [line.strip() for line in place.told.splitlines() if " -> " in line]
    assert sorted(told) == sorted([*everywhere * 3, *of_one])
    place.apply()
    place.writes()
    place.apply()
    assert place.writes() == []


def test_new_code_reaches_all_functions(place: Place) -> None:
    place.apply()
    place.writes()
    write_archive(place.archive, "two")
    place.apply()
    assert place.writes() == [UPDATE] * 3
    assert {place.answers(role)["word"] for role in ROLES} == {"two"}


def test_tags_that_others_gave_stay(place: Place) -> None:
    place.apply()
    config = oci.config.from_file(str(place.config))
    client = oci.functions.FunctionsManagementClient(
        config, service_endpoint=place.endpoint_template.format(service="functions", region=config["region"])
    )
    function = place.made()["region"]
    tags = {**function.to_dict()["freeformTags"], "by": "somebody"}
    client.update_function(function.ocid, oci.functions.models.UpdateFunctionDetails(freeform_tags=tags))
    client.base_client.session.close()
    place.writes()
    write_archive(place.archive, "two")
    place.apply()
    assert place.made()["region"].to_dict()["freeformTags"]["by"] == "somebody"
    assert place.answers("region")["word"] == "two"


def test_a_large_archive_travels_once_by_the_bucket(place: Place) -> None:
    assert place.run("--way", "bucket", "--apply") == 0, place.complained
    assert place.writes() == [UPLOAD] + [CREATE] * 3
    name = "inventory/code.zip"
    assert place.storage.content(NAMESPACE, BUCKET, name) == place.archive.read_bytes()
    assert place.made()["region"].to_dict()["sourceDetails"]["archiveSourceDetails"] == {
        "archiveSourceType": "OBJECT_STORAGE_ARCHIVE",
        "namespace": NAMESPACE,
        "bucketName": BUCKET,
        "objectName": name,
    }
    assert place.answers("region")["word"] == "one"
    assert place.run("--way", "bucket", "--apply") == 0
    assert place.writes() == []
    write_archive(place.archive, "two")
    assert place.run("--way", "bucket", "--apply") == 0
    assert place.writes() == [UPLOAD] + [UPDATE] * 3
    assert place.answers("region")["word"] == "two"
