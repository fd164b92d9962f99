//! Host back ends for the WRT virtual machine: images mapped from files, and linear memories in reserved address space.
//!
//! Input: paths of images, and the engine's requests for memories. Output: [`MappedImage`], bytes that
//! [`Module::load_from_binary`](wrt_vm::Module::load_from_binary) takes; [`MmapProvider`], a
//! [`MemoryProvider`](wrt_vm::MemoryProvider). Invariants: unsafe code is in `raw` alone. Only Linux has the mapped memories; on other
//! systems the provider leaves every memory to the engine, which keeps it in a plain buffer.
//!
//! ```no_run
//! use wrt_host::{MappedImage, MmapProvider};
//! use wrt_vm::{Config, Engine, Limits, Module};
//!
//! let image = MappedImage::open("guest.wrtb")?;
//! let provider = MmapProvider::new().with_image(&image); // its data is mapped copy-on-write
//! let mut engine = Engine::with_provider(Config::default(), &provider)?;
//! engine.set_fuel(1_000_000);
//! let module = Module::load_from_binary(image.bytes(), &Limits::default())?;
//! let outcome = module.instantiate(&mut engine, &[])?;
//! # let _ = outcome;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(unsafe_code)]

mod image;
mod interrupt;
mod provider;
#[expect(
    unsafe_code,
    reason = "the one home of unsafe code; its files open with their invariants"
)]
mod raw;

pub use image::MappedImage;
pub use interrupt::Interrupt;
pub use provider::MmapProvider;
