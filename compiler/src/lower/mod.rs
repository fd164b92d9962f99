//! Instruction selection: optimised IR to instructions of the image over virtual registers.

pub mod vcode;
