// Command everything writes the descriptors of every package that opi-api has generated code for.
package main

import (
	"log"

	_ "github.com/opiproject/opi-api/inventory/v1/gen/go"
	_ "github.com/opiproject/opi-api/network/cloud/v1alpha1/gen/go"
	_ "github.com/opiproject/opi-api/network/evpn-gw/v1alpha1/gen/go"
	_ "github.com/opiproject/opi-api/network/opinetcommon/v1alpha1/gen/go"
	_ "github.com/opiproject/opi-api/security/v1/gen/go"
	_ "github.com/opiproject/opi-api/security/v1alpha1/gen/go"
	_ "github.com/opiproject/opi-api/storage/v1alpha1/gen/go"

	"dpulab/oracles/dump"
)

func main() {
	if err := dump.ToStdout(); err != nil {
		log.Fatal(err)
	}
}
