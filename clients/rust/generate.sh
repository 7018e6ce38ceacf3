#!/bin/sh
# Generates the Rust modules of every proto into the folder $1, as they are in src/generated.
# Needs protoc, python3, cargo; `make proto` runs it where these are pinned.
set -eu
out=$1
cd "$(dirname "$0")"
python3 lock.py restore

mkdir -p "$out"
descriptors=$(mktemp)
trap 'rm -f "$descriptors"' EXIT
(
  cd ../../proto
  protoc -I. -I"${GOOGLEAPIS:-/usr/lib/python3/dist-packages}" --include_imports \
    --include_source_info --descriptor_set_out="$descriptors" \
    $(find . -name '*.proto' | sed 's,^\./,,' | LC_ALL=C sort)
)
cargo run --locked --package codegen -- "$descriptors" "$out"
