#!/bin/sh
# Generates the Go packages of every proto into the folder $1, laid out as in clients/go.
# Needs protoc, protoc-gen-go, protoc-gen-go-grpc; `make proto` runs it where these are pinned.
set -eu
out=$1
module=dpulab.internal/opi
cd "$(dirname "$0")/../../proto"

protos=$(find . -name '*.proto' | sed 's,^\./,,' | LC_ALL=C sort)
set -- -I. -I"${GOOGLEAPIS:-/usr/lib/python3/dist-packages}" --go_out="$out" --go-grpc_out="$out" \
  --go_opt=module=$module --go-grpc_opt=module=$module

# The go_package options keep upstream's import paths, so ours are given here:
# opi_api/network/evpn_gw/v1alpha1/x.proto is in package evpngwv1alpha1, folder network/evpn_gw/v1alpha1.
for proto in $protos; do
  folder=$(dirname "${proto#opi_api/}")
  package=$(echo "$folder" | sed -E 's,^network/,,; s,[/_],,g')
  set -- "$@" "--go_opt=M$proto=$module/$folder;$package" "--go-grpc_opt=M$proto=$module/$folder;$package"
done
mkdir -p "$out"
exec protoc "$@" $protos
