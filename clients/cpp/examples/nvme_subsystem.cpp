// Reads a card's inventory, then creates, lists and deletes an NVMe subsystem.
//
//   nvme_subsystem [--address HOST:PORT] [--ca FILE [--cert FILE --key FILE]] [--id ID] [--nqn NQN]
//
// Without --ca the connection is not encrypted; --cert and --key are the client's own certificate,
// for servers that ask for one. Exit codes: 0 done, 1 the server refused or is not there, 2 usage.

#include <absl/status/status.h>
#include <getopt.h>
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/grpcpp.h>
#include <opi_api/inventory/v1/inventory.grpc.pb.h>
#include <opi_api/storage/v1/frontend_nvme.grpc.pb.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>

namespace inventory = opi_api::inventory::v1;
namespace storage = opi_api::storage::v1;

namespace {

struct Options {
  std::string address = "127.0.0.1:50051";
  std::string ca, cert, key;
  std::string id = "example";
  std::string nqn = "nqn.2014-08.org.example:subsystem";
};

struct UsageError : std::runtime_error {
  using runtime_error::runtime_error;
};

// What a call ended with, other than OK.
struct CallError : std::runtime_error {
  CallError(const std::string& method, grpc::Status status)
      : runtime_error(method), status(std::move(status)) {}
  grpc::Status status;
};

Options parse(int argc, char** argv) {
  Options options;
  std::string* const values[] = {&options.address, &options.ca, &options.cert,
                                 &options.key,     &options.id, &options.nqn};
  const option known[] = {{"address", required_argument, nullptr, 0},
                          {"ca", required_argument, nullptr, 1},
                          {"cert", required_argument, nullptr, 2},
                          {"key", required_argument, nullptr, 3},
                          {"id", required_argument, nullptr, 4},
                          {"nqn", required_argument, nullptr, 5},
                          {}};
  for (int found; (found = getopt_long(argc, argv, "", known, nullptr)) != -1;) {
    if (found == '?') throw UsageError("see the head of nvme_subsystem.cpp");
    *values[found] = optarg;
  }
  if (optind < argc) throw UsageError(std::string("unexpected argument ") + argv[optind]);
  if (options.cert.empty() != options.key.empty()) throw UsageError("--cert and --key need each other");
  if (!options.cert.empty() && options.ca.empty()) throw UsageError("--cert needs --ca");
  return options;
}

std::string read(const std::string& path) {
  if (path.empty()) return {};
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UsageError("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::shared_ptr<grpc::ChannelCredentials> credentials(const Options& options) {
  if (options.ca.empty()) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({read(options.ca), read(options.key), read(options.cert)});
}

// Makes one call with a deadline of ten seconds; returns the reply or throws CallError.
template <typename Stub, typename Request, typename Reply>
Reply call(Stub& stub, const std::string& name, const Request& request,
           grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Reply*)) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  Reply reply;
  const grpc::Status status = (stub.*method)(&context, request, &reply);
  if (!status.ok()) throw CallError(name, status);
  return reply;
}

using InventoryStub = inventory::InventoryService::StubInterface;
using NvmeStub = storage::FrontendNvmeService::StubInterface;

void show_inventory(InventoryStub& stub) {
  const inventory::Inventory card =
      call(stub, "GetInventory", inventory::GetInventoryRequest(), &InventoryStub::GetInventory);
  std::cout << "inventory: " << card.system().vendor() << ' ' << card.system().name() << ", serial "
            << card.system().serial_number() << ", " << card.pci_size() << " PCI functions\n";
}

// Returns the resource name that the server gave to the new subsystem.
std::string create(NvmeStub& stub, const std::string& id, const std::string& nqn) {
  storage::CreateNvmeSubsystemRequest request;
  request.set_nvme_subsystem_id(id);
  storage::NvmeSubsystemSpec& spec = *request.mutable_nvme_subsystem()->mutable_spec();
  spec.set_nqn(nqn);
  spec.set_serial_number("EXAMPLE0001");
  spec.set_model_number("Example");
  spec.set_max_namespaces(8);
  const storage::NvmeSubsystem created =
      call(stub, "CreateNvmeSubsystem", request, &NvmeStub::CreateNvmeSubsystem);
  std::cout << "created: " << created.name() << '\n';
  return created.name();
}

// A list comes in pages; the last one has no token for a next one.
void list(NvmeStub& stub) {
  storage::ListNvmeSubsystemsRequest request;
  do {
    const storage::ListNvmeSubsystemsResponse page =
        call(stub, "ListNvmeSubsystems", request, &NvmeStub::ListNvmeSubsystems);
    for (const storage::NvmeSubsystem& subsystem : page.nvme_subsystems())
      std::cout << "listed: " << subsystem.name() << ' ' << subsystem.spec().nqn() << '\n';
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
}

void remove(NvmeStub& stub, const std::string& name) {
  storage::DeleteNvmeSubsystemRequest request;
  request.set_name(name);
  call(stub, "DeleteNvmeSubsystem", request, &NvmeStub::DeleteNvmeSubsystem);
  std::cout << "deleted: " << name << '\n';
}

// Prints what went wrong, and for a request that was refused each field with the reason.
void explain(const CallError& error) {
  std::cerr << "error: " << error.what() << ": "
            << absl::StatusCodeToString(static_cast<absl::StatusCode>(error.status.error_code()))
            << ": " << error.status.error_message() << '\n';
  google::rpc::Status details;
  details.ParseFromString(error.status.error_details());
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::BadRequest refused;
    if (!detail.UnpackTo(&refused)) continue;
    for (const auto& violation : refused.field_violations())
      std::cerr << "  " << violation.field() << ": " << violation.description() << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const Options options = parse(argc, argv);
  const auto channel = grpc::CreateChannel(options.address, credentials(options));
  show_inventory(*inventory::InventoryService::NewStub(channel));
  const auto nvme = storage::FrontendNvmeService::NewStub(channel);
  const std::string name = create(*nvme, options.id, options.nqn);
  list(*nvme);
  remove(*nvme, name);
  return EXIT_SUCCESS;
} catch (const CallError& error) {
  explain(error);
  return EXIT_FAILURE;
} catch (const UsageError& error) {
  std::cerr << "usage: " << error.what() << '\n';
  return 2;
}
