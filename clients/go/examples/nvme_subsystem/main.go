// Command nvme_subsystem reads a card's inventory, then creates, lists and deletes an NVMe subsystem.
//
// Without -ca the connection is not encrypted; -cert and -key are the client's own certificate, for
// servers that ask for one. Exit codes: 0 done, 1 the server refused or is not there, 2 usage.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	inventoryv1 "dpulab.internal/opi/inventory/v1"
	storagev1 "dpulab.internal/opi/storage/v1"
)

// callTimeout is the deadline of every single call.
const callTimeout = 10 * time.Second

type options struct {
	address, ca, cert, key, id, nqn string
}

func main() {
	var o options
	flag.StringVar(&o.address, "address", "127.0.0.1:50051", "`host:port` of the DPU")
	flag.StringVar(&o.ca, "ca", "", "`file` with the authority of the server's certificate; turns TLS on")
	flag.StringVar(&o.cert, "cert", "", "`file` with the client's certificate")
	flag.StringVar(&o.key, "key", "", "`file` with the key of -cert")
	flag.StringVar(&o.id, "id", "example", "`id` of the subsystem")
	flag.StringVar(&o.nqn, "nqn", "nqn.2014-08.org.example:subsystem", "NVMe qualified `name` of the subsystem")
	flag.Parse()

	creds, err := o.credentials()
	if err == nil && flag.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %s", flag.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "usage:", err)
		os.Exit(2)
	}
	if err := run(context.Background(), o, creds); err != nil {
		explain(err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, creds credentials.TransportCredentials) error {
	conn, err := grpc.NewClient(o.address,
		grpc.WithTransportCredentials(creds), grpc.WithUnaryInterceptor(limit))
	if err != nil {
		return err
	}
	defer conn.Close()

	if err := showInventory(ctx, inventoryv1.NewInventoryServiceClient(conn)); err != nil {
		return err
	}
	nvme := storagev1.NewFrontendNvmeServiceClient(conn)
	name, err := create(ctx, nvme, o.id, o.nqn)
	if err != nil {
		return err
	}
	if err := list(ctx, nvme); err != nil {
		return err
	}
	return remove(ctx, nvme, name)
}

// credentials returns plain text without -ca, else TLS, mutual TLS when there is a certificate.
func (o options) credentials() (credentials.TransportCredentials, error) {
	if (o.cert == "") != (o.key == "") {
		return nil, errors.New("-cert and -key need each other")
	}
	if o.ca == "" {
		if o.cert != "" {
			return nil, errors.New("-cert needs -ca")
		}
		return insecure.NewCredentials(), nil
	}
	authority, err := os.ReadFile(o.ca)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	if !config.RootCAs.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("%s has no certificate", o.ca)
	}
	if o.cert != "" {
		pair, err := tls.LoadX509KeyPair(o.cert, o.key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(config), nil
}

// limit gives every call its deadline.
func limit(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn,
	call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return call(ctx, method, request, reply, conn, opts...)
}

func showInventory(ctx context.Context, client inventoryv1.InventoryServiceClient) error {
	card, err := client.GetInventory(ctx, &inventoryv1.GetInventoryRequest{})
	if err != nil {
		return fmt.Errorf("GetInventory: %w", err)
	}
	system := card.GetSystem()
	fmt.Printf("inventory: %s %s, serial %s, %d PCI functions\n",
		system.GetVendor(), system.GetName(), system.GetSerialNumber(), len(card.GetPci()))
	return nil
}

// create returns the resource name that the server gave to the new subsystem.
func create(ctx context.Context, client storagev1.FrontendNvmeServiceClient, id, nqn string) (string, error) {
	created, err := client.CreateNvmeSubsystem(ctx, &storagev1.CreateNvmeSubsystemRequest{
		NvmeSubsystemId: id,
		NvmeSubsystem: &storagev1.NvmeSubsystem{Spec: &storagev1.NvmeSubsystemSpec{
			Nqn:           nqn,
			SerialNumber:  "EXAMPLE0001",
			ModelNumber:   "Example",
			MaxNamespaces: 8,
		}},
	})
	if err != nil {
		return "", fmt.Errorf("CreateNvmeSubsystem: %w", err)
	}
	fmt.Println("created:", created.GetName())
	return created.GetName(), nil
}

// list prints all subsystems. A list comes in pages; the last one has no token for a next one.
func list(ctx context.Context, client storagev1.FrontendNvmeServiceClient) error {
	request := &storagev1.ListNvmeSubsystemsRequest{}
	for {
		page, err := client.ListNvmeSubsystems(ctx, request)
		if err != nil {
			return fmt.Errorf("ListNvmeSubsystems: %w", err)
		}
		for _, subsystem := range page.GetNvmeSubsystems() {
			fmt.Println("listed:", subsystem.GetName(), subsystem.GetSpec().GetNqn())
		}
		if page.GetNextPageToken() == "" {
			return nil
		}
		request.PageToken = page.GetNextPageToken()
	}
}

func remove(ctx context.Context, client storagev1.FrontendNvmeServiceClient, name string) error {
	if _, err := client.DeleteNvmeSubsystem(ctx, &storagev1.DeleteNvmeSubsystemRequest{Name: name}); err != nil {
		return fmt.Errorf("DeleteNvmeSubsystem: %w", err)
	}
	fmt.Println("deleted:", name)
	return nil
}

// explain prints what went wrong, and for a request that was refused each field with the reason.
func explain(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	for _, detail := range status.Convert(err).Details() {
		refused, ok := detail.(*errdetails.BadRequest)
		if !ok {
			continue
		}
		for _, violation := range refused.GetFieldViolations() {
			fmt.Fprintf(os.Stderr, "  %s: %s\n", violation.GetField(), violation.GetDescription())
		}
	}
}
