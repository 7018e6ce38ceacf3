// Command upstream_go calls a DPU through the Go stubs that the OPI project itself publishes.
//
//	upstream_go HOST:PORT
//
// It reads the inventory and leads one NVMe subsystem through its life, in the order and with the
// values that OPI's own Go clients use. Each reply is a line on standard output: the method's name
// and the message as JSON. The first call that fails ends it with exit code 1.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	inventory "github.com/opiproject/opi-api/inventory/v1/gen/go"
	storage "github.com/opiproject/opi-api/storage/v1alpha1/gen/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

const id = "opi-nvme-subsystem"

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: upstream_go HOST:PORT")
	}
	conn, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	show("GetInventory")(inventory.NewInventoryServiceClient(conn).
		GetInventory(ctx, &inventory.GetInventoryRequest{}))
	nvme := storage.NewFrontendNvmeServiceClient(conn)
	named := create(ctx, nvme, id)
	live(ctx, nvme, named)
	remove(ctx, nvme, named)
	// An NQN is free again once its subsystem is gone; a client that gives no id gets one.
	remove(ctx, nvme, create(ctx, nvme, ""))
}

func create(ctx context.Context, nvme storage.FrontendNvmeServiceClient, id string) *storage.NvmeSubsystem {
	created, err := nvme.CreateNvmeSubsystem(ctx, &storage.CreateNvmeSubsystemRequest{
		NvmeSubsystemId: id,
		NvmeSubsystem: &storage.NvmeSubsystem{Spec: &storage.NvmeSubsystemSpec{
			Nqn:          "nqn.2022-09.io.spdk:opi3",
			ModelNumber:  "OPI Model",
			SerialNumber: "OPI SN",
			Hostnqn:      "nqn.2014-08.org.nvmexpress:uuid:feb98abe-d51f-40c8-b348-2753f3571d3c",
		}},
	})
	show("CreateNvmeSubsystem")(created, err)
	return created
}

// live makes every call that a subsystem takes while it exists.
func live(ctx context.Context, nvme storage.FrontendNvmeServiceClient, subsystem *storage.NvmeSubsystem) {
	show("UpdateNvmeSubsystem")(nvme.UpdateNvmeSubsystem(ctx, &storage.UpdateNvmeSubsystemRequest{
		UpdateMask:    &fieldmaskpb.FieldMask{Paths: []string{"*"}},
		NvmeSubsystem: &storage.NvmeSubsystem{Name: subsystem.Name, Spec: subsystem.Spec},
	}))
	show("ListNvmeSubsystems")(nvme.ListNvmeSubsystems(ctx, &storage.ListNvmeSubsystemsRequest{}))
	show("GetNvmeSubsystem")(nvme.GetNvmeSubsystem(ctx, &storage.GetNvmeSubsystemRequest{
		Name: subsystem.Name,
	}))
	show("StatsNvmeSubsystem")(nvme.StatsNvmeSubsystem(ctx, &storage.StatsNvmeSubsystemRequest{
		Name: subsystem.Name,
	}))
}

func remove(ctx context.Context, nvme storage.FrontendNvmeServiceClient, subsystem *storage.NvmeSubsystem) {
	show("DeleteNvmeSubsystem")(nvme.DeleteNvmeSubsystem(ctx, &storage.DeleteNvmeSubsystemRequest{
		Name: subsystem.Name,
	}))
}

// show returns what prints a call's reply, or ends the program with the call's error.
func show(method string) func(proto.Message, error) {
	return func(reply proto.Message, err error) {
		if err != nil {
			log.Fatalf("%s: %v", method, err)
		}
		fmt.Println(method, protojson.MarshalOptions{EmitUnpopulated: true}.Format(reply))
	}
}
