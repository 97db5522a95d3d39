#!/usr/bin/env bash
# Deploys with an image, from Cloud Shell or any machine with the same tools: builds the image, pushes it to the
# region's registry, and lets Terraform build the rest. Without --apply it changes nothing and shows the plan.
set -euo pipefail

PROJECT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

APPLY=no
COMPARTMENT=""
CONTEXT="$PROJECT/dist/image"
ENGINE=""
REGION="${OCI_REGION:-}"
REGISTRY=""
REPOSITORY=oci-inventory
SHAPE=GENERIC_X86
TAG=""
TENANCY="${OCI_TENANCY:-}"
VAR_FILE=""

usage() {
  cat <<'TEXT'
usage: deploy/cloud_shell.sh --compartment OCID [options]
       deploy/cloud_shell.sh --compartment OCID [options] --apply

Builds the image from what `make package` left in dist/image, pushes it to the registry of the region, and
applies the Terraform configuration in terraform/ with it. Without --apply it only looks: it says which steps
it would take and shows Terraform's plan (for which terraform init fetches its plug-ins). What is there already
is left as it is, so a second run with the same code and variables changes nothing.

where:
  --compartment OCID   the compartment, below the root, for the repository and all resources; required
  --region NAME        the region; the default is $OCI_REGION, which Cloud Shell sets
  --tenancy OCID       the tenancy; the default is $OCI_TENANCY, which Cloud Shell sets

the image:
  --context DIR        the build context, with a Dockerfile; the default is dist/image
  --repository NAME    the name of the repository; the default is oci-inventory
  --tag TAG            the tag; the default is the project's version, a hash of the build context and the shape.
                       An image that the registry has under this tag is used as it is; a tag of your own builds
                       again, for example upon a newer base image
  --registry HOST      the registry; the default is <region key>.ocir.io
  --shape SHAPE        GENERIC_X86 (the default) or GENERIC_ARM: what the image is built for and runs on
  --engine PROGRAM     docker or podman; the default is the first that is there

Terraform:
  --var-file FILE      more variables for Terraform, as *.tfvars; tenancy, compartment, region, image, shape and
                       code_only are set by this script
  --apply              take the steps

more:
  --help               this text

exit codes:
  0  everything is as asked for, or, without --apply, the plan was shown
  1  something is missing, or a step failed; no later step was taken
  2  wrong usage
TEXT
}

main() {
  read_options "$@"
  check_prerequisites
  look_up
  tell_target
  provide_image
  run_terraform
}

wrong_usage() {
  echo "cloud_shell.sh: $1" >&2
  echo "cloud_shell.sh: --help explains all options" >&2
  exit 2
}

failed() {
  echo "cloud_shell.sh: $1" >&2
  exit 1
}

read_options() {
  while [ $# -gt 0 ]; do
    case "$1" in
      --apply) APPLY=yes ;;
      --help)
        usage
        exit 0
        ;;
      --compartment | --context | --engine | --region | --registry | --repository | --shape | --tag | --tenancy | --var-file)
        [ $# -ge 2 ] || wrong_usage "$1 has no value"
        take_value "$1" "$2"
        shift
        ;;
      *) wrong_usage "unknown option '$1'; allowed: those that --help lists" ;;
    esac
    shift
  done
  [ -n "$COMPARTMENT" ] || wrong_usage "--compartment is missing; allowed: the OCID of a compartment below the root"
  [ -n "$REGION" ] || wrong_usage "--region is missing, and OCI_REGION is not set; allowed: such as us-ashburn-1"
  [ -n "$TENANCY" ] || wrong_usage "--tenancy is missing, and OCI_TENANCY is not set; allowed: the OCID of the tenancy"
}

take_value() { # option, value
  case "$1" in
    --compartment)
      check_form "$1" "$2" '^ocid1\.compartment\.[^[:space:]]+$' "the OCID of a compartment below the root"
      COMPARTMENT="$2"
      ;;
    --context)
      [ -f "$2/Dockerfile" ] || wrong_usage "$1 is '$2'; allowed: a folder with a Dockerfile"
      CONTEXT="$2"
      ;;
    --engine)
      check_form "$1" "$2" '^(docker|podman)$' "docker, podman"
      ENGINE="$2"
      ;;
    --region)
      check_form "$1" "$2" '^[a-z]+(-[a-z]+)+-[0-9]+$' "the name of a region such as us-ashburn-1"
      REGION="$2"
      ;;
    --registry)
      check_form "$1" "$2" '^[a-z0-9.-]+\.[a-z]+$' "a host such as iad.ocir.io"
      REGISTRY="$2"
      ;;
    --repository)
      check_form "$1" "$2" '^[a-z0-9]+([._/-][a-z0-9]+)*$' "lower-case letters and digits, in parts separated by one of . _ / -"
      REPOSITORY="$2"
      ;;
    --shape)
      check_form "$1" "$2" '^GENERIC_(X86|ARM)$' "GENERIC_X86, GENERIC_ARM"
      SHAPE="$2"
      ;;
    --tag)
      check_form "$1" "$2" '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$' "up to 128 letters, digits and _ . -"
      TAG="$2"
      ;;
    --tenancy)
      check_form "$1" "$2" '^ocid1\.tenancy\.[^[:space:]]+$' "the OCID of the tenancy"
      TENANCY="$2"
      ;;
    --var-file)
      [ -f "$2" ] || wrong_usage "$1 is '$2'; allowed: a file with Terraform variables"
      VAR_FILE="$(cd "$(dirname "$2")" && pwd)/$(basename "$2")"
      ;;
  esac
}

check_form() { # option, value, pattern, what is allowed
  [[ "$2" =~ $3 ]] || wrong_usage "$1 is '$2'; allowed: $4"
}

check_prerequisites() {
  if [ -z "$ENGINE" ]; then
    if command -v docker >/dev/null; then ENGINE=docker; else ENGINE=podman; fi
  fi
  command -v "$ENGINE" >/dev/null || failed "$ENGINE is not installed; it builds the image (docker and podman will do)"
  command -v sha256sum >/dev/null || failed "sha256sum is not installed; it makes the image's tag"
  command -v terraform >/dev/null || failed "terraform is not installed; 1.5 or newer is needed"
  command -v oci >/dev/null || failed "oci, Oracle's command line, is not installed; deploy/preflight.sh --oci-cli installs it"
  [ -f "$CONTEXT/Dockerfile" ] || failed "$CONTEXT has no Dockerfile; \`make package\` writes it"
}

# Everything in here only reads.
look_up() {
  local namespace region_key
  namespace="$(oci os ns get --query data --raw-output)" || failed "the namespace of the tenancy cannot be read; does \`oci os ns get\` work?"
  if [ -z "$REGISTRY" ]; then
    region_key="$(oci iam region list --query "data[?name=='$REGION'].key | [0]" --raw-output)" || failed "the regions cannot be listed"
    [ -n "$region_key" ] || wrong_usage "--region is '$REGION'; allowed: a region that \`oci iam region list\` shows"
    REGISTRY="$(lower "$region_key").ocir.io"
  fi
  [ -n "$TAG" ] || TAG="$(version)-$(context_hash)-$(lower "${SHAPE#GENERIC_}")"
  IMAGE="$REGISTRY/$namespace/$REPOSITORY:$TAG"
}

lower() {
  tr '[:upper:]' '[:lower:]' <<<"$1"
}

version() {
  sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$PROJECT/inventory/__init__.py"
}

context_hash() {
  (cd "$CONTEXT" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-12)
}

tell_target() {
  echo "Region       $REGION"
  echo "Compartment  $COMPARTMENT"
  echo "Image        $IMAGE"
}

provide_image() {
  local found
  found="$(first_listed image --repository-name "$REPOSITORY" --image-version "$TAG")"
  if [ -n "$found" ]; then
    echo "The registry has the image: nothing to build."
    return
  fi
  found="$(first_listed repository --display-name "$REPOSITORY")"
  if [ -z "$found" ]; then
    step "make the repository $REPOSITORY" make_repository
  fi
  # Docker's default attestations would make an index of what is to be one image; podman knows none.
  step "build the image from $CONTEXT" env BUILDX_NO_DEFAULT_ATTESTATIONS=1 "$ENGINE" build --platform "$(platform)" --tag "$IMAGE" "$CONTEXT"
  step "sign in to $REGISTRY" sign_in
  step "push the image" "$ENGINE" push "$IMAGE"
}

make_repository() {
  oci artifacts container repository create --region "$REGION" --compartment-id "$COMPARTMENT" \
    --display-name "$REPOSITORY" --is-public false >/dev/null
}

first_listed() { # image or repository, filters...
  local kind="$1"
  shift
  oci artifacts container "$kind" list --region "$REGION" --compartment-id "$COMPARTMENT" "$@" \
    --lifecycle-state AVAILABLE --query 'data.items[0].id' --raw-output || failed "the registry's list ($kind) cannot be read"
}

platform() {
  if [ "$SHAPE" = GENERIC_ARM ]; then echo linux/arm64; else echo linux/amd64; fi
}

# With a token that lives for minutes, in place of an auth token that somebody has to make and keep.
sign_in() {
  oci raw-request --http-method GET --target-uri "https://$REGISTRY/20180419/docker/token" --query data.token --raw-output |
    "$ENGINE" login "$REGISTRY" --username BEARER_TOKEN --password-stdin
}

# Steps change something: they are told, and taken only with --apply.
step() { # what it does, command...
  local text="$1"
  shift
  if [ "$APPLY" = no ]; then
    echo "Would: $text."
    return
  fi
  echo "Now: $text."
  "$@" || failed "the step '$text' failed; what it said stands above, and no later step was taken"
}

run_terraform() {
  local plan_directory code=0
  plan_directory="$(mktemp -d)"
  # shellcheck disable=SC2064 # the directory's name of now
  trap "rm -rf '$plan_directory'" EXIT
  terraform -chdir="$PROJECT/terraform" init -input=false || failed "terraform init failed; what it said stands above"
  plan "$plan_directory/plan" || code=$?
  case "$code" in
    0) echo "Terraform has nothing to change." ;;
    2) step "apply Terraform's plan" terraform -chdir="$PROJECT/terraform" apply -input=false "$plan_directory/plan" ;;
    *) failed "terraform plan failed; what it said stands above" ;;
  esac
  if [ "$APPLY" = no ]; then
    echo "Nothing was changed. The same command with --apply takes these steps."
  fi
}

# Exit code 0: nothing to change, 2: something to change.
plan() { # file for the plan
  local arguments=(-input=false -detailed-exitcode "-out=$1")
  if [ -n "$VAR_FILE" ]; then
    arguments+=("-var-file=$VAR_FILE")
  fi
  arguments+=(
    -var "tenancy_ocid=$TENANCY"
    -var "compartment_ocid=$COMPARTMENT"
    -var "region=$REGION"
    -var "image=$IMAGE"
    -var "shape=$SHAPE"
    -var code_only=false # whatever deploy/code_only.py may have left beside the configuration
  )
  terraform -chdir="$PROJECT/terraform" plan "${arguments[@]}"
}

main "$@"
