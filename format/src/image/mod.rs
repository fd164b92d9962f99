//! The container: what an image is made of, how it is read and (feature `write`) how it is written. `FORMAT.md` is the byte-level
//! description.
//!
//! Reading never allocates and never copies: [`view::ModuleView`] borrows from the image's bytes. Only
//! [`crate::verify::VerifiedImage`] makes one.

pub mod around;
pub mod crc;
pub mod debug;
pub mod features;
pub mod func;
pub mod handler;
pub mod header;
pub mod inlined;
mod items;
mod lines;
mod lookup;
pub mod root;
mod rows;
pub mod section;
pub mod subtype;
pub mod types;
pub mod view;
#[cfg(any(feature = "write", test))]
pub mod write;

pub use func::{FuncRecord, RawFuncRecord, Signature};
pub use handler::{Clause, Handler, RawHandler};
pub use header::Header;
pub use view::{
    ConstExprView, CowRun, DataMode, DataView, ElemItems, ElemMode, ElemView, ExportView,
    ExprsView, FuncTypeView, GlobalView, ImportView, ModuleView, SubType, TableView,
};
