"""Functions that a person makes and changes: from archives and images, by work requests."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from functions_bench import REGION, TENANCY, Bench, eventually, refused

from emulator.functions.archives import MAX_DIRECT_BYTES
from emulator.wire import Principal, Request, Response, ServiceError

PERSON = Principal(kind="user", ocid="ocid1.user.oc1..u", tenancy_id=TENANCY, compartment_id=TENANCY)
FUNCTION = Principal(kind="resource", ocid="ocid1.fnfunc.oc1..f", tenancy_id=TENANCY, compartment_id=TENANCY)
IMAGE = "iad.ocir.io/namespace/inventory:0.1.0"
TELL = "import os\ndef handler(ctx, data=None):\n    return os.environ['WORD'] + ' {}'\n"


def zipped(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def archive(text: str = TELL.format("one")) -> bytes:
    return zipped(**{"function/func.py": text})


def source(content: bytes | None = None, **changes: Any) -> dict[str, Any]:
    place = {
        "archiveSourceType": "DIRECT_ARCHIVE",
        "archiveFile": base64.b64encode(archive() if content is None else content).decode(),
    }
    runtime = {"runtimeConfigType": "FUNCTION_UPDATE", "functionsRuntimeName": "python312.ol9"}
    return {
        "sourceType": "ARCHIVE",
        "archiveSourceDetails": place,
        "handler": "func.handler",
        "runtimeConfig": runtime,
        **changes,
    }


def call(
    bench: Bench,
    method: str,
    path: str,
    body: Any = None,
    *,
    principal: Principal = PERSON,
    **query: str,
) -> Response:
    return bench.service.handle(
        Request(
            service="functions",
            region=REGION,
            method=method,
            path=f"/20260325/{path}",
            target=path,
            query={name: [value] for name, value in query.items()},
            body=json.dumps(body).encode() if body is not None else b"",
        ),
        principal,
    )


def create(bench: Bench, **changes: Any) -> Response:
    details = {
        "displayName": "teller",
        "applicationId": bench.application.ocid,
        "memoryInMBs": 256,
        "config": {"WORD": "hello"},
        "sourceDetails": source(),
        "freeformTags": {"made": "by hand"},
        **changes,
    }
    return call(
        bench, "POST", "functions", {key: value for key, value in details.items() if value is not None}
    )


def ended(bench: Bench, response: Response) -> dict[str, Any]:
    """The work request of an answer, when it has ended."""
    path = f"workRequests/{response.headers['opc-work-request-id']}"

    def look() -> Any:
        found = json.loads(call(bench, "GET", path).body)
        return found if found["status"] != "IN_PROGRESS" else None

    return dict(eventually(look))


def shown(bench: Bench, ocid: str) -> dict[str, Any]:
    return dict(json.loads(call(bench, "GET", f"functions/{ocid}").body))


def listed(bench: Bench, **query: str) -> Response:
    return call(bench, "GET", "functions", applicationId=bench.application.ocid, **query)


def test_a_function_made_from_an_archive_runs_its_code(bench: Bench) -> None:
    answer = create(bench)
    made = json.loads(answer.body)
    assert made["lifecycleState"] == "CREATING"
    assert ended(bench, answer)["status"] == "SUCCEEDED"
    function = shown(bench, made["id"])
    assert function["lifecycleState"] == "ACTIVE"
    assert function["freeformTags"] == {"made": "by hand"}
    assert function["timeoutInSeconds"] == function["detachedModeTimeoutInSeconds"] == 30
    told = function["sourceDetails"]
    assert told["archiveSourceDetails"] == {"archiveSourceType": "DIRECT_ARCHIVE"}
    assert base64.b64decode(told["sourceCodeSha256"]) == hashlib.sha256(archive()).digest()
    assert bench.service.invoke(made["id"]).body == b"hello one"


def test_an_update_replaces_code_and_configuration_in_warm_containers(bench: Bench) -> None:
    answer = create(bench)
    ocid = json.loads(answer.body)["id"]
    ended(bench, answer)
    assert bench.service.invoke(ocid).body == b"hello one"
    changes = {"config": {"WORD": "bye"}, "sourceDetails": source(archive(TELL.format("two")))}
    answer = call(bench, "PUT", f"functions/{ocid}", changes)
    assert shown(bench, ocid)["lifecycleState"] == "UPDATING"
    assert ended(bench, answer)["status"] == "SUCCEEDED"
    assert bench.service.invoke(ocid).body == b"bye two"
    assert shown(bench, ocid)["memoryInMBs"] == 256
    assert shown(bench, ocid)["freeformTags"] == {"made": "by hand"}


def test_a_change_is_refused_while_another_is_on_its_way(bench: Bench) -> None:
    ocid = json.loads(create(bench).body)["id"]
    with pytest.raises(ServiceError) as error:
        call(bench, "PUT", f"functions/{ocid}", {"memoryInMBs": 512})
    assert refused(error) == (409, "IncorrectState")


def test_an_archive_comes_from_object_storage(bench: Bench) -> None:
    objects = {("namespace", "bucket", "code.zip"): archive()}
    bench.service.management.read_object = lambda _application, *place: objects.get(place)
    place = {
        "archiveSourceType": "OBJECT_STORAGE_ARCHIVE",
        "namespace": "namespace",
        "bucketName": "bucket",
        "objectName": "code.zip",
    }
    answer = create(bench, sourceDetails=source(archiveSourceDetails=place))
    ended(bench, answer)
    ocid = json.loads(answer.body)["id"]
    assert shown(bench, ocid)["sourceDetails"]["archiveSourceDetails"] == place
    assert bench.service.invoke(ocid).body == b"hello one"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no zip", "not a ZIP file"),
        (zipped(**{"func.py": TELL}), "no function/func.py"),
        (zipped(**{"function/func.py": TELL, "native/fn-arch-x86/x": ""}), "native/"),
        (zipped(**{"function/func.py": TELL, "../outside": ""}), "leaves it"),
        (None, "cannot read the archive"),
    ],
    ids=["no zip", "no function directory", "native", "path", "no object"],
)
def test_an_archive_that_is_no_function_fails_its_work_request(
    bench: Bench, content: bytes | None, why: str
) -> None:
    details = source(content)
    if content is None:
        details["archiveSourceDetails"] = {
            "archiveSourceType": "OBJECT_STORAGE_ARCHIVE",
            "namespace": "n",
            "bucketName": "b",
            "objectName": "o",
        }
    answer = create(bench, sourceDetails=details)
    work = ended(bench, answer)
    assert work["status"] == "FAILED"
    errors = json.loads(call(bench, "GET", f"workRequests/{work['id']}/errors").body)["items"]
    assert why in errors[0]["message"]
    assert shown(bench, json.loads(answer.body)["id"])["lifecycleState"] == "FAILED"


def test_an_update_with_a_bad_archive_leaves_the_function_as_it_was(bench: Bench) -> None:
    answer = create(bench)
    ocid = json.loads(answer.body)["id"]
    ended(bench, answer)
    answer = call(bench, "PUT", f"functions/{ocid}", {"sourceDetails": source(b"no zip")})
    assert ended(bench, answer)["status"] == "FAILED"
    assert shown(bench, ocid)["lifecycleState"] == "ACTIVE"
    assert bench.service.invoke(ocid).body == b"hello one"


def test_an_image_runs_what_the_registry_holds_under_its_name(bench: Bench) -> None:
    bench.service.management.images[IMAGE] = bench.function.source_dir
    answer = create(bench, sourceDetails={"sourceType": "CONTAINER_IMAGE", "image": IMAGE})
    assert ended(bench, answer)["status"] == "SUCCEEDED"
    ocid = json.loads(answer.body)["id"]
    assert json.loads(bench.service.invoke(ocid, b'{"do": "nothing"}').body)["served"] == 1
    absent = {"sourceType": "CONTAINER_IMAGE", "image": IMAGE.replace("0.1.0", "0.2.0")}
    assert ended(bench, create(bench, displayName="other", sourceDetails=absent))["status"] == "FAILED"


TOO_LARGE = source(b"0" * (MAX_DIRECT_BYTES + 1))
MANUAL = {"runtimeConfigType": "MANUAL", "functionsRuntimeName": "python312.ol9"}


@pytest.mark.parametrize(
    "changes",
    [
        {"displayName": "1st"},
        {"displayName": None},
        {"applicationId": None},
        {"memoryInMBs": None},
        {"memoryInMBs": 300},
        {"timeoutInSeconds": 301},
        {"config": {"WORD": 1}},
        {"config": {"WORD": "x" * 4096}},
        {"sourceDetails": None},
        {"sourceDetails": {"sourceType": "CONTAINER_IMAGE", "image": "inventory"}},
        {"sourceDetails": source(b"")},
        {"sourceDetails": TOO_LARGE},
        {"sourceDetails": source(archiveSourceDetails={"archiveSourceType": "DIRECT_ARCHIVE"})},
        {"sourceDetails": source(archiveSourceDetails={"archiveSourceType": "OBJECT_STORAGE_ARCHIVE"})},
        {"sourceDetails": source(handler="func")},
        {"sourceDetails": source(runtimeConfig={**MANUAL, "runtimeConfigType": "AUTO"})},
        {"sourceDetails": source(runtimeConfig=MANUAL)},
        {"sourceDetails": source(runtimeConfig={**MANUAL, "functionsRuntimeName": "python2"})},
    ],
    ids=lambda changes: str(changes)[:60],
)
def test_details_that_oci_would_not_take_are_refused(bench: Bench, changes: dict[str, Any]) -> None:
    with pytest.raises(ServiceError) as error:
        create(bench, **changes)
    assert refused(error) == (400, "InvalidParameter")
    assert len(bench.service.functions()) == 1


def test_a_name_is_taken_once_in_an_application(bench: Bench) -> None:
    create(bench)
    with pytest.raises(ServiceError) as error:
        create(bench)
    assert error.value.status == 409


def test_functions_are_listed_in_pages_and_by_name(bench: Bench) -> None:
    for name in ("c", "a", "b"):
        create(bench, displayName=name)
    first = listed(bench, limit="3")
    assert [item["displayName"] for item in json.loads(first.body)] == ["a", "b", "c"]
    assert all("config" not in item for item in json.loads(first.body))
    second = listed(bench, limit="3", page=first.headers["opc-next-page"])
    assert [item["displayName"] for item in json.loads(second.body)] == ["orders"]
    assert "opc-next-page" not in second.headers
    (only,) = json.loads(listed(bench, displayName="b").body)
    assert only["id"] == json.loads(listed(bench, id=only["id"]).body)[0]["id"]
    assert json.loads(listed(bench, lifecycleState="FAILED").body) == []
    with pytest.raises(ServiceError) as error:
        listed(bench, limit="51")
    assert refused(error) == (400, "InvalidParameter")


def test_a_deleted_function_is_gone_and_its_name_is_free(bench: Bench) -> None:
    ocid = json.loads(create(bench).body)["id"]
    answer = call(bench, "DELETE", f"functions/{ocid}")
    assert ended(bench, answer)["status"] == "SUCCEEDED"
    with pytest.raises(ServiceError) as error:
        shown(bench, ocid)
    assert error.value.status == 404
    answer = create(bench)
    ended(bench, answer)
    assert shown(bench, json.loads(answer.body)["id"])["lifecycleState"] == "ACTIVE"


def test_functions_manage_no_functions(bench: Bench) -> None:
    ocid = bench.function.ocid
    for method, path in (
        ("GET", "functions"),
        ("POST", "functions"),
        ("PUT", f"functions/{ocid}"),
        ("DELETE", f"functions/{ocid}"),
    ):
        with pytest.raises(ServiceError) as error:
            call(bench, method, path, {}, principal=FUNCTION, applicationId=bench.application.ocid)
        assert error.value.status == 404


def test_another_tenancys_person_sees_none_of_it(bench: Bench) -> None:
    stranger = Principal(kind="user", ocid="ocid1.user.oc1..s", tenancy_id="other", compartment_id="other")
    with pytest.raises(ServiceError) as error:
        call(bench, "PUT", f"functions/{bench.function.ocid}", {"memoryInMBs": 256}, principal=stranger)
    assert error.value.status == 404
