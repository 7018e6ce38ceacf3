// Versions behind upstream_go: the stubs as OPI's Go clients pin them.
module dpulab/oracles/upstream_go

go 1.24.0

require (
	github.com/opiproject/opi-api v0.0.0-20241209203403-595a3a1a838b
	google.golang.org/grpc v1.70.0
	google.golang.org/protobuf v1.36.5
)

require (
	github.com/grpc-ecosystem/grpc-gateway/v2 v2.26.1 // indirect
	golang.org/x/net v0.33.0 // indirect
	golang.org/x/sys v0.28.0 // indirect
	golang.org/x/text v0.22.0 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20250204164813-702378808489 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20250204164813-702378808489 // indirect
)
