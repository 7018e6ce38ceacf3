//! Reads a card's inventory, then creates, lists and deletes an NVMe subsystem.
//!
//! Exit codes: 0 done, 1 the server refused or is not there, 2 usage.

use std::{error::Error, fs, io, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use opi::opi_api::inventory::v1::{
    GetInventoryRequest, inventory_service_client::InventoryServiceClient,
};
use opi::opi_api::storage::v1::{
    CreateNvmeSubsystemRequest, DeleteNvmeSubsystemRequest, ListNvmeSubsystemsRequest,
    NvmeSubsystem, NvmeSubsystemSpec, frontend_nvme_service_client::FrontendNvmeServiceClient,
};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Reads a card's inventory, then creates, lists and deletes an NVMe subsystem.
#[derive(Parser)]
struct Options {
    /// Where the DPU listens
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50051")]
    address: String,
    /// Authority of the server's certificate; turns TLS on
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The client's certificate, for servers that ask for one
    #[arg(long, value_name = "FILE", requires_all = ["ca", "key"])]
    cert: Option<PathBuf>,
    /// Key of the client's certificate
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Id of the subsystem
    #[arg(long, default_value = "example")]
    id: String,
    /// NVMe qualified name of the subsystem
    #[arg(long, default_value = "nqn.2014-08.org.example:subsystem")]
    nqn: String,
}

/// A call that did not end with OK.
struct CallError {
    method: &'static str,
    status: Status,
}

/// For `map_err`: says which call a status is the end of.
fn failed(method: &'static str) -> impl FnOnce(Status) -> CallError {
    move |status| CallError { method, status }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = Options::parse();
    let channel = match connect(&options) {
        Ok(channel) => channel,
        Err(error) => {
            eprintln!("usage: {error}");
            return ExitCode::from(2);
        }
    };
    match run(channel, options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            explain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(channel: Channel, options: Options) -> Result<(), CallError> {
    show_inventory(&mut InventoryServiceClient::new(channel.clone())).await?;
    let mut nvme = FrontendNvmeServiceClient::new(channel);
    let name = create(&mut nvme, options.id, options.nqn).await?;
    list(&mut nvme).await?;
    delete(&mut nvme, name).await
}

/// A channel whose calls have ten seconds each; the connection is made by the first of them.
fn connect(options: &Options) -> Result<Channel, Box<dyn Error>> {
    let scheme = if options.ca.is_some() {
        "https"
    } else {
        "http"
    };
    let endpoint: Endpoint = format!("{scheme}://{}", options.address).parse()?;
    let mut endpoint = endpoint.timeout(Duration::from_secs(10));
    if let Some(tls) = tls(options)? {
        endpoint = endpoint.tls_config(tls)?;
    }
    Ok(endpoint.connect_lazy())
}

/// TLS when there is an authority, mutual TLS when there is a certificate of our own as well.
fn tls(options: &Options) -> io::Result<Option<ClientTlsConfig>> {
    let Some(ca) = &options.ca else {
        return Ok(None);
    };
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(fs::read(ca)?));
    if let (Some(cert), Some(key)) = (&options.cert, &options.key) {
        tls = tls.identity(Identity::from_pem(fs::read(cert)?, fs::read(key)?));
    }
    Ok(Some(tls))
}

async fn show_inventory(client: &mut InventoryServiceClient<Channel>) -> Result<(), CallError> {
    let request = GetInventoryRequest::default();
    let card = client
        .get_inventory(request)
        .await
        .map_err(failed("GetInventory"))?
        .into_inner();
    let system = card.system.unwrap_or_default();
    println!(
        "inventory: {} {}, serial {}, {} PCI functions",
        system.vendor,
        system.name,
        system.serial_number,
        card.pci.len()
    );
    Ok(())
}

/// Returns the resource name that the server gave to the new subsystem.
async fn create(
    client: &mut FrontendNvmeServiceClient<Channel>,
    id: String,
    nqn: String,
) -> Result<String, CallError> {
    let spec = NvmeSubsystemSpec {
        nqn,
        serial_number: "EXAMPLE0001".into(),
        model_number: "Example".into(),
        max_namespaces: 8,
        ..Default::default()
    };
    let request = CreateNvmeSubsystemRequest {
        nvme_subsystem_id: id,
        nvme_subsystem: Some(NvmeSubsystem {
            spec: Some(spec),
            ..Default::default()
        }),
    };
    let reply = client.create_nvme_subsystem(request).await;
    let created = reply.map_err(failed("CreateNvmeSubsystem"))?.into_inner();
    println!("created: {}", created.name);
    Ok(created.name)
}

/// Prints all subsystems. A list comes in pages; the last one has no token for a next one.
async fn list(client: &mut FrontendNvmeServiceClient<Channel>) -> Result<(), CallError> {
    let mut request = ListNvmeSubsystemsRequest::default();
    loop {
        let reply = client.list_nvme_subsystems(request.clone()).await;
        let page = reply.map_err(failed("ListNvmeSubsystems"))?.into_inner();
        for subsystem in page.nvme_subsystems {
            println!(
                "listed: {} {}",
                subsystem.name,
                subsystem.spec.unwrap_or_default().nqn
            );
        }
        if page.next_page_token.is_empty() {
            return Ok(());
        }
        request.page_token = page.next_page_token;
    }
}

async fn delete(
    client: &mut FrontendNvmeServiceClient<Channel>,
    name: String,
) -> Result<(), CallError> {
    let request = DeleteNvmeSubsystemRequest {
        name: name.clone(),
        ..Default::default()
    };
    client
        .delete_nvme_subsystem(request)
        .await
        .map_err(failed("DeleteNvmeSubsystem"))?;
    println!("deleted: {name}");
    Ok(())
}

/// Prints what went wrong, and for a request that was refused each field with the reason.
fn explain(CallError { method, status }: &CallError) {
    eprintln!("error: {method}: {:?}: {}", status.code(), status.message());
    if status.code() == Code::Unavailable {
        let mut cause = status.source();
        while let Some(error) = cause {
            eprintln!("  because: {error}");
            cause = error.source();
        }
    }
    let refused = status.get_details_bad_request();
    for violation in refused.iter().flat_map(|refused| &refused.field_violations) {
        eprintln!("  {}: {}", violation.field, violation.description);
    }
}
