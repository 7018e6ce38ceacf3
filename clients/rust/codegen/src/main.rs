//! `codegen DESCRIPTORS OUT`: Rust modules of a compiled set of protos.
//!
//! DESCRIPTORS is what `protoc --include_imports --include_source_info --descriptor_set_out` wrote.
//! OUT gets one file per proto package and a `mod.rs` that nests them as the packages are nested.

use std::{env, error::Error, fs, path::Path};

use prost::Message;
use prost_types::FileDescriptorSet;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [descriptors, out] = arguments.as_slice() else {
        return Err("usage: codegen DESCRIPTORS OUT".into());
    };
    let mut files = FileDescriptorSet::decode(fs::read(descriptors)?.as_slice())?;
    // google.api only annotates our protos. The well-known types stay: they become prost-types'.
    files
        .file
        .retain(|file| !file.name().starts_with("google/api/"));
    fs::create_dir_all(out)?;
    tonic_prost_build::configure()
        .build_server(false)
        .out_dir(Path::new(out))
        .include_file("mod.rs")
        .compile_fds(files)?;
    Ok(())
}
