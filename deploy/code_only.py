"""Create or update the three functions from an archive, as Terraform wants them.

The Terraform provider has no argument for functions without an image. So Terraform makes everything but the
functions (code_only=true) and outputs what they are to be; this makes them so, and writes their OCIDs to
functions.auto.tfvars.json beside the configuration, for a second apply.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

import oci

from deploy.archive import BUCKET, DIRECT, ArchiveError, open_archive
from deploy.clients import open_clients
from deploy.credentials import AUTHS, credentials
from deploy.deployment import Deployment
from deploy.functions import FunctionFailedError, FunctionsApi
from deploy.wanted import OutputsError, read_outputs, terraform_outputs
from inventory import __version__
from inventory.cli.options import API_KEY
from inventory.errors import InvalidSettings

PROJECT = Path(__file__).resolve().parents[1]
DONE = 0
FAILED = 1
UNUSABLE = 2
_LONGEST_WAIT_SECONDS = 86_400

_EPILOG = """\
exit codes:
  0  the functions are as they are to be, or, without --apply, it was told what would be done
  1  a call or a function failed; what was done before stays, and a second run goes on from there
  2  wrong usage, or outputs, archive or credentials cannot be used

examples:
  python -m deploy.code_only
  python -m deploy.code_only --apply
  python -m deploy.code_only --auth delegation_token --apply     in Cloud Shell
"""


def main(arguments: Sequence[str], environ: Mapping[str, str], out: TextIO, err: TextIO) -> int:
    """Run the command; returns the exit code. argparse ends the process for --help and wrong options."""
    given = _parser().parse_args(arguments)
    try:
        outputs = read_outputs(_told(given.outputs) if given.outputs else terraform_outputs(given.terraform))
        archive = open_archive(given.archive, way=given.way)
        who = credentials(given.auth, oci_config=given.oci_config, profile=given.profile, environ=environ)
        with open_clients(who, region=given.region, endpoint_template=given.endpoint_template) as clients:
            Deployment(
                outputs=outputs,
                archive=archive,
                runtime=given.runtime,
                api=FunctionsApi(
                    clients.management,
                    clients.work_requests,
                    application_id=outputs.application_id,
                    wait_seconds=given.wait_seconds,
                ),
                objects=clients.objects,
                terraform=given.terraform,
                apply=given.apply,
                out=out,
            ).run()
    except (OutputsError, ArchiveError, InvalidSettings, OSError) as error:
        print(f"code_only: {error}", file=err)
        return UNUSABLE
    except (FunctionFailedError, oci.exceptions.RequestException) as error:
        print(f"code_only: {error}", file=err)
        return FAILED
    except oci.exceptions.ServiceError as error:
        print(f"code_only: {_answer(error)}", file=err)
        return FAILED
    return DONE


def _told(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OutputsError(
            f"--outputs is {path}, which cannot be read ({error}); allowed: a file with what "
            "`terraform output -json` printed"
        ) from error


def _seconds(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _LONGEST_WAIT_SECONDS:
        raise argparse.ArgumentTypeError(
            f"{text!r}; allowed: a whole number from 0 to {_LONGEST_WAIT_SECONDS}"
        )
    return int(text)


def _answer(error: oci.exceptions.ServiceError) -> str:
    advice = (
        " Are --region, --auth and --profile right, and may that principal manage functions there?"
        if error.status == 404
        else ""
    )
    return (
        f"{error.operation_name} was answered {error.status} {error.code}: {error.message} "
        f"(opc-request-id {error.request_id}).{advice}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.code_only",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--apply", action="store_true", help="do it; without, it is only told what would be done"
    )
    what = parser.add_argument_group("what")
    what.add_argument(
        "--archive",
        type=Path,
        default=PROJECT / "dist" / f"oci-inventory-code-{__version__}.zip",
        metavar="FILE",
        help="the archive; default: what `make package` left in dist",
    )
    what.add_argument(
        "--runtime",
        default="python312.ol9",
        metavar="NAME",
        help="the Functions runtime, for whose Python the archive was built; default: %(default)s",
    )
    what.add_argument(
        "--way",
        choices=(DIRECT, BUCKET),
        help="how the archive travels: in the request (up to 25 MB) or by the inventory's bucket (up to "
        "250 MB); default: in the request if it is small enough",
    )
    what.add_argument(
        "--terraform",
        type=Path,
        default=PROJECT / "terraform",
        metavar="DIR",
        help="the Terraform configuration that was applied with code_only=true; default: the project's",
    )
    what.add_argument(
        "--outputs",
        type=Path,
        metavar="FILE",
        help="what `terraform output -json` printed, in place of asking Terraform",
    )
    what.add_argument(
        "--wait-seconds",
        type=_seconds,
        default=900,
        metavar="N",
        help="how long to wait for a function that is made or changed; default: %(default)s",
    )
    who = parser.add_argument_group("who and where")
    who.add_argument(
        "--auth",
        choices=AUTHS,
        default=API_KEY,
        help="how to sign; default: %(default)s; in Cloud Shell: delegation_token",
    )
    who.add_argument(
        "--oci-config",
        type=Path,
        default=Path("~/.oci/config"),
        metavar="FILE",
        help="the OCI configuration file for api_key and security_token; default: %(default)s",
    )
    who.add_argument("--profile", default="DEFAULT", help="the profile in that file; default: %(default)s")
    who.add_argument("--region", help="the application's region; default: that of the profile or principal")
    who.add_argument(
        "--endpoint-template",
        metavar="URL",
        help="a URL with {service} and {region} that replaces OCI's own host names",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, sys.stdout, sys.stderr))
