// Command ipsec writes the descriptors of the IPsec interface that deployed clients speak.
package main

import (
	"log"

	_ "github.com/opiproject/opi-api/security/v1/gen/go"

	"dpulab/oracles/dump"
)

func main() {
	if err := dump.ToStdout(); err != nil {
		log.Fatal(err)
	}
}
