#!/usr/bin/env bash
# Says what a machine lacks for this project, and installs Python packages into the project's folder.
set -euo pipefail

PROJECT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="$PROJECT/.venv"
OCI_CLI_VENV="$PROJECT/.venv-cli"

INSTALL_CLI=no
INSTALL_DEV=no
INSTALL_OCI_CLI=no
OFFLINE=""
DOWNLOAD=""
PYTHON=""
MISSING=0

usage() {
  cat <<'TEXT'
usage: deploy/preflight.sh [--cli] [--dev] [--oci-cli] [--offline DIR | --download DIR] [--python PROGRAM]

Says for each prerequisite whether it is there, then makes .venv and installs what is asked for.
Without a choice of what to install it only looks. Nothing is installed outside of the project's folder.

what to install:
  --cli             the operator's command oci-inv, and what deploy.code_only needs, into .venv;
                    with --dev beside it, make leaves that as it is
  --dev             all for development and tests, into .venv, as `make setup` does
  --oci-cli         Oracle's command line `oci`, into .venv-cli, as `make cli-test` does

where from:
  --download DIR    instead of installing, fetch the wheels of what is chosen into DIR, for this platform
                    and this version of Python
  --offline DIR     install from the wheels in DIR alone; no network is used
  (neither)         from the package index that pip is set up for

more:
  --python PROGRAM  the Python to use; the default is the first of python3, python3.14, python3.13,
                    python3.12 and python3.11 that is 3.11 or newer
  --help            this text

exit codes:
  0  all that is required is there, and what was asked for is installed
  1  something required is missing, or an installation failed
  2  wrong usage
TEXT
}

main() {
  read_options "$@"
  check_all
  if [ "$MISSING" -gt 0 ]; then
    echo "Not ready: required and missing: $MISSING."
    exit 1
  fi
  if [ "$INSTALL_CLI" = yes ]; then
    provide "$VENV" requirements/operator.txt
    install_project
  fi
  if [ "$INSTALL_DEV" = yes ]; then
    provide "$VENV" requirements/dev.txt
    # As a shell of its own, for it may fail.
    (provide "$VENV" requirements/terraform.txt --only-binary :all:) ||
      echo "No Terraform core for this platform: some tests will be skipped" >&2
    mark_ready "$VENV"
  fi
  if [ "$INSTALL_OCI_CLI" = yes ]; then
    provide "$OCI_CLI_VENV" requirements/cli-test.txt
    mark_ready "$OCI_CLI_VENV"
  fi
  tell_result
}

wrong_usage() {
  echo "preflight.sh: $1" >&2
  echo "preflight.sh: --help explains all options" >&2
  exit 2
}

failed() {
  echo "preflight.sh: $1" >&2
  exit 1
}

read_options() {
  while [ $# -gt 0 ]; do
    case "$1" in
      --cli) INSTALL_CLI=yes ;;
      --dev) INSTALL_DEV=yes ;;
      --oci-cli) INSTALL_OCI_CLI=yes ;;
      --offline | --download | --python)
        [ $# -ge 2 ] || wrong_usage "$1 has no value"
        take_value "$1" "$2"
        shift
        ;;
      --help)
        usage
        exit 0
        ;;
      *) wrong_usage "unknown option '$1'; allowed: --cli, --dev, --oci-cli, --offline, --download, --python, --help" ;;
    esac
    shift
  done
  if [ -n "$OFFLINE" ] && [ -n "$DOWNLOAD" ]; then
    wrong_usage "--offline and --download exclude each other; allowed: one of them"
  fi
  if [ -n "$OFFLINE$DOWNLOAD" ] && [ "$INSTALL_CLI$INSTALL_DEV$INSTALL_OCI_CLI" = nonono ]; then
    wrong_usage "--offline and --download need at least one of --cli, --dev and --oci-cli"
  fi
}

take_value() {
  case "$1" in
    --offline)
      [ -n "$(find "$2" -maxdepth 1 -name '*.whl' -print -quit 2>/dev/null)" ] ||
        wrong_usage "--offline is '$2'; allowed: a folder with wheels, as --download fills it"
      OFFLINE="$(cd "$2" && pwd)"
      ;;
    --download)
      { [ -n "$2" ] && mkdir -p "$2" 2>/dev/null; } ||
        wrong_usage "--download is '$2'; allowed: a folder, or the name of one that can be made"
      DOWNLOAD="$(cd "$2" && pwd)"
      ;;
    --python)
      is_new_enough "$2" || wrong_usage "--python is '$2'; allowed: Python 3.11 or newer"
      PYTHON="$(command -v "$2")"
      ;;
  esac
}

is_new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

report() { # verdict, name, text
  printf '%-9s %-10s %s\n' "$1" "$2" "$3"
}

missing() { # name, what to do
  report MISSING "$1" "$2"
  MISSING=$((MISSING + 1))
}

check_all() {
  check_python
  check_required make "runs all commands of the project"
  check_required git "fetches the project, and tells its version"
  check_optional terraform "needed to deploy from here; Cloud Shell and Resource Manager have it"
  check_container_engine
  check_optional oci "needed by deploy/cloud_shell.sh; Cloud Shell has it, and --oci-cli installs it"
}

check_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if [ -z "$PYTHON" ] && is_new_enough "$candidate"; then
      PYTHON="$(command -v "$candidate")"
    fi
  done
  if [ -z "$PYTHON" ]; then
    missing python "Python 3.11 or newer is required; --python names one that is not on the PATH"
  elif ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
    missing python "$PYTHON lacks venv or ensurepip; Debian and Ubuntu have them in the package python3-venv"
  else
    report ok python "$("$PYTHON" -c 'import platform; print(platform.python_version())') ($PYTHON)"
  fi
}

check_required() { # program, what it is for
  if command -v "$1" >/dev/null; then
    report ok "$1" "$(command -v "$1")"
  else
    missing "$1" "required: $2"
  fi
}

check_optional() { # program, what it is for
  if command -v "$1" >/dev/null; then
    report ok "$1" "$(command -v "$1")"
  else
    report absent "$1" "optional: $2"
  fi
}

check_container_engine() {
  if command -v docker >/dev/null; then
    report ok docker "$(command -v docker)"
  else
    check_optional podman "or docker; needed to build the image, and not for the way without one"
  fi
}

provide() { # virtual environment, file with locked requirements, more for an installation...
  local venv="$1" file="$2"
  shift 2
  make_venv "$venv"
  if [ -n "$DOWNLOAD" ]; then
    echo "Fetching $file into $DOWNLOAD"
    run_pip "$venv" download --only-binary :all: --dest "$DOWNLOAD" --require-hashes -r "$PROJECT/$file"
  else
    echo "Installing $file into $venv"
    run_pip_install "$venv" "$@" --require-hashes -r "$PROJECT/$file"
  fi
}

make_venv() {
  if [ ! -x "$1/bin/python" ]; then
    echo "Making $1"
    "$PYTHON" -m venv "$1" || failed "$PYTHON could not make the virtual environment $1"
  fi
}

# The command starts from the project's folder, and setuptools is among what is locked.
install_project() {
  if [ -z "$DOWNLOAD" ]; then
    run_pip_install "$VENV" --no-deps --no-build-isolation --editable "$PROJECT"
  fi
}

run_pip_install() {
  local venv="$1"
  shift
  if [ -n "$OFFLINE" ]; then
    # Isolated from variables and files that name an index.
    run_pip "$venv" --isolated install --no-compile --no-index --find-links "$OFFLINE" "$@"
  else
    run_pip "$venv" install --no-compile "$@"
  fi
}

run_pip() {
  local venv="$1"
  shift
  "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@" || failed "pip failed; what it said stands above"
}

mark_ready() { # what make looks at
  if [ -z "$DOWNLOAD" ]; then
    touch "$1/.ready"
  fi
}

tell_result() {
  echo "Ready."
  if [ -n "$DOWNLOAD" ]; then
    echo "Take the folder along: deploy/preflight.sh with --offline in place of --download installs from it."
    return
  fi
  if [ "$INSTALL_CLI" = yes ]; then
    echo "The command: $VENV/bin/oci-inv --help"
  fi
  if [ "$INSTALL_OCI_CLI" = yes ]; then
    echo "Oracle's command line: $OCI_CLI_VENV/bin/oci"
  fi
}

main "$@"
